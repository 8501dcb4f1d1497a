/**
 * @file Where a network leaves the working precision: K of a tap is no longer finite. What is computed behind it means
 * nothing, and need not look so, because a ReLU makes zeros of NaN.
 */
import type { NdArray } from "../tensor/index.ts";

/** Row-major `[rows, columns]` as one float64 list per column. */
export function columns(array: NdArray, rows: number, count: number): Float64Array[] {
  const data = array.data as Float64Array;
  return Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length: rows }, (_, r) => data[r * count + c]!),
  );
}

/** The number of taps before the first whose K is not finite, for each sample; K is `[tap][S]`. */
export function tapsBeforeOverflow(K: readonly Float64Array[], samples: number): number[] {
  return Array.from({ length: samples }, (_, s) => {
    const first = K.findIndex((values) => !Number.isFinite(values[s]));
    return first < 0 ? K.length : first;
  });
}
