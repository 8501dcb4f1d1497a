/** @file What the tests of solvers have in common: matrices in blocks, and right-hand sides. */
import { blockMatrix } from "../../src/kernels/gram/index.ts";
import type { BlockMatrix } from "../../src/kernels/types.ts";
import { Key, type NdArray, normal } from "../../src/tensor/index.ts";

export type Float64 = NdArray<"float64">;

/** The lower triangle of a matrix in blocks. */
export function symmetric(matrix: Float64 | NdArray<"float32">): BlockMatrix {
  return blockMatrix(matrix, { symmetric: true });
}

/** Normal numbers, [n, c]. */
export function rightSides(n: number, c: number): Float64 {
  return normal(Key.fromSeed(3), "float64", [n, c]);
}
