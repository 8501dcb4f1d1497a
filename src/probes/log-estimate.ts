/**
 * @file Statistics of positive quantities that may lie outside float64 (a Jacobian's e^{±2000}): everything is
 * kept as logarithms. Means are means of the quantity, not of its logarithm, because APJN is an expectation
 * (criticality.md §6: mean for theory checks, median for diagnosis).
 */
import { tQuantile } from "../theory/index.ts";

export interface LogEstimate {
  /** ln of the mean over seeds. -Infinity where every probe vanished exactly, NaN where the network overflowed. */
  readonly lnMean: number;
  /** ln of the median over seeds. */
  readonly lnMedian: number;
  /** Relative standard error of the mean over seeds, which is the standard error of `lnMean`; absent for one seed. */
  readonly se?: number;
  /** 95 % interval of `lnMean`, by Student's t over seeds. */
  readonly ci?: readonly [low: number, high: number];
  /** Relative standard error over probes × inputs inside a seed, averaged over seeds: what more probes would mend. */
  readonly probeSe: number;
  /** ln of each seed's own mean over probes and inputs. */
  readonly perSeed: readonly number[];
  /**
   * `dead`: nothing comes through this stretch of the network (a ReLU layer without active units, a weight of 0).
   * `overflow`: preactivations left the working precision, in some network; float64 reaches further.
   */
  readonly status?: "dead" | "overflow";
}

/** ln Σ eˣ / n without overflow. -Infinity for no finite value. */
export function logMeanExp(values: ArrayLike<number>): number {
  const top = largest(values);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum / values.length);
}

/** Standard error of the mean of eˣ, relative to that mean. Zero for a single value or none above -Infinity. */
function relativeStandardError(values: ArrayLike<number>): number {
  const n = values.length;
  const mean = logMeanExp(values);
  if (n < 2 || mean === Number.NEGATIVE_INFINITY) return 0;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (Math.exp(values[i]! - mean) - 1) ** 2;
  return Math.sqrt(sum / (n - 1) / n);
}

/** The middle value; the mean of the middle two for an even count (of logarithms: their geometric mean). NaN where one is. */
export function median(values: readonly number[]): number {
  if (values.some(Number.isNaN)) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return lower === upper ? upper : (lower + upper) / 2;
}

/**
 * Joins the seeds of one quantity.
 * @param samples One list per seed: ln of the quantity for every probe and input.
 */
export function logEstimate(samples: readonly ArrayLike<number>[]): LogEstimate {
  const perSeed = samples.map(logMeanExp);
  const lnMean = logMeanExp(perSeed);
  const inside = samples.map(relativeStandardError);
  return {
    lnMean,
    lnMedian: median(perSeed),
    ...(perSeed.length > 1 ? intervalOf(lnMean, perSeed) : {}),
    probeSe: inside.reduce((sum, se) => sum + se, 0) / inside.length,
    perSeed,
    ...statusOf(lnMean),
  };
}

function intervalOf(lnMean: number, perSeed: readonly number[]): Pick<LogEstimate, "se" | "ci"> {
  const se = relativeStandardError(perSeed);
  const half = tQuantile(0.975, perSeed.length - 1) * se;
  return { se, ci: [lnMean - half, lnMean + half] };
}

function statusOf(lnMean: number): Pick<LogEstimate, "status"> {
  if (Number.isFinite(lnMean)) return {};
  return { status: lnMean === Number.NEGATIVE_INFINITY ? "dead" : "overflow" };
}

function largest(values: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  return top;
}
