/**
 * @file The rows of a map, piece by piece: `for (let more = firstRow(shape); more; more = nextRow(shape))`, where each row's
 * numbers, and the positions of both sides that it starts at, are those below.
 */
import { PIECE_BYTES, stepB, word } from "./layout";

/** Bytes from the start of the map to the row, and positions of the row. */
export let rowStart: usize = 0;
export let rowColumns: i32 = 0;
/** The positions of sides A and B that the row starts at; side B stays where positions are items. */
export let rowA: usize = 0;
export let rowB: usize = 0;

let piece: usize = 0;
let pieces: i32 = 0;
let rows: i32 = 0;

function enter(): bool {
  rows = word(piece, 1);
  rowStart = <usize>word(piece, 0) << 4;
  rowColumns = word(piece, 2);
  rowA = <usize>word(piece, 3);
  rowB = stepB * <usize>word(piece, 4);
  return true;
}

export function firstRow(shape: usize): bool {
  pieces = word(shape, 4);
  piece = shape + 20;
  return pieces > 0 && enter();
}

export function nextRow(shape: usize): bool {
  if (--rows > 0) {
    rowStart += <usize>word(shape, 1) << 4;
    rowA += <usize>word(shape, 2);
    rowB += stepB * <usize>word(shape, 2);
    return true;
  }
  piece += PIECE_BYTES;
  return --pieces > 0 && enter();
}
