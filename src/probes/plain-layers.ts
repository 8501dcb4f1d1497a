/** @file Square matrices and inputs of plain layers in float64, for probes that need a few hundred units and no derivatives. */
import { haar, type Key, type NdArray, normal, scaled } from "../tensor/index.ts";

/** σw times a Haar matrix `[n, n]`. */
export function scaledHaar(key: Key, n: number, sw2: number): Float64Array {
  return scaled(haar(key, "float64", n, n), Math.sqrt(sw2)).data;
}

/** A x for A `[n, n]`. */
export function applyMatrix(A: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return x.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += A[i * n + j]! * x[j]!;
    return sum;
  });
}

/** A B for matrices `[n, n]`. */
export function product(A: Float64Array, B: Float64Array, n: number): Float64Array {
  const C = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = A[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) C[i * n + j]! += factor * B[k * n + j]!;
    }
  }
  return C;
}

/**
 * A random input `[1, N]` of exactly this |x|²/N.
 * @example inputOfMoment(Key.fromSeed(0), 200, 1)
 */
export function inputOfMoment(key: Key, width: number, moment: number): NdArray<"float64"> {
  const x = normal(key, "float64", [1, width]);
  return scaled(x, Math.sqrt((moment * width) / x.data.reduce((sum, value) => sum + value * value, 0)));
}
