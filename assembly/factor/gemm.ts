/**
 * @file Products of tiles in Wasm memory, by register blocks. Sums over k are cut in slices, so that a panel of A stays in
 * the first cache and a slice of B in the second; every element is summed in the same order wherever it stands in a tile.
 * Strides are bytes between rows.
 */
import { bytes, width } from "./lanes";
import { block, REPLACE, ROWS, SUBTRACT } from "./micro";
import { packColumns, packRows, packTransposed } from "./pack";
import { corner, panel, SLICE } from "./workspace";

/** Bytes of a slice of packed B with so many columns. */
@inline
function sliceBytes<T>(n: i32, depth: i32): usize {
  return (<usize>((n + width<T>() - 1) / width<T>())) * (<usize>depth) * 32;
}

/** Bᵀ [k, n] from B [n, k] in slices of panels, as `product` reads it. */
export function packedTransposed<T>(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  for (let first = 0; first < k; first += SLICE) {
    const depth = min(SLICE, k - first);
    packTransposed<T>(b + bytes<T>(first), strideB, n, depth, target);
    target += sliceBytes<T>(n, depth);
  }
}

/** B [k, n] in slices of panels, as `product` reads it. */
export function packedColumns<T>(b: usize, strideB: usize, n: i32, k: i32, target: usize): void {
  for (let first = 0; first < k; first += SLICE) {
    const depth = min(SLICE, k - first);
    packColumns<T>(b + (<usize>first) * strideB, strideB, n, depth, target);
    target += sliceBytes<T>(n, depth);
  }
}

/** A block at the edge of C, of which only some rows and columns exist. */
function edge<T>(mode: i32, depth: i32, b: usize, c: usize, stride: usize, rows: i32, columns: i32): void {
  block<T>(REPLACE, depth, panel, b, corner, 32);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + (<usize>i) * stride + bytes<T>(j);
      const value = load<T>(corner + (<usize>i) * 32 + bytes<T>(j));
      store<T>(at, mode == SUBTRACT ? load<T>(at) - value : value);
    }
  }
}

/** A function of its own, so that the registers are free for the sums. */
function inner<T>(depth: i32, b: usize, c: usize, stride: usize): void {
  block<T>(SUBTRACT, depth, panel, b, c, stride);
}

/** One row of register blocks: `columns` of C from the packed panel of A. */
@inline
function strip<T>(mode: i32, rows: i32, columns: i32, depth: i32, b: usize, c: usize, strideC: usize): void {
  for (let j = 0; j < columns; j += width<T>()) {
    const present = min(width<T>(), columns - j);
    if (mode == SUBTRACT && rows == ROWS && present == width<T>()) inner<T>(depth, b, c, strideC);
    else edge<T>(mode, depth, b, c, strideC, rows, present);
    b += (<usize>depth) * 32;
    c += 32;
  }
}

/** C [m, n] −= A [m, k]·B, with B packed. */
export function subtract<T>(m: i32, n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  for (let first = 0; first < k; first += SLICE) {
    const depth = min(SLICE, k - first);
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      packRows<T>(a + (<usize>i) * strideA + bytes<T>(first), strideA, rows, depth, panel);
      strip<T>(SUBTRACT, rows, n, depth, b, c + (<usize>i) * strideC, strideC);
    }
    b += sliceBytes<T>(n, depth);
  }
}

/** The lower triangle of C [n, n] −= A [n, k]·B, with B packed; above the diagonal, C is rubbish. */
export function subtractLower<T>(n: i32, k: i32, a: usize, strideA: usize, b: usize, c: usize, strideC: usize): void {
  for (let first = 0; first < k; first += SLICE) {
    const depth = min(SLICE, k - first);
    for (let i = 0; i < n; i += ROWS) {
      const rows = min(ROWS, n - i);
      packRows<T>(a + (<usize>i) * strideA + bytes<T>(first), strideA, rows, depth, panel);
      // Whole register blocks, so that an element is computed in the same way on every way there.
      const reach = min(n, (i + rows + width<T>() - 1) / width<T>() * width<T>());
      strip<T>(SUBTRACT, rows, reach, depth, b, c + (<usize>i) * strideC, strideC);
    }
    b += sliceBytes<T>(n, depth);
  }
}

/** X [m, n] ← X·B in place, with B [n, n] packed and n at most a slice: each panel is packed before it is replaced. */
export function replace<T>(m: i32, n: i32, x: usize, strideX: usize, b: usize): void {
  for (let i = 0; i < m; i += ROWS) {
    const rows = min(ROWS, m - i);
    const at = x + (<usize>i) * strideX;
    packRows<T>(at, strideX, rows, n, panel);
    strip<T>(REPLACE, rows, n, n, b, at, strideX);
  }
}
