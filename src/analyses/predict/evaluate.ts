/** @file Predicts test items block by block: their kernel with the training items is used and dropped. */
import { leadingColumns, product } from "../../kernels/index.ts";
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { fingerprint, someItems } from "../items.ts";
import { type Journal, pieceKey } from "../journal.ts";
import type { Predictor } from "./fit.ts";
import { testKernels } from "./kernels.ts";
import type { Setting } from "./setting.ts";
import type { Stopwatch } from "./stopwatch.ts";

type Float64 = NdArray<"float64">;

/** Items at once: a block of the kernel matrix, 200 MB of it for 50,000 training items. */
const together = 512;

export interface Predicted {
  /** [M, C], of the fit to all training items. */
  readonly mean: Float64;
  /** [M], where variances were asked for. */
  readonly variance: Float64 | undefined;
  /** [M, C] of the fits to fewer training items, in their order. */
  readonly fewer: readonly Float64[];
  /** Pairs of items whose kernel was computed. */
  readonly pairs: number;
}

/** What is kept of a block. */
interface Piece {
  readonly mean: readonly number[];
  readonly variance?: readonly number[];
  readonly fewer: readonly (readonly number[])[];
  readonly pairs: number;
}

export interface Evaluation {
  readonly setting: Setting;
  readonly predictor: Predictor;
  /** K⁻¹ Y of fits to fewer items. */
  readonly fewer: readonly Float64[];
  /** Names the fit: blocks that the journal holds are of the same one. */
  readonly fitKey: string;
  readonly journal: Journal;
  readonly stopwatch: Stopwatch;
}

/** @throws FathomError as kernels and predictors; cancelled. */
export async function evaluate(evaluation: Evaluation): Promise<Predicted> {
  const { setting, fitKey, journal } = evaluation;
  const { count } = setting.test;
  const blocks: Piece[] = [];
  for (let from = 0; from < count; from += together) {
    const to = Math.min(count, from + together);
    const items = fingerprint(someItems(setting.test, from, to));
    const key = pieceKey([fitKey, items, setting.variance, setting.sizes]);
    blocks.push(await journal.piece(key, () => predictBlock(evaluation, from, to)));
  }
  const join = (parts: readonly (readonly number[])[]) => Float64Array.from(parts.flat());
  const outputs = (parts: readonly (readonly number[])[]) =>
    ndarray("float64", [count, setting.classes], join(parts));
  return {
    mean: outputs(blocks.map(({ mean }) => mean)),
    variance: setting.variance
      ? ndarray("float64", [count], join(blocks.map(({ variance }) => variance!)))
      : undefined,
    fewer: evaluation.fewer.map((_, i) => outputs(blocks.map(({ fewer }) => fewer[i]!))),
    pairs: blocks.reduce((sum, { pairs }) => sum + pairs, 0),
  };
}

async function predictBlock(evaluation: Evaluation, from: number, to: number): Promise<Piece> {
  const { setting, predictor, stopwatch } = evaluation;
  const { test, train, onProgress } = setting;
  const width = train.count;
  const tile = await stopwatch.time("kernel", () =>
    testKernels(setting, someItems(test, from, to), {
      values: predictor.values,
      prior: predictor.prior,
      onProgress: ({ done }) =>
        onProgress?.({
          label: "kernel of test items",
          done: from * width + done,
          total: test.count * width,
        }),
    }),
  );
  return stopwatch.time("predict", async () => {
    const { mean, variance } = await predictor.predict(tile);
    const cross = (setting.get === "nngp" ? tile.nngp : tile.ntk)!;
    return {
      mean: Array.from(mean.data),
      ...(variance && { variance: Array.from(variance.data) }),
      fewer: evaluation.fewer.map((alpha) =>
        Array.from(product(leadingColumns(cross, alpha.shape[0]!), alpha).data),
      ),
      pairs: tile.pairs,
    };
  });
}
