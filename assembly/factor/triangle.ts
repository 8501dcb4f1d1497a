/**
 * @file Cholesky factor of a diagonal tile and solves with it, in blocks of 64 columns. Each block on the diagonal is
 * inverted once, so that the rest of every solve is a product of tiles; blocks this small keep the error of a solve
 * by substitution (an inverse of the whole tile would multiply it by the tile's condition number).
 */
import { packedColumns, packedTransposed, replace, subtract, subtractLower } from "./gemm";
import { bytes, dot, fused } from "./lanes";
import { BLOCK, packed } from "./workspace";

/** Where row i, column j of a tile stands. */
@inline
function at<T>(tile: usize, stride: usize, i: i32, j: i32): usize {
  return tile + (<usize>i) * stride + bytes<T>(j);
}

/** The inverse of the diagonal block that starts at column `first`: [64, 64] numbers, row-major. */
@inline
function inverseAt<T>(inverses: usize, first: i32): usize {
  return inverses + bytes<T>(first * BLOCK);
}

/** Factors one block in place by rows: L_ij = (a_ij − Σ L_ik L_jk) / L_jj. Gives the first bad pivot, or −1. */
function factorBlock<T>(n: i32, a: usize, stride: usize): i32 {
  for (let i = 0; i < n; i++) {
    const row = at<T>(a, stride, i, 0);
    for (let j = 0; j < i; j++) {
      const other = at<T>(a, stride, j, 0);
      const place = row + bytes<T>(j);
      store<T>(place, (load<T>(place) - dot<T>(row, other, j)) / load<T>(other + bytes<T>(j)));
    }
    const place = row + bytes<T>(i);
    const pivot = load<T>(place) - dot<T>(row, row, i);
    store<T>(place, pivot);
    // Written so that NaN is a bad pivot too.
    if (!(pivot > 0 && pivot < <T>Infinity)) return i;
    store<T>(place, <T>sqrt<T>(pivot));
  }
  return -1;
}

/** Inverse of a lower triangle, row by row: row_i = (e_i − Σ_{k<i} L_ik row_k) / L_ii. */
function invertBlock<T>(n: i32, l: usize, stride: usize, inverse: usize): void {
  const rowBytes = bytes<T>(BLOCK);
  memory.fill(inverse, 0, rowBytes * (<usize>n));
  for (let i = 0; i < n; i++) {
    const target = inverse + (<usize>i) * rowBytes;
    store<T>(target + bytes<T>(i), <T>1);
    for (let k = 0; k < i; k++) {
      const factor = v128.splat<T>(-load<T>(at<T>(l, stride, i, k)));
      const from = inverse + (<usize>k) * rowBytes;
      for (let x: usize = 0; x <= bytes<T>(k); x += 16) {
        v128.store(target + x, fused<T>(factor, v128.load(from + x), v128.load(target + x)));
      }
    }
    const scale = v128.splat<T>(<T>1 / load<T>(at<T>(l, stride, i, i)));
    for (let x: usize = 0; x <= bytes<T>(i); x += 16) v128.store(target + x, v128.mul<T>(v128.load(target + x), scale));
  }
}

/** X [m, width] ← X·L⁻ᵀ of the block that starts at `first`. */
@inline
function timesInverseTransposed<T>(m: i32, width: i32, x: usize, strideX: usize, inverse: usize): void {
  packedTransposed<T>(inverse, bytes<T>(BLOCK), width, width, packed);
  replace<T>(m, width, x, strideX, packed);
}

/**
 * Replaces the lower triangle of a [n, n] by its Cholesky factor and writes the inverses of its diagonal blocks; above the
 * diagonal, a is rubbish. Gives −1, or the index of the first pivot that is not positive (which is left in its place).
 */
export function factorTile<T>(n: i32, a: usize, stride: usize, inverses: usize): i32 {
  for (let first = 0; first < n; first += BLOCK) {
    const width = min(BLOCK, n - first);
    const corner = at<T>(a, stride, first, first);
    const rest = n - first - width;
    packedTransposed<T>(at<T>(a, stride, first, 0), stride, width, first, packed);
    subtractLower<T>(width, first, at<T>(a, stride, first, 0), stride, packed, corner, stride);
    subtract<T>(rest, width, first, at<T>(a, stride, first + width, 0), stride, packed, at<T>(a, stride, first + width, first), stride);
    const bad = factorBlock<T>(width, corner, stride);
    if (bad >= 0) return first + bad;
    const inverse = inverseAt<T>(inverses, first);
    invertBlock<T>(width, corner, stride, inverse);
    timesInverseTransposed<T>(rest, width, at<T>(a, stride, first + width, first), stride, inverse);
  }
  return -1;
}

/** X [m, n] ← X·L⁻ᵀ with the factor of a tile: the tiles below it, or right-hand sides that lie in rows. */
export function solveTransposed<T>(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  for (let first = 0; first < n; first += BLOCK) {
    const width = min(BLOCK, n - first);
    const place = x + bytes<T>(first);
    packedTransposed<T>(at<T>(l, strideL, first, 0), strideL, width, first, packed);
    subtract<T>(m, width, first, x, strideX, packed, place, strideX);
    timesInverseTransposed<T>(m, width, place, strideX, inverseAt<T>(inverses, first));
  }
}

/** X [m, n] ← X·L⁻¹: the second of the two solves, from the last block to the first. */
export function solvePlain<T>(m: i32, n: i32, l: usize, strideL: usize, inverses: usize, x: usize, strideX: usize): void {
  for (let first = (n - 1) / BLOCK * BLOCK; first >= 0; first -= BLOCK) {
    const width = min(BLOCK, n - first);
    const after = first + width;
    const place = x + bytes<T>(first);
    packedColumns<T>(at<T>(l, strideL, after, first), strideL, width, n - after, packed);
    subtract<T>(m, width, n - after, x + bytes<T>(after), strideX, packed, place, strideX);
    packedColumns<T>(inverseAt<T>(inverses, first), bytes<T>(BLOCK), width, width, packed);
    replace<T>(m, width, place, strideX, packed);
  }
}
