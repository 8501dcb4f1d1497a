/**
 * @file Extreme eigenvalues of a symmetric operator that is only known by its products: Lanczos with full
 * reorthogonalisation, twice (training.md §1.4). The residual of the top Ritz pair comes back as the error bar.
 */
import { eigenSymmetric, type Key, type NdArray, ndarray, normal } from "../tensor/index.ts";
import { positiveCount } from "./checks.ts";

/** v ↦ A v on vectors of a fixed length. The argument must not be kept or changed. */
export type SymmetricOperator = (v: Float64Array) => Promise<Float64Array>;

export interface LanczosOptions {
  readonly dimension: number;
  readonly key: Key;
  /** At most this many products; 30 unless said. */
  readonly steps?: number;
  /** Stops when the residual is below this part of the largest |eigenvalue|; 1e-3 unless said. */
  readonly tolerance?: number;
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
}

/**
 * The largest eigenvalue by Lanczos iteration from a random start.
 * @throws FathomError bad-input for a dimension or number of steps below 1.
 * @example extremeEigenvalues(async (v) => v.map((x, i) => x * (i + 1)), { dimension: 10, key })
 */
export async function extremeEigenvalues(
  apply: SymmetricOperator,
  { dimension, key, steps = 30, tolerance = 1e-3 }: LanczosOptions,
): Promise<ExtremeEigenvalues> {
  positiveCount("dimension", dimension);
  const most = Math.min(positiveCount("steps", steps), dimension);
  const basis: Float64Array[] = [];
  const alphas: number[] = [];
  const betas: number[] = [];
  let v = unit(normal(key, "float64", [dimension]).data);
  for (let step = 1; ; step++) {
    basis.push(v);
    const w = Float64Array.from(await apply(v));
    const alpha = dot(w, v);
    if (!Number.isFinite(alpha)) return { ...overflowed, products: step };
    alphas.push(alpha);
    orthogonalise(w, basis);
    const beta = Math.sqrt(dot(w, w));
    const ritz = ritzValues(alphas, betas, beta);
    const scale = Math.max(Math.abs(ritz.largest), Math.abs(ritz.smallest));
    const exhausted = beta <= 1e-8 * scale;
    const converged = exhausted || ritz.residual <= tolerance * scale;
    if (converged || step === most) return { ...ritz, products: step, converged };
    betas.push(beta);
    v = w.map((x) => x / beta);
  }
}

/** The operator left the working precision: nothing is known of its spectrum. */
const overflowed = {
  largest: Number.NaN,
  smallest: Number.NaN,
  residual: Number.NaN,
  converged: false,
  values: [],
} as const;

/** Eigenvalues of the tridiagonal matrix, and β_m |last component of the top eigenvector|. */
function ritzValues(alphas: readonly number[], betas: readonly number[], beta: number) {
  const m = alphas.length;
  const { values, vectors } = eigenSymmetric(tridiagonal(alphas, betas));
  const spectrum = Array.from(values.data);
  const top = spectrum.indexOf(Math.max(...spectrum));
  return {
    largest: spectrum[top]!,
    smallest: Math.min(...spectrum),
    values: [...spectrum].sort((a, b) => b - a),
    residual: beta * Math.abs(vectors.data[(m - 1) * m + top]!),
  };
}

function tridiagonal(diagonal: readonly number[], off: readonly number[]): NdArray<"float64"> {
  const m = diagonal.length;
  const matrix = new Float64Array(m * m);
  diagonal.forEach((value, i) => {
    matrix[i * m + i] = value;
  });
  off.forEach((value, i) => {
    matrix[i * m + i + 1] = value;
    matrix[(i + 1) * m + i] = value;
  });
  return ndarray("float64", [m, m], matrix);
}

/** Twice is enough: a second pass removes what rounding left in the first. */
function orthogonalise(w: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const q of basis) {
      const along = dot(w, q);
      for (let i = 0; i < w.length; i++) w[i]! -= along * q[i]!;
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function unit(v: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(v, v));
  return v.map((x) => x / norm);
}
