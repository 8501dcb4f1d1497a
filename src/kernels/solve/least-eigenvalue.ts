/**
 * @file The smallest eigenvalue of a symmetric operator, by Lanczos iteration with full reorthogonalisation: how much must be
 * added to a diagonal for a matrix to be positive definite.
 */
import { eigenSymmetric, Key, ndarray, normal } from "../../tensor/index.ts";
import type { RowOperator } from "./streamed-product.ts";
import type { Attention } from "./types.ts";

/** Products at most: a negative eigenvalue that defeats the jitters of the ladder stands out sooner. */
const mostSteps = 60;
/** Part of the largest |eigenvalue| to which the smallest is wanted. */
const tolerance = 1e-7;

/**
 * A value from which no eigenvalue is far below: the smallest Ritz value less its residual.
 * @example await leastEigenvalue(await streamedProduct(matrix, 0))
 */
export async function leastEigenvalue(
  { n, apply }: RowOperator,
  { signal, onProgress }: Attention = {},
): Promise<number> {
  const basis: Float64Array[] = [];
  const [alphas, betas]: [number[], number[]] = [[], []];
  let v = unit(normal(Key.fromSeed(0).split("least eigenvalue"), "float64", [n]).data);
  for (let step = 1; ; step++) {
    basis.push(v);
    onProgress?.({
      label: "estimating the smallest eigenvalue",
      done: step - 1,
      total: Math.min(n, mostSteps),
    });
    const w = await apply(v, signal);
    alphas.push(dot(w, v));
    orthogonalise(w, basis);
    const beta = Math.sqrt(dot(w, w));
    const { value, residual, scale } = leastRitz(alphas, betas, beta);
    if (beta <= 1e-14 * scale || residual <= tolerance * scale || step === Math.min(n, mostSteps))
      return value - residual;
    betas.push(beta);
    v = w.map((x) => x / beta);
  }
}

/** The smallest eigenvalue of the tridiagonal matrix, and β times the last component of its vector. */
function leastRitz(alphas: readonly number[], betas: readonly number[], beta: number) {
  const m = alphas.length;
  const matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    matrix[i * m + i] = alphas[i]!;
    if (i + 1 < m) matrix[i * m + i + 1] = matrix[(i + 1) * m + i] = betas[i]!;
  }
  const { values, vectors } = eigenSymmetric(ndarray("float64", [m, m], matrix));
  const scale = Math.max(Math.abs(values.data[0]!), Math.abs(values.data[m - 1]!));
  return { value: values.data[0]!, residual: beta * Math.abs(vectors.data[(m - 1) * m]!), scale };
}

/** Twice: the second pass removes what rounding left in the first. */
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
