/** @file An average over seeds, each seed an average over its own samples. */
import { type Estimate, meanEstimate, meanOf } from "../theory/index.ts";

/** A mean over seeds with its Student interval, and the seeds it comes from. */
export interface SeedEstimate extends Estimate {
  readonly perSeed: readonly number[];
}

/**
 * Joins the seeds of one quantity.
 * @param samples One list of values per seed. A seed that overflowed makes the value infinite, without interval.
 */
export function seedEstimate(samples: readonly ArrayLike<number>[]): SeedEstimate {
  const perSeed = samples.map(meanOf);
  if (perSeed.every(Number.isFinite)) return { ...meanEstimate(perSeed), perSeed };
  return {
    value: meanOf(perSeed),
    n: perSeed.length,
    kind: "measured",
    assumptions: ["a seed overflowed"],
    perSeed,
  };
}
