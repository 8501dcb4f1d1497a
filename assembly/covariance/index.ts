/**
 * @file Interpreter of layer programs (kernel-engine.md §1): the records that src/kernels/compile makes of a network, on
 * maps of four pairs. A record is a row of words: what it is, how many words it has, and its operands.
 */
import { box } from "./box";
import { map, point, spare, word } from "./layout";
import { PAIR } from "./modes";
import { combine, input, relu } from "./pointwise";
import { reluBox } from "./relu-box";

export { place } from "./layout";

// Opcodes; src/kernels/compile/encode.ts has the same list.
const INPUT = 1;
const RELU = 2;
const BOX = 3;
const RELU_BOX = 4;
const COMBINE = 5;

/**
 * Runs the records from `program` to a word 0.
 * @param mode - modes.ts.
 * @param a, b - slots of the items of both sides; `aInput`, `bInput` their inputs.
 */
export function run(
  program: usize, mode: i32, rectanglesAt: usize, a: usize, b: usize, aInput: usize, bInput: usize,
): void {
  point(rectanglesAt, a, b, aInput, bInput);
  for (let at = program; word(at, 0) != 0; at += <usize>word(at, 1) << 2) step(at, mode);
}

function step(at: usize, mode: i32): void {
  const code = word(at, 0);
  if (code == RELU_BOX && mode == PAIR) reluBox(at);
  else if (code == RELU_BOX) {
    relu(at, mode, map(at, 2), spare);
    box(at, spare, map(at, 3), otherOf(at));
  } else if (code == BOX) box(at, map(at, 2), map(at, 3), otherOf(at));
  else if (code == RELU) relu(at, mode, map(at, 2), map(at, 3));
  else if (code == COMBINE) combine(at);
  else if (code == INPUT) input(at, mode);
}

function otherOf(at: usize): usize {
  return word(at, 4) < 0 ? 0 : map(at, 4);
}

/** Gives each of four items its own slots (or inputs): `count` vectors of lanes become four rows `stride` bytes apart. */
export function deal(lanes: usize, count: i32, rows: usize, stride: usize): void {
  for (let i = 0; i < count; ++i) {
    const value = v128.load(lanes);
    v128.store32_lane(rows, value, 0);
    v128.store32_lane(rows + stride, value, 1);
    v128.store32_lane(rows + 2 * stride, value, 2);
    v128.store32_lane(rows + 3 * stride, value, 3);
    lanes += 16;
    rows += 4;
  }
}
