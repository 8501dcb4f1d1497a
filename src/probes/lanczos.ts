/**
 * @file The largest curvature of an operator that is only known by its products, from a random start (training.md §1.4). The
 * residual of the top Ritz pair comes back as the error bar.
 */
import { type Key, lanczos, normal, type RitzValues, type SymmetricOperator } from "../tensor/index.ts";
import { positiveCount } from "./checks.ts";

export interface LanczosOptions {
  readonly dimension: number;
  readonly key: Key;
  /** At most this many products; 30 unless said. */
  readonly steps?: number;
  /** Stops when the residual is below this part of the largest |eigenvalue|; 1e-3 unless said. */
  readonly tolerance?: number;
  /** How many of the largest must be so sharp; 1 unless said. */
  readonly top?: number;
  /** Whether the smallest must be so sharp too: `both`; `largest` unless said. */
  readonly ends?: "largest" | "both";
}

export interface ExtremeEigenvalues {
  /** The largest eigenvalue (algebraically); NaN, as are the others, where a product was not finite. */
  readonly largest: number;
  /** The smallest Ritz value: the most negative curvature that was seen. */
  readonly smallest: number;
  /** Some eigenvalue lies within this distance of `largest`. */
  readonly residual: number;
  /** Products used. */
  readonly products: number;
  readonly converged: boolean;
  /** All Ritz values, largest first: the leading ones are eigenvalues where enough products were taken. */
  readonly values: readonly number[];
  /** Of each of them: some eigenvalue lies within this distance. */
  readonly residuals: readonly number[];
}

/**
 * The largest eigenvalue by Lanczos iteration from a random start.
 * @throws FathomError bad-input for a dimension or number of steps below 1.
 * @example extremeEigenvalues(async (v) => v.map((x, i) => x * (i + 1)), { dimension: 10, key })
 */
export async function extremeEigenvalues(
  apply: SymmetricOperator,
  { dimension, key, steps = 30, tolerance = 1e-3, top = 1, ends = "largest" }: LanczosOptions,
): Promise<ExtremeEigenvalues> {
  const start = normal(key, "float64", [positiveCount("dimension", dimension)]).data;
  const most = positiveCount("steps", steps);
  let products = 0;
  const counted: SymmetricOperator = (v) => {
    products++;
    return apply(v);
  };
  const enough = ({ largest, smallest, residuals }: RitzValues) => {
    const bound = tolerance * Math.max(Math.abs(largest.value), Math.abs(smallest.value));
    const asked = [...residuals.slice(-top), ...(ends === "both" ? [smallest.residual] : [])];
    return residuals.length >= top && asked.every((residual) => residual <= bound);
  };
  const found = await lanczos(counted, { start, most, enough });
  if (found === undefined) return { ...overflowed, products };
  return {
    largest: found.largest.value,
    smallest: found.smallest.value,
    residual: found.largest.residual,
    products,
    converged: found.exhausted || enough(found),
    values: found.values.toReversed(),
    residuals: found.residuals.toReversed(),
  };
}

/** The operator left the working precision: nothing is known of its spectrum. */
const overflowed = {
  largest: Number.NaN,
  smallest: Number.NaN,
  residual: Number.NaN,
  converged: false,
  values: [],
  residuals: [],
} as const;
