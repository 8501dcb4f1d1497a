/** @file Powers of the width (or depth): the slope of a logarithm against a logarithm. */
import { type Estimate, linearFit } from "../../theory/index.ts";

/** A number that was measured at some width, by seed; null where it is not finite. */
export interface Samples {
  readonly at: number;
  readonly values: readonly (number | null)[];
}

/**
 * The exponent p of value ∝ at^p over all samples, with its standard error where there are three or more.
 * @returns undefined when fewer than two places have a value above 0.
 * @example powerOf([{ at: 1, values: [3] }, { at: 4, values: [6] }]).value // 0.5
 */
export function powerOf(samples: readonly Samples[]): Estimate | undefined {
  const points = samples.flatMap(({ at, values }) =>
    values.flatMap((value) =>
      value === null || value <= 0 ? [] : [[Math.log(at), Math.log(value)] as const],
    ),
  );
  if (new Set(points.map(([x]) => x)).size < 2) return undefined;
  return linearFit(
    points.map(([x]) => x),
    points.map(([, y]) => y),
  ).slope;
}
