/** @file Sizes of slices and blocks, and the scratch memory behind the module's constants. */

/** Steps of k in a slice of a product. */
export const SLICE: i32 = 256;
/** Columns of a block of a diagonal tile. */
export const BLOCK: i32 = 64;
/** Rows and columns of a tile, at most. */
const TILE: i32 = 512;

/** One packed panel of A: 6 rows of a slice. */
export const panel = (__heap_base + 63) & ~63;
/** A register block of C, for the edges. */
export const corner = panel + 6 * SLICE * 8;
/** A packed right factor: a tile by the columns of a block. */
export const packed = corner + 6 * 32;

/** Where the caller's memory begins. */
export function workspaceEnd(): usize {
  return packed + BLOCK * TILE * 8;
}
