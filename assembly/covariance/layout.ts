/**
 * @file Where records, rectangles and maps stand in memory: the numbers that src/kernels/compile writes. A map holds one
 * v128 a position of its rectangle: the values of four items of side B with one item of side A.
 */

/** Base of maps and stacks; records hold offsets from it. */
export let maps: usize = 0;
/** Base of the lists of what is added where at the end of a segment. */
export let lists: usize = 0;
/** Slots of the current item of side A (one float32 each) and of the current four of side B (one v128 each). */
export let slotsA: usize = 0;
export let slotsB: usize = 0;
/** Inputs of the same items. */
export let inputA: usize = 0;
export let inputB: usize = 0;
/** Of the current displacement: rectangles of all spaces, then a word for each record that asks for one. */
export let table: usize = 0;
/** Rows of sums, and a spare map. */
export let scratch: usize = 0;
export let spare: usize = 0;
/**
 * Networks of vectors have many items of side A on the axis of positions: 1 where positions are items. Then side B does
 * not move with the position, and slots of side A stand by activation, `batch` items each.
 */
export let stepB: usize = 1;
export let batch: usize = 1;

export function place(mapsAt: usize, listsAt: usize, scratchAt: usize, spareAt: usize): void {
  maps = mapsAt;
  lists = listsAt;
  scratch = scratchAt;
  spare = spareAt;
}

/** `items`: room for items on the axis of positions, or 0 where positions are positions. */
export function point(a: usize, b: usize, aInput: usize, bInput: usize, items: i32): void {
  slotsA = a;
  slotsB = b;
  inputA = aInput;
  inputB = bInput;
  stepB = items > 0 ? 0 : 1;
  batch = items > 0 ? items : 1;
}

export function useTable(at: usize): void {
  table = at;
}

/** Roots of variances below this size belong to items without variance. */
export const TINY: f32 = 1e-15;

/** Word i of a record. */
@inline
export function word(record: usize, i: i32): i32 {
  return load<i32>(record + (i << 2));
}

/** Word i as a float32 in all lanes. */
@inline
export function real(record: usize, i: i32): v128 {
  return v128.load32_splat(record + (i << 2));
}

/** Address of the map that word i of a record names; 0 where it names none. */
@inline
export function map(record: usize, i: i32): usize {
  const offset = word(record, i);
  return offset < 0 ? 0 : maps + <usize>offset;
}

/** The word of the current displacement that word 26 of a record points to. */
@inline
export function tableWord(record: usize): i32 {
  return load<i32>(table + (word(record, 26) << 2));
}

/**
 * The rectangle of a space: 0 rows, 1 columns, 2 columns of the whole space, 3 whether Δ = 0, 4 the number of pieces, then
 * from word 5 the pieces (rows.ts), five words each: place of the first row in the map, rows, columns, and the positions of sides A
 * and B that they start at.
 */
export const RECTANGLE_BYTES: usize = 112;
export const PIECE_BYTES: usize = 20;
@inline
export function rectangle(space: i32): usize {
  return table + <usize>space * RECTANGLE_BYTES;
}

/** Positions of the whole map. */
@inline
export function bytesOf(shape: usize): usize {
  return <usize>(word(shape, 0) * word(shape, 1)) << 4;
}

/** Slots of an activation: word 21 counts numbers of an item before them. Lanes on both sides read those of side B. */
@inline
export function slotsOfA(record: usize, lanes: bool): usize {
  return keptOfA(word(record, 21), lanes);
}

@inline
export function slotsOfB(record: usize): usize {
  return keptOfB(word(record, 21));
}

/** What is kept of an item after `offset` other numbers. */
@inline
export function keptOfA(offset: i32, lanes: bool): usize {
  return lanes ? keptOfB(offset) : slotsA + <usize>offset * (batch << 2);
}

@inline
export function keptOfB(offset: i32): usize {
  return slotsB + (<usize>offset << 4);
}

/** Off the diagonal, writes 0 for records that live on it alone (word 20 is 1); word 6 is their space. */
export function vanishes(record: usize, target: usize): bool {
  const shape = rectangle(word(record, 6));
  if (word(record, 20) == 0 || word(shape, 3) != 0) return false;
  memory.fill(target, 0, bytesOf(shape));
  return true;
}
