/**
 * @file Products of small dense float64 matrices, in loops that run along rows. For what has C columns or a few hundred
 * test rows; the large kernel matrix itself is the factor's affair (`../solve`).
 */
import { type NdArray, ndarray, zeros } from "../../tensor/index.ts";

export type Float64 = NdArray<"float64">;

/** a b, of [m, k] and [k, n]. @example product(kernelTestTrain, alpha) */
export function product(a: Float64, b: Float64): Float64 {
  const [m, k, n] = [rows(a), columns(a), columns(b)];
  const out = zeros("float64", [m, n]);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a.data[i * k + p]!;
      for (let j = 0; j < n; j++) out.data[i * n + j]! += factor * b.data[p * n + j]!;
    }
  }
  return out;
}

/** aᵀ b, of [k, m] and [k, n]. */
export function transposedProduct(a: Float64, b: Float64): Float64 {
  return product(transposed(a), b);
}

/** a bᵀ, of [m, k] and [n, k]. */
export function productTransposed(a: Float64, b: Float64): Float64 {
  const [m, n] = [rows(a), rows(b)];
  const out = zeros("float64", [m, n]);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) out.data[i * n + j] = dot(rowOf(a, i), rowOf(b, j));
  }
  return out;
}

/** The [n, m] transpose. */
export function transposed(a: Float64): Float64 {
  const [m, n] = [rows(a), columns(a)];
  const out = zeros("float64", [n, m]);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) out.data[j * m + i] = a.data[i * n + j]!;
  }
  return out;
}

/** The first n columns. */
export function leadingColumns(a: Float64, n: number): Float64 {
  const [m, width] = [rows(a), columns(a)];
  if (n === width) return a;
  const out = zeros("float64", [m, n]);
  for (let i = 0; i < m; i++) out.data.set(a.data.subarray(i * width, i * width + n), i * n);
  return out;
}

/** Row i times `factors[i]`. */
export function rowsScaled(a: Float64, factors: ArrayLike<number>): Float64 {
  const n = columns(a);
  return ndarray(
    "float64",
    a.shape,
    a.data.map((value, at) => value * factors[Math.floor(at / n)]!),
  );
}

/** a + factor·b, of one shape. */
export function combined(a: Float64, b: Float64, factor: number): Float64 {
  return ndarray(
    "float64",
    a.shape,
    a.data.map((value, at) => value + factor * b.data[at]!),
  );
}

/** Σ_p a[i, p] b[i, p] for every row i: the diagonal of a bᵀ, [m]. */
export function rowDots(a: Float64, b: Float64): Float64 {
  const dots = Float64Array.from({ length: rows(a) }, (_, i) => dot(rowOf(a, i), rowOf(b, i)));
  return ndarray("float64", [rows(a)], dots);
}

/** Σ_p a[p, j] b[p, j] for every column j: the diagonal of aᵀ b, [n]. */
export function columnDots(a: Float64, b: Float64): Float64 {
  const n = columns(a);
  const out = zeros("float64", [n]);
  for (let at = 0; at < a.data.length; at++) out.data[at % n]! += a.data[at]! * b.data[at]!;
  return out;
}

function rowOf(a: Float64, i: number): Float64Array {
  return a.data.subarray(i * columns(a), (i + 1) * columns(a));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += a[p]! * b[p]!;
  return sum;
}

function rows(a: Float64): number {
  return a.shape[0]!;
}

function columns(a: Float64): number {
  return a.shape[1]!;
}
