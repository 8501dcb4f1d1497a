/**
 * @file The critical weight variance at a given bias variance by search (criticality.md §7.1), for every row of §4 and
 * without its formula.
 */
import type { LineOf } from "./critical-line.ts";
import { type Limit, reachedLimit } from "./fixed-points.ts";
import { brent, logSpaced } from "./roots.ts";

/** What the search along sw2 found. */
export type WeightSearch =
  | { readonly status: "ok"; readonly sw2: number; readonly limit: Limit }
  | { readonly status: "none"; readonly because: string };

/** A sign change of ln chi_J* that leaves it larger than this is a jump from one fixed point to another. */
const CRITICAL = 1e-6;
const SEARCH_GRID = logSpaced(1e-4, 1e2, 241);

/**
 * The smallest sw2 in [1e-4, 1e2] with chi_J* = 1 at a given sb2, at the fixed point reached from K1 (criticality.md §7.1).
 * It needs no formula and holds for every row; where a finite fixed point disappears, chi_J* jumps, and the search looks up
 * to the jump.
 * @throws FathomError `bad-input` for bad options.
 * @example criticalWeightVariance({ activation: scalarActivation("erf"), sb2: 0.1841396778 }) // sw2 1.7562036828
 */
export function criticalWeightVariance({
  sb2,
  K1 = 1,
  ...of
}: LineOf & { readonly sb2: number; readonly K1?: number }): WeightSearch {
  const limitAt = (sw2: number) => reachedLimit({ ...of, sw2, sb2 }, { K1 });
  const gap = (sw2: number) => Math.log(limitAt(sw2).chiJ);
  for (let i = 1; i < SEARCH_GRID.length; i++) {
    const low = SEARCH_GRID[i - 1]!;
    const high = lastAlike(limitAt, low, SEARCH_GRID[i]!);
    if (gap(low) > 0 || gap(high) < 0) continue;
    const sw2 = brent(gap, low, high);
    const limit = limitAt(sw2);
    if (Math.abs(Math.log(limit.chiJ)) < CRITICAL) return { status: "ok", sw2, limit };
  }
  const because = `chi_J* passes 1 continuously nowhere between sw2 = ${SEARCH_GRID[0]} and ${SEARCH_GRID.at(-1)} at sb2 = ${sb2}.`;
  return { status: "none", because };
}

/** The largest sw2 in [low, high] whose limit is finite, where the limit at low is; else high. By bisection. */
function lastAlike(limitAt: (sw2: number) => Limit, low: number, high: number): number {
  const finite = (sw2: number) => Number.isFinite(limitAt(sw2).K);
  if (!finite(low) || finite(high)) return high;
  let [left, right] = [low, high];
  for (let step = 0; step < 60 && right - left > 1e-15 * right; step++) {
    const middle = (left + right) / 2;
    if (finite(middle)) left = middle;
    else right = middle;
  }
  return left;
}
