/**
 * @file Numbers with their uncertainty, the one form in which analyses report them (architecture.md, "One question, one
 * record"): means, medians, paired differences and straight lines, with Student intervals.
 */
import studentQuantile from "@stdlib/stats-base-dists-t-quantile";
import { FathomError } from "../tensor/index.ts";

/** A number with its uncertainty, where it comes from, and what it takes for granted. */
export interface Estimate {
  readonly value: number;
  /** Standard error. */
  readonly se?: number;
  /** Confidence interval, 95 % unless an assumption says otherwise. */
  readonly ci?: readonly [low: number, high: number];
  /** Number of independent samples behind it. */
  readonly n?: number;
  readonly kind: "theory" | "measured" | "bound";
  /** What must be true for the number and its interval to mean what they say. */
  readonly assumptions: readonly string[];
}

export interface IntervalOptions {
  /** Confidence level in (0, 1). Default 0.95. */
  readonly level?: number;
}

/** Quantile of Student's t distribution with `freedom` degrees of freedom. @example tQuantile(0.975, 4) // 2.776 */
export function tQuantile(p: number, freedom: number): number {
  return studentQuantile(p, freedom);
}

/** An exact prediction as an estimate. @example theoryEstimate(1.2, ["infinite width"]) */
export function theoryEstimate(value: number, assumptions: readonly string[] = []): Estimate {
  return { value, kind: "theory", assumptions };
}

/**
 * Mean of independent samples with its standard error and Student interval; one sample has neither.
 * @param samples Finite numbers, at least one.
 * @throws FathomError `bad-input` for an empty list, a non-finite sample, or a level outside (0, 1).
 * @example meanEstimate([1, 2, 3]).value // 2
 */
export function meanEstimate(samples: readonly number[], { level = 0.95 }: IntervalOptions = {}): Estimate {
  checkSamples(samples, "samples", 1);
  checkLevel(level);
  const n = samples.length;
  const value = meanOf(samples);
  if (n === 1) return { value, n, kind: "measured", assumptions: ["one sample: no interval"] };
  const se = Math.sqrt(squaredDeviations(samples, value) / (n - 1) / n);
  const half = tQuantile((1 + level) / 2, n - 1) * se;
  return {
    value,
    se,
    ci: [value - half, value + half],
    n,
    kind: "measured",
    assumptions: ["samples are independent", "Student's t", ...levelNote(level)],
  };
}

/**
 * Mean of a - b over pairs (the same seed, the same data): what they share cancels.
 * `a` and `b` are samples of equal length >= 1, paired by position.
 * @throws FathomError `bad-input` for lists of different lengths, empty lists, or non-finite samples.
 * @example pairedDifference({ a: [0.3, 0.5], b: [0.2, 0.4] }).value // 0.1
 */
export function pairedDifference(
  { a, b }: { readonly a: readonly number[]; readonly b: readonly number[] },
  options: IntervalOptions = {},
): Estimate {
  checkSamples(a, "a", 1);
  checkSamples(b, "b", 1);
  if (a.length !== b.length) {
    throw new FathomError({
      code: "bad-input",
      message: `A paired difference needs as many samples of a (${a.length}) as of b (${b.length}).`,
      where: "pairedDifference",
      hint: "Run both sides on the same seeds.",
    });
  }
  const estimate = meanEstimate(
    a.map((value, i) => value - b[i]!),
    options,
  );
  return { ...estimate, assumptions: [...estimate.assumptions, "a and b are paired"] };
}

/**
 * Median of independent samples with the order-statistics interval, which assumes nothing about their law. Fewer than six
 * samples cannot reach 95 %: the interval is then their range, and an assumption states its level.
 * @param samples Finite numbers, at least one.
 * @throws FathomError `bad-input` as `meanEstimate`.
 * @example medianEstimate([3, 1, 2]).value // 2
 */
export function medianEstimate(samples: readonly number[], { level = 0.95 }: IntervalOptions = {}): Estimate {
  checkSamples(samples, "samples", 1);
  checkLevel(level);
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  const value = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  if (n === 1) return { value, n, kind: "measured", assumptions: ["one sample: no interval"] };
  const { rank, coverage } = medianRank(n, level);
  return {
    value,
    ci: [sorted[rank]!, sorted[n - 1 - rank]!],
    n,
    kind: "measured",
    assumptions: [
      "samples are independent",
      `interval between order statistics, level ${(100 * coverage).toFixed(1)} %`,
    ],
  };
}

