/**
 * @file Haar-distributed orthogonal matrices (criticality.md §11): the law of Q diag(sign R_kk) in the QR
 * factorisation of a Gaussian matrix. As Stewart (1980, SIAM J. Numer. Anal. 17, 403) noted, the part of a column
 * that QR reflects next is itself a fresh Gaussian vector, so Q is a product of reflections of independent
 * Gaussian vectors and R need never be formed: half the work, the same law.
 */
import { allocate, type FloatDType, type NdArray } from "./array.ts";
import { FathomError } from "./errors.ts";
import type { Key } from "./key.ts";
import { normal } from "./random.ts";

/**
 * A random matrix with orthonormal columns (rows, when it is wider than tall), uniform over all of them. The
 * caller scales it: sqrt(sw2) times sqrt(max(1, n_out / n_in)) for a weight of a network.
 * @returns Array [rows, columns]; computed in float64, then rounded to the dtype.
 * @throws FathomError bad-input unless both sizes are integers >= 1.
 * @example haar(key.split("0.weight"), "float32", 500, 500)
 */
export function haar<D extends FloatDType>(key: Key, dtype: D, rows: number, columns: number): NdArray<D> {
  for (const [where, n] of Object.entries({ rows, columns })) {
    if (!Number.isInteger(n) || n < 1) {
      throw new FathomError({
        code: "bad-input",
        where,
        message: `An orthogonal matrix cannot have ${n} ${where}.`,
        hint: "Give an integer >= 1.",
      });
    }
  }
  const length = Math.max(rows, columns);
  const vectors = orthonormalVectors(key, Math.min(rows, columns), length);
  const data = allocate(dtype, rows * columns) as Float64Array;
  if (rows < columns) data.set(vectors);
  else {
    for (let j = 0; j < columns; j++) {
      for (let i = 0; i < rows; i++) data[i * columns + j] = vectors[j * length + i]!;
    }
  }
  return { dtype, shape: [rows, columns], data: data as NdArray<D>["data"] };
}

/** `count` orthonormal vectors of the given length, one after another: the columns of H_0 H_1 … [I; 0] D. */
function orthonormalVectors(key: Key, count: number, length: number): Float64Array {
  const vectors = new Float64Array(count * length);
  // From the innermost reflection outwards, H_k only touches entries >= k of vectors >= k.
  for (let k = count - 1; k >= 0; k--) {
    const size = length - k;
    const v = normal(key, "float64", [size], { start: k * length }).data;
    vectors[k * length + k] = 1;
    const sign = toReflection(v);
    for (let j = k; j < count; j++) reflect(vectors.subarray(j * length + k, (j + 1) * length), v);
    // sign(R_kk): the reflection sends x to -sign(x_0) |x| e_0. Without this factor the law is not Haar.
    for (let i = k; i < length; i++) vectors[k * length + i]! *= -sign;
  }
  return vectors;
}

/** Turns x into v with H = I - v v^T, H x = -sign(x_0) |x| e_0, and returns sign(x_0), where sign(0) = 1. */
function toReflection(x: Float64Array): number {
  let square = 0;
  for (const value of x) square += value * value;
  const norm = Math.sqrt(square);
  const sign = x[0]! < 0 ? -1 : 1;
  // v = (x + sign |x| e_0) sqrt(2) / |x + sign |x| e_0|, whose square is 2 |x| (|x| + |x_0|).
  const scale = 1 / Math.sqrt(norm * (norm + Math.abs(x[0]!)));
  x[0]! += sign * norm;
  for (let i = 0; i < x.length; i++) x[i]! *= scale;
  return sign;
}

/** y := y - (v . y) v, with four partial sums so that additions need not wait for each other. */
function reflect(y: Float64Array, v: Float64Array): void {
  const n = v.length;
  const even = n - (n % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < even; i += 4) {
    s0 += v[i]! * y[i]!;
    s1 += v[i + 1]! * y[i + 1]!;
    s2 += v[i + 2]! * y[i + 2]!;
    s3 += v[i + 3]! * y[i + 3]!;
  }
  for (let i = even; i < n; i++) s0 += v[i]! * y[i]!;
  const dot = s0 + s1 + (s2 + s3);
  for (let i = 0; i < n; i++) y[i]! -= dot * v[i]!;
}
