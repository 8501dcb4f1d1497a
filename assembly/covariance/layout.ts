/**
 * @file Where records, rectangles and maps stand in memory: the numbers that src/kernels/compile/encode.ts writes.
 * A map holds one v128 a position of its rectangle: the values of four items of side B with one item of side A.
 */

/** Base of maps; records hold offsets from it. */
export let maps: usize = 0;
/** Slots of the current item of side A (one float32 each) and of the current four of side B (one v128 each). */
export let slotsA: usize = 0;
export let slotsB: usize = 0;
/** Inputs of the same items. */
export let inputA: usize = 0;
export let inputB: usize = 0;
/** Rectangles of all spaces for the current displacement. */
export let rectangles: usize = 0;
/** Two padded rows of sums, a row that nobody reads, and a spare map. */
export let scratch: usize = 0;
export let spare: usize = 0;

export function place(mapsAt: usize, scratchAt: usize, spareAt: usize): void {
  maps = mapsAt;
  scratch = scratchAt;
  spare = spareAt;
}

export function point(rectanglesAt: usize, a: usize, b: usize, aInput: usize, bInput: usize): void {
  rectangles = rectanglesAt;
  slotsA = a;
  slotsB = b;
  inputA = aInput;
  inputB = bInput;
}

/** Word i of a record. */
// @ts-ignore: decorator
@inline
export function word(record: usize, i: i32): i32 {
  return load<i32>(record + (i << 2));
}

// @ts-ignore: decorator
@inline
export function real(record: usize, i: i32): v128 {
  return v128.load32_splat(record + (i << 2));
}

/** Address of the map that word i of a record names. */
// @ts-ignore: decorator
@inline
export function map(record: usize, i: i32): usize {
  return maps + <usize>word(record, i);
}

/** The rectangle of a space: rows, columns, columns of the whole space, diagonal, pieces, then five words a piece. */
export const RECTANGLE_BYTES: usize = 112;
// @ts-ignore: decorator
@inline
export function rectangle(space: i32): usize {
  return rectangles + <usize>space * RECTANGLE_BYTES;
}