/** The innermost pair of order statistics (from 0) that covers the median with at least `level`, or the outermost. */
function medianRank(n: number, level: number): { readonly rank: number; readonly coverage: number } {
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  let best = { rank: 0, coverage: 1 - 2 * tail };
  for (let k = 1; k < n / 2; k++) {
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
    const coverage = 1 - 2 * tail;
    if (coverage < level) break;
    best = { rank: k, coverage };
  }
  return best;
}

/** A straight line through points with independent errors of equal variance. */
export interface LinearFit {
  /** With standard error and Student interval (n - 2 degrees of freedom) when n > 2. */
  readonly slope: Estimate;
  readonly intercept: Estimate;
  /** Unbiased variance of the residuals; NaN for two points. */
  readonly residualVariance: number;
  /** Corrected Akaike criterion with three parameters (slope, intercept, variance); Infinity for n <= 4. */
  readonly aicc: number;
}

/**
 * Least squares y = intercept + slope x.
 * @param x, y Finite numbers of equal length >= 2; x not all equal.
 * @throws FathomError `bad-input` for lists that do not meet, too few points, or a constant x.
 * @example linearFit([0, 1, 2], [1, 3, 5]).slope.value // 2
 */
export function linearFit(
  x: readonly number[],
  y: readonly number[],
  { level = 0.95 }: IntervalOptions = {},
): LinearFit {
  checkSamples(x, "x", 2);
  checkSamples(y, "y", 2);
  checkLevel(level);
  const xMean = meanOf(x);
  const yMean = meanOf(y);
  const squares = squaredDeviations(x, xMean);
  if (x.length !== y.length || squares === 0) throw noLine(x.length, y.length);
  const n = x.length;
  const slope = x.reduce((sum, xi, i) => sum + (xi - xMean) * (y[i]! - yMean), 0) / squares;
  const rss = x.reduce((sum, xi, i) => sum + (y[i]! - yMean - slope * (xi - xMean)) ** 2, 0);
  const residualVariance = n > 2 ? rss / (n - 2) : Number.NaN;
  const t = n > 2 ? tQuantile((1 + level) / 2, n - 2) : Number.NaN;
  const assumptions = ["errors are independent with equal variance", ...levelNote(level)];
  const withError = (value: number, variance: number): Estimate => {
    if (n === 2) return { value, n, kind: "measured", assumptions: ["two points: no interval"] };
    const se = Math.sqrt(variance);
    return { value, se, ci: [value - t * se, value + t * se], n, kind: "measured", assumptions };
  };
  return {
    slope: withError(slope, residualVariance / squares),
    intercept: withError(yMean - slope * xMean, residualVariance * (1 / n + xMean ** 2 / squares)),
    residualVariance,
    aicc: aicc({ n, rss, parameters: 3 }),
  };
}

/**
 * AICc = n ln(RSS/n) + 2k + 2k(k + 1)/(n - k - 1), up to a constant that depends on n alone.
 * @returns Infinity when n <= k + 1: such a fit cannot be judged; -Infinity for a fit without residuals.
 * @example aicc({ n: 20, rss: 0.3, parameters: 3 })
 */
export function aicc({
  n,
  rss,
  parameters: k,
}: {
  readonly n: number;
  readonly rss: number;
  readonly parameters: number;
}): number {
  if (n <= k + 1) return Number.POSITIVE_INFINITY;
  return n * Math.log(rss / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1);
}

/** The arithmetic mean; NaN of none. @example meanOf([1, 2, 3]) // 2 */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The mean of what is read from each. @example meanBy(layers, ({ K }) => K) */
export function meanBy<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((sum, item) => sum + read(item), 0) / items.length;
}

function squaredDeviations(values: readonly number[], mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function levelNote(level: number): string[] {
  return level === 0.95 ? [] : [`level ${100 * level} %`];
}

function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new FathomError({
    code: "bad-input",
    message: `A confidence level lies between 0 and 1, got ${level}.`,
    where: "level",
    hint: "Give 0.95 for 95 %.",
  });
}

function checkSamples(samples: readonly number[], where: string, least: number): void {
  const bad = samples.findIndex((value) => !Number.isFinite(value));
  if (samples.length >= least && bad < 0) return;
  throw new FathomError({
    code: "bad-input",
    message:
      bad < 0
        ? `${where} has ${samples.length} numbers, needs ${least}.`
        : `${where}[${bad}] is ${samples[bad]}.`,
    where: bad < 0 ? where : `${where}[${bad}]`,
    hint: "Statistics need finite numbers; take out what diverged and say so.",
  });
}

function noLine(nx: number, ny: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: nx === ny ? "A line needs at least two different x." : `x has ${nx} numbers and y ${ny}.`,
    where: "linearFit",
    hint: "Give as many y as x, at different x.",
  });
}
