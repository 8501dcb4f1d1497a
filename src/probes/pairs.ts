/** @file Pairs of examples within and between classes, and how well a similarity tells the two kinds apart. */
import { FathomError } from "../tensor/index.ts";

/** Two rows of a batch. */
export type Pair = readonly [number, number];

export interface PairsByClass {
  readonly within: readonly Pair[];
  readonly between: readonly Pair[];
}

/**
 * All pairs a < b of a batch, by whether their labels agree.
 * @throws FathomError bad-input when one of the two kinds is empty.
 * @example pairsByClass([0, 0, 1]).within // [[0, 1]]
 */
export function pairsByClass(labels: ArrayLike<number>): PairsByClass {
  const within: Pair[] = [];
  const between: Pair[] = [];
  for (let a = 0; a < labels.length; a++) {
    for (let b = a + 1; b < labels.length; b++) (labels[a] === labels[b] ? within : between).push([a, b]);
  }
  if (within.length === 0 || between.length === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "labels",
      message: `Among ${labels.length} examples there is no pair ${within.length === 0 ? "within a class" : "of two classes"}.`,
      hint: "Give examples of at least two classes, two of one class among them.",
    });
  }
  return { within, between };
}

/**
 * Chance that a value of `high` exceeds one of `low`, ties counting half (the area under the ROC curve), by ranks.
 * NaN where a value is NaN.
 * @example rankingAccuracy([2, 3], [1, 2]) // 0.875
 */
export function rankingAccuracy(high: ArrayLike<number>, low: ArrayLike<number>): number {
  const sorted = Float64Array.from(low).sort();
  if ([sorted, high].some((values) => Array.from(values).some(Number.isNaN))) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < high.length; i++) {
    sum += (countBelow(sorted, high[i]!) + countNotAbove(sorted, high[i]!)) / 2;
  }
  return sum / (high.length * low.length);
}

function countBelow(sorted: Float64Array, value: number): number {
  return firstIndex(sorted, (other) => other >= value);
}

function countNotAbove(sorted: Float64Array, value: number): number {
  return firstIndex(sorted, (other) => other > value);
}

/** First index where a condition that stays true once true holds; the length where it never does. */
function firstIndex(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
