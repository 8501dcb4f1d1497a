/**
 * @file Both ends of the spectrum of a symmetric operator that is only known by its products: Lanczos iteration with full
 * reorthogonalisation (Golub and Van Loan, Matrix Computations, §10.3).
 */
import { type NdArray, ndarray } from "./array.ts";
import { eigenSymmetric } from "./linalg.ts";
import { addScaled, dot, norm, orthogonalise } from "./orthogonalise.ts";

/** v ↦ A v on vectors of a fixed length. The argument must not be kept or changed. */
export type SymmetricOperator = (v: Float64Array) => Promise<Float64Array>;

/** A Ritz value; some eigenvalue lies within `residual` of it. */
export interface RitzPair {
  readonly value: number;
  readonly residual: number;
}

/** What is known of the spectrum after so many products. */
export interface RitzValues {
  readonly products: number;
  readonly largest: RitzPair;
  readonly smallest: RitzPair;
  /** All Ritz values, ascending. */
  readonly values: readonly number[];
  /** Of each of them: some eigenvalue lies within this distance. */
  readonly residuals: readonly number[];
  /** Of each of them: what Gauss quadrature gives it, the squared first component of its eigenvector; sum 1. */
  readonly weights: readonly number[];
  /** Whether the start and its images span a space that A maps to itself: then all residuals are rounding. */
  readonly exhausted: boolean;
}

export interface LanczosRun {
  /** Not 0; its size does not count. */
  readonly start: Float64Array;
  /** Products at most; no more than the dimension are taken. */
  readonly most: number;
  /** Whether what is known is enough. */
  readonly enough: (ritz: RitzValues) => boolean;
}

/** A next direction below this part of the largest |Ritz value| is rounding: √ε. */
const rounding = 1e-8;

/**
 * Runs the iteration until `enough` says so, the space is exhausted, or the products are used up.
 * @returns what is known then; undefined where a product was not finite.
 * @example
 * const apply = async (v: Float64Array) => v.map((x, i) => x * i);
 * const enough = ({ largest }) => largest.residual < 1e-6;
 * (await lanczos(apply, { start: new Float64Array(9).fill(1), most: 9, enough }))?.largest.value; // 8
 */
export async function lanczos(
  apply: SymmetricOperator,
  { start, most, enough }: LanczosRun,
): Promise<RitzValues | undefined> {
  const steps = Math.min(most, start.length);
  const basis: Float64Array[] = [];
  const [alphas, betas]: [number[], number[]] = [[], []];
  let v = divide(start.slice(), norm(start));
  for (;;) {
    basis.push(v);
    const w = (await apply(v)).slice();
    const alpha = dot(w, v);
    if (!Number.isFinite(alpha)) return undefined;
    alphas.push(alpha);
    // What the recurrence names goes first, so that the pass over all vectors finds little more than rounding.
    addScaled(w, -alpha, v);
    if (basis.length > 1) addScaled(w, -betas.at(-1)!, basis.at(-2)!);
    const beta = orthogonalise(w, basis);
    const ritz = ritzValues(alphas, betas, beta);
    if (ritz.exhausted || basis.length === steps || enough(ritz)) return ritz;
    betas.push(beta);
    v = divide(w, beta);
  }
}

/** Eigenvalues of the tridiagonal matrix; residuals are β times the last component of their eigenvectors. */
function ritzValues(alphas: readonly number[], betas: readonly number[], beta: number): RitzValues {
  const m = alphas.length;
  const { values, vectors } = eigenSymmetric(tridiagonal(alphas, betas));
  const row = (i: number) => Array.from(vectors.data.subarray(i * m, (i + 1) * m));
  const residuals = row(m - 1).map((last) => beta * Math.abs(last));
  const pair = (i: number): RitzPair => ({ value: values.data[i]!, residual: residuals[i]! });
  const [smallest, largest] = [pair(0), pair(m - 1)];
  const size = Math.max(Math.abs(smallest.value), Math.abs(largest.value));
  return {
    products: m,
    largest,
    smallest,
    values: Array.from(values.data),
    residuals,
    weights: row(0).map((first) => first ** 2),
    exhausted: beta <= rounding * size,
  };
}

function tridiagonal(diagonal: readonly number[], off: readonly number[]): NdArray<"float64"> {
  const m = diagonal.length;
  const matrix = new Float64Array(m * m);
  diagonal.forEach((value, i) => {
    matrix[i * m + i] = value;
    if (i + 1 < m) matrix[i * m + i + 1] = matrix[(i + 1) * m + i] = off[i]!;
  });
  return ndarray("float64", [m, m], matrix);
}

/** v ← v / size. @returns v. */
function divide(v: Float64Array, size: number): Float64Array {
  for (let i = 0; i < v.length; i++) v[i]! /= size;
  return v;
}
