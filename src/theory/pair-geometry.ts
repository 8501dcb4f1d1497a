/** @file The angle between two signals, from their second moments, without the cancellations of 1 - c² near c = ±1. */

/**
 * sqrt(Ka Kb), without overflow, and exactly K for Ka = Kb = K: a rounding error here would turn equal signals by 1e-8.
 * @example geometricMean(0.3, 0.3) // 0.3
 */
export function geometricMean(Ka: number, Kb: number): number {
  return Ka === Kb ? Ka : Math.sqrt(Ka) * Math.sqrt(Kb);
}

/** Ka Kb - C², 0 where rounding makes it negative. @example gramDeterminant(1, 4, 2) // 0 */
export function gramDeterminant(Ka: number, Kb: number, C: number): number {
  const s = geometricMean(Ka, Kb);
  return Math.max(0, (s - C) * (s + C));
}
