/**
 * @file Tiles of a Cholesky factorisation in Wasm memory (kernel-engine.md §7), in float64 and float32: products of tiles, the
 * factor of a diagonal tile, solves with it. Tiles are row-major; strides are bytes between rows; packed right factors
 * take at most (k · n + 7 k) numbers. Diagonal blocks of 64 columns have their inverses beside them: [n, 64] numbers.
 */
import { fewPlain, fewTransposed } from "./few";
import { packedColumns, packedTransposed, subtract, subtractLower } from "./gemm";
import { factorTile, solvePlain, solveTransposed } from "./triangle";

export { workspaceEnd } from "./workspace";

/** Packs the right factor Bᵀ from B [n, k]. */
export function packTransposed64(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  packedTransposed<f64>(b, strideB, n, k, target);
}
export function packTransposed32(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  packedTransposed<f32>(b, strideB, n, k, target);
}

/** Packs the right factor B [k, n]. */
export function packColumns64(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  packedColumns<f64>(b, strideB, n, k, target);
}
export function packColumns32(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  packedColumns<f32>(b, strideB, n, k, target);
}

/** C [m, n] −= A [m, k] times a packed factor. */
export function subtract64(m: i32, n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  subtract<f64>(m, n, k, a, strideA, b, c, strideC);
}
export function subtract32(m: i32, n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  subtract<f32>(m, n, k, a, strideA, b, c, strideC);
}

/** The same for the lower triangle of C [n, n]. */
export function subtractLower64(n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  subtractLower<f64>(n, k, a, strideA, b, c, strideC);
}
export function subtractLower32(n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  subtractLower<f32>(n, k, a, strideA, b, c, strideC);
}

/** Cholesky factor in place; −1, or the index of a pivot that is not positive. */
export function factorTile64(n: i32, a: usize, stride: usize, inverses: usize): i32 {
  return factorTile<f64>(n, a, stride, inverses);
}
export function factorTile32(n: i32, a: usize, stride: usize, inverses: usize): i32 {
  return factorTile<f32>(n, a, stride, inverses);
}

/** X [m, n] ← X·L⁻ᵀ. */
export function solveTransposed64(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  solveTransposed<f64>(m, n, l, strideL, inverses, x, strideX);
}
export function solveTransposed32(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  solveTransposed<f32>(m, n, l, strideL, inverses, x, strideX);
}

/** X [m, n] ← X·L⁻¹. */
export function solvePlain64(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  solvePlain<f64>(m, n, l, strideL, inverses, x, strideX);
}
export function solvePlain32(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  solvePlain<f32>(m, n, l, strideL, inverses, x, strideX);
}

/** C [m, n] −= X [m, k]·Lᵀ for a few rows, with L [n, k] as it is. */
export function fewTransposed64(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  fewTransposed<f64>(m, n, k, x, strideX, l, strideL, c, strideC);
}
export function fewTransposed32(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  fewTransposed<f32>(m, n, k, x, strideX, l, strideL, c, strideC);
}

/** C [m, n] −= X [m, k]·L for a few rows, with L [k, n] as it is. */
export function fewPlain64(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  fewPlain<f64>(m, n, k, x, strideX, l, strideL, c, strideC);
}
export function fewPlain32(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  fewPlain<f32>(m, n, k, x, strideX, l, strideL, c, strideC);
}
