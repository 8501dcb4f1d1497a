/** @file The angle between two signals, from their second moments, without the cancellations of 1 - c² near c = ±1. */
import { FathomError } from "../tensor/index.ts";
import { requireFinite, requireVariance } from "./checks.ts";

/** Second moments of a centred pair: variances of u and v, and their covariance. */
export interface Covariance {
  readonly Ka: number;
  readonly Kb: number;
  readonly C: number;
}

/** Correlations that exceed 1 by less than this are rounding. */
const ROUNDING = 1e-9;
/** Below it float64 loses digits one by one. */
const SMALLEST_NORMAL = 2 ** -1022;

/**
 * The pair, with |C| at most sqrt(Ka Kb) where rounding carried it beyond.
 * @throws FathomError `bad-input` for variances that are none, or a covariance that no pair has.
 */
export function checkedPair({ Ka, Kb, C }: Covariance): Covariance {
  requireVariance(Ka, "Ka");
  requireVariance(Kb, "Kb");
  requireFinite(C, "C");
  const most = geometricMean(Ka, Kb);
  if (Math.abs(C) - most <= ROUNDING * Math.max(most, SMALLEST_NORMAL))
    return { Ka, Kb, C: Math.max(-most, Math.min(most, C)) };
  throw new FathomError({
    code: "bad-input",
    message: `The covariance ${C} exceeds sqrt(Ka Kb) = ${most}: no such pair exists.`,
    where: "C",
    hint: "Second moments of two variables obey C² <= Ka Kb.",
  });
}

/**
 * sqrt(Ka Kb), without overflow, and exactly K for Ka = Kb = K: a rounding error here would turn equal signals by 1e-8.
 * @example geometricMean(0.3, 0.3) // 0.3
 */
export function geometricMean(Ka: number, Kb: number): number {
  return Ka === Kb ? Ka : Math.sqrt(Ka) * Math.sqrt(Kb);
}

/**
 * sqrt(Ka Kb - C²), 0 where rounding makes the difference negative. Of the size of Ka and Kb, so it neither overflows nor
 * vanishes where they do not.
 * @example gramRoot(1, 4, 2) // 0
 */
export function gramRoot(Ka: number, Kb: number, C: number): number {
  const s = geometricMean(Ka, Kb);
  return Math.sqrt(Math.max(0, s - C)) * Math.sqrt(Math.max(0, s + C));
}
