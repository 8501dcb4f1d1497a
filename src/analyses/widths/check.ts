/** @file The coordinate check over some networks: sizes of preactivations and of their change, and their powers. */

import { measureCoordinates } from "../../probes/index.ts";
import { Key } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";
import { powerOf } from "./slopes.ts";
import type { Variant } from "./variants.ts";
import type { Work } from "./work.ts";

/** Networks of one size: enough for a standard error that is not all luck. */
export const checkSeeds = 8;

/** One layer of one network: [seeds][steps + 1], null where not finite. */
export interface CheckedLayer {
  readonly name: string;
  readonly index: number;
  readonly rms: readonly (readonly (number | null)[])[];
  readonly change: readonly (readonly (number | null)[])[];
}

/** A network and what was seen in it; `at` is its width or depth. */
export interface Checked {
  readonly parameterisation: Variant["parameterisation"];
  readonly at: number;
  readonly layers: readonly CheckedLayer[];
}

export interface CheckOptions {
  readonly learningRate: number;
  readonly steps: number;
}

/** Looks at one network, or finds that in the journal. */
export async function checkVariant(
  work: Work,
  variant: Variant,
  { at, learningRate, steps, onStep }: CheckOptions & { readonly at: number; readonly onStep: () => void },
): Promise<Checked> {
  const { common, journal, options, signal } = work;
  const name = work.nameOf(variant, { check: { learningRate, steps, seeds: checkSeeds } });
  const layers = await journal.piece(name, async () => {
    const measured = await measureCoordinates({
      model: variant.model,
      dataset: common.dataset,
      optimizer: common.optimizer,
      batch: common.batch,
      learningRate,
      rates: variant.rates,
      steps,
      seeds: checkSeeds,
      key: Key.fromSeed(common.seed).split("widths").split("check"),
      onStep,
      ...(options === undefined ? {} : { options }),
      ...(signal === undefined ? {} : { signal }),
    });
    return measured.map(({ rms, change, ...layer }) => ({
      ...layer,
      rms: rms.map(finite),
      change: change.map(finite),
    }));
  });
  return { parameterisation: variant.parameterisation, at, layers };
}

const finite = (values: readonly number[]): (number | null)[] => values.map(finiteOrNull);

/** The change after the last step, by seed. */
export function lastChange({ change }: CheckedLayer): (number | null)[] {
  return change.map((steps) => steps.at(-1)!);
}

/** How the change of each layer grows with the width: one power a layer. */
export function changePowers(checked: readonly Checked[]): { layer: string; power: Estimate | undefined }[] {
  return checked[0]!.layers.map(({ name }, i) => ({
    layer: name,
    power: powerOf(checked.map(({ at, layers }) => ({ at, values: lastChange(layers[i]!) }))),
  }));
}

/** Root mean square over seeds by step; null where a seed is. */
export function overSeeds(bySeed: readonly (readonly (number | null)[])[]): (number | null)[] {
  return bySeed[0]!.map((_, step) => {
    const values = bySeed.map((seed) => seed[step] ?? Number.NaN);
    return finiteOrNull(Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length));
  });
}
