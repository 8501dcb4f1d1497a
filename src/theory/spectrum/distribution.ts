/** @file The distribution function of a spectrum, its quantiles, and whether it adds up (criticality.md §9, "CDF"). */

import type { Cells } from "./bulk.ts";
import type { Atom } from "./edges.ts";

/** F at ascending λ, linear in ln λ in between; an atom is two entries of one λ. */
export interface Distribution {
  readonly lambda: Float64Array;
  readonly F: Float64Array;
}

/** What the cells and atoms add up to, in units of the mean: mass 1, mean 1, relative variance. */
export interface Totals {
  readonly mass: number;
  readonly mean: number;
  readonly variance: number;
}

/** Mass, mean and variance of the cells and atoms. */
export function totalsOf({ midpoints, masses }: Cells, atoms: readonly Atom[]): Totals {
  let mass = 0;
  let mean = 0;
  let square = 0;
  const add = (weight: number, value: number) => {
    mass += weight;
    mean += weight * value;
    square += weight * (value - 1) ** 2;
  };
  masses.forEach((weight, i) => {
    add(weight, Math.exp(midpoints[i]!));
  });
  for (const { x, mass: weight } of atoms) add(weight, Math.exp(x));
  // What is missing lies at the left end, at 0 for this purpose.
  return { mass, mean, variance: square + Math.max(0, 1 - mass) - (mean - 1) ** 2 };
}

interface Entry {
  readonly x: number;
  readonly F: number;
}

/** F from the top down, so that what the cells miss of the whole lies at the left end. */
export function distributionOf(cells: Cells, atoms: readonly Atom[], logMean: number): Distribution {
  const entries: Entry[] = [];
  const falling = [...atoms].sort((a, b) => b.x - a.x);
  let next = 0;
  let F = 1;
  const passAtoms = (down: number, inside: (x: number) => number) => {
    while (
      next < falling.length &&
      falling[next]!.x > down &&
      falling[next]!.x !== Number.NEGATIVE_INFINITY
    ) {
      const { x, mass } = falling[next++]!;
      const at = inside(x);
      entries.push({ x, F: at }, { x, F: at - mass });
      F -= mass;
    }
  };
  passAtoms(cells.ends[0] ?? Number.NEGATIVE_INFINITY, () => F);
  if (cells.ends.length > 0) entries.push({ x: cells.ends[0]!, F });
  cells.masses.forEach((mass, i) => {
    const [from, to] = [cells.ends[i]!, cells.ends[i + 1]!];
    const share = (x: number) => F - (mass * (from - x)) / (from - to);
    passAtoms(to, share);
    F -= mass;
    entries.push({ x: to, F });
  });
  passAtoms(Number.NEGATIVE_INFINITY, () => F);
  return ascending(
    entries,
    falling.at(-1)?.x === Number.NEGATIVE_INFINITY ? falling.at(-1)!.mass : 0,
    logMean,
  );
}

function ascending(falling: readonly Entry[], zero: number, logMean: number): Distribution {
  const rising = [...falling].reverse();
  if (zero > 0)
    rising.unshift({ x: Number.NEGATIVE_INFINITY, F: 0 }, { x: Number.NEGATIVE_INFINITY, F: zero });
  return {
    lambda: Float64Array.from(rising, ({ x }) => Math.exp(x + logMean)),
    F: Float64Array.from(rising, ({ F }, i) => (zero > 0 && i === 0 ? 0 : Math.min(1, Math.max(zero, F)))),
  };
}

/** The least λ with F(λ) >= p, p in (0, 1]. */
export function quantileOf({ lambda, F }: Distribution, p: number): number {
  let [low, high] = [0, F.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (F[middle]! >= p) high = middle;
    else low = middle + 1;
  }
  const above = lambda[high]!;
  if (high === 0 || !(lambda[high - 1]! > 0) || above === lambda[high - 1]!) return above;
  const share = (p - F[high - 1]!) / (F[high]! - F[high - 1]!);
  return Math.exp(Math.log(lambda[high - 1]!) * (1 - share) + Math.log(above) * share);
}
