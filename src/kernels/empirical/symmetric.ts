/** @file Symmetric matrices, of which one triangle was computed. */
import type { NdArray } from "../../tensor/index.ts";

/** Copies the lower triangles of matrices `[D, n, n]` to the upper ones. */
export function mirrorLower({ data, shape }: NdArray<"float64">): void {
  const [diagonal, n] = shape as [number, number];
  for (let d = 0; d < diagonal; d++) {
    const matrix = data.subarray(d * n * n, (d + 1) * n * n);
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) matrix[i * n + j] = matrix[j * n + i]!;
    }
  }
}
