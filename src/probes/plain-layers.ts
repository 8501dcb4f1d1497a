/** @file Square matrices of one plain layer in float64, for probes that need a few hundred units and no derivatives. */
import { haar, type Key } from "../tensor/index.ts";

/** σw times a Haar matrix `[n, n]`. */
export function scaledHaar(key: Key, n: number, sw2: number): Float64Array {
  const factor = Math.sqrt(sw2);
  return haar(key, "float64", n, n).data.map((value) => factor * value);
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
