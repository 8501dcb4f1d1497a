/** @file Gradient noise of a network on rows of a data set. */
import { type Dataset, labelsOf, rowsAsFloat, rowsAsIds } from "../../data/index.ts";
import type { Model } from "../../net/index.ts";
import { type GradientNoise, measureGradientNoise } from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import type { NdArray } from "../../tensor/index.ts";

export type { GradientNoise };

export interface NoiseQuestion {
  readonly model: Model;
  readonly dataset: Dataset;
  /** Training rows in random order. */
  readonly rows: ArrayLike<number>;
  readonly parameters: Readonly<Record<string, NdArray>>;
  readonly batch: number;
  readonly options?: CompileOptions | undefined;
}

/** The noise of batches of so many rows at these weights. */
export async function measureNoise(asked: NoiseQuestion): Promise<GradientNoise> {
  const { dataset, rows, model, parameters, batch, options } = asked;
  const take = dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
  return measureGradientNoise({
    model,
    parameters,
    inputs: take(dataset, "train", rows),
    labels: labelsOf(dataset, "train", rows),
    batch,
    ...(options === undefined ? {} : { options }),
  });
}
