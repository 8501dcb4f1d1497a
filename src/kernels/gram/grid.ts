/**
 * @file How a kernel matrix is cut: blocks of 512 × 512, the chunks of a store, made of strips of 64 rows, made of tiles
 * of 64 × 64 (kernel-engine.md §4-5). Of a symmetric matrix only blocks on and below the diagonal exist.
 */

/** Rows and columns of a block, the chunk of a store. */
export const blockSize = 512;
/** Rows and columns of what an engine computes at a time. */
export const tileSize = 64;
/** Strips of a block; those past the end of a smaller block are empty. */
export const stripsOfBlock = blockSize / tileSize;

/** The matrix that is cut. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Both sides are the same items. */
  readonly symmetric: boolean;
}

/** Consecutive rows or columns. */
export interface Span {
  readonly from: number;
  readonly count: number;
}

/** Block (i, j) of a matrix. */
export interface BlockPlace {
  readonly i: number;
  readonly j: number;
}

/** The `index`-th piece of `size` within a span; its count is 0 past the end. */
export function pieceOf({ from, count }: Span, size: number, index: number): Span {
  const at = Math.min(index * size, count);
  return { from: from + at, count: Math.min(size, count - at) };
}

/** Rows and columns of a block. */
export function spansOf({ rows, columns }: Grid, { i, j }: BlockPlace): { rows: Span; columns: Span } {
  return {
    rows: pieceOf({ from: 0, count: rows }, blockSize, i),
    columns: pieceOf({ from: 0, count: columns }, blockSize, j),
  };
}

/** The blocks that exist, row by row. */
export function blocksOf({ rows, columns, symmetric }: Grid): BlockPlace[] {
  const [down, across] = [Math.ceil(rows / blockSize), Math.ceil(columns / blockSize)];
  return Array.from({ length: down }, (_, i) =>
    Array.from({ length: symmetric ? i + 1 : across }, (_, j) => ({ i, j })),
  ).flat();
}

/** Numbers of a block. */
export function sizeOfBlock(grid: Grid, place: BlockPlace): number {
  const { rows, columns } = spansOf(grid, place);
  return rows.count * columns.count;
}

/** Pairs of items that a block takes: of one on the diagonal of a symmetric matrix, those on and below it. */
export function pairsOfBlock(grid: Grid, place: BlockPlace): number {
  const { rows } = spansOf(grid, place);
  if (grid.symmetric && place.i === place.j) return (rows.count * (rows.count + 1)) / 2;
  return sizeOfBlock(grid, place);
}
