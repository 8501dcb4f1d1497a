/**
 * @file Interpreter of layer programs (kernel-engine.md §1): the records that src/kernels/compile makes of a network, on
 * maps of four pairs. A record is a row of words: what it is, how many words it has, and its operands.
 */
import { attend } from "./attention";
import { box } from "./box";
import { applyForm } from "./forms";
import { input } from "./input";
import { bytesOf, map, maps, point, rectangle, slotsOfA, slotsOfB, spare, stepB, useTable, word } from "./layout";
import { LANES, PAIR, SELF } from "./modes";
import { cut, fetch, keep, mix, pool, spread } from "./moves";
import { normalise } from "./normalise";
import { combine, multiply, relu } from "./pointwise";
import { reluBox } from "./relu-box";
import { firstRow, nextRow, rowA, rowB, rowColumns, rowStart } from "./rows";
import { tangentBox } from "./tangent-box";

export { applyForm } from "./forms";
export { products } from "./input";
export { place } from "./layout";

// Opcodes; src/kernels/compile/encode.ts has the same list.
const INPUT = 1;
const RELU = 2;
const BOX = 3;
const RELU_BOX = 4;
const COMBINE = 5;
const FORM = 6;
const NORMALISE = 7;
const MULTIPLY = 8;
const CUT = 9;
const SPREAD = 10;
const KEEP = 11;
const FETCH = 12;
const POOL = 13;
const MIX = 14;

// Steps of a program.
const CLEAR = 1;
const RUN = 2;
const ATTEND = 3;

/** Slots of an activation of four items, its variances after it, and Θ: in float64, by the host. */
@external("env", "prepare")
declare function prepare(record: usize, slots: usize, positions: i32): void;

/**
 * Runs the steps at `program` to a word 0: CLEAR (place, bytes), RUN (records, tables, how many, bytes of one) once a
 * displacement, the first of which is 0, and ATTEND (record).
 * @param mode - PAIR or SELF (modes.ts).
 * @param a, b - slots of the items of both sides; `aInput`, `bInput` their inputs.
 * @param items - room for items on the axis of positions (networks of vectors), else 0.
 */
export function execute(
  program: usize, mode: i32, a: usize, b: usize, aInput: usize, bInput: usize, items: i32,
): void {
  point(a, b, aInput, bInput, items);
  let at = program;
  while (true) {
    const kind = word(at, 0);
    if (kind == RUN) {
      const records = <usize>word(at, 1), size = <usize>word(at, 4);
      let table = <usize>word(at, 2);
      for (let i = 0; i < word(at, 3); ++i, table += size) {
        useTable(table);
        run(records, mode == SELF && i > 0 ? LANES : mode);
      }
      at += 20;
    } else if (kind == CLEAR) {
      memory.fill(maps + <usize>word(at, 1), 0, <usize>word(at, 2));
      at += 12;
    } else if (kind == ATTEND) {
      attend(<usize>word(at, 1), mode);
      at += 8;
    } else return;
  }
}

function run(records: usize, mode: i32): void {
  for (let at = records; word(at, 0) != 0; at = after(at)) {
    // Word 29 of a ReLU: the sums of K and Θ follow, which pairs take in one scan.
    if (mode == PAIR && word(at, 0) == RELU && word(at, 29) != 0) {
      const sumOfK = after(at), sumOfTheta = after(sumOfK);
      tangentBox(at, sumOfK, sumOfTheta);
      at = sumOfTheta;
    } else step(at, mode);
  }
}

@inline
function after(at: usize): usize {
  return at + (<usize>word(at, 1) << 2);
}

function step(at: usize, mode: i32): void {
  switch (word(at, 0)) {
    case RELU_BOX:
      if (mode == PAIR) reluBox(at);
      else {
        relu(at, mode, map(at, 2), spare);
        box(at, spare, map(at, 3), map(at, 4));
      }
      break;
    case BOX: box(at, map(at, 2), map(at, 3), map(at, 4)); break;
    case RELU: relu(at, mode, map(at, 2), map(at, 3)); break;
    case COMBINE: combine(at); break;
    case INPUT: input(at, mode != PAIR); break;
    case FORM: form(at, mode); break;
    case NORMALISE: normalise(at, mode); break;
    case MULTIPLY: multiply(at); break;
    case CUT: cut(at); break;
    case SPREAD: spread(at); break;
    case KEEP: keep(at); break;
    case FETCH: fetch(at); break;
    case POOL: pool(at); break;
    case MIX: mix(at); break;
  }
}

/** Other activations: word 20 slots a position, 27 the form, 28 the scale of K, from 30 its constants. */
function form(record: usize, mode: i32): void {
  const shape = rectangle(word(record, 5)), slots = <usize>word(record, 20);
  if (mode == SELF) {
    prepare(record, slotsOfB(record), <i32>(bytesOf(shape) >> 4));
    return;
  }
  const lanes = mode == LANES, source = map(record, 2), target = map(record, 3);
  const from = map(record, 24), to = map(record, 25), scale = reinterpret<f32>(word(record, 28));
  const strideA = lanes ? slots << 4 : slots << 2, strideB = stepB * (slots << 4);
  for (let more = firstRow(shape); more; more = nextRow(shape)) {
    const x = rowStart, theta = to != 0 ? to + x : 0;
    const a = slotsOfA(record, lanes) + rowA * strideA, b = slotsOfB(record) + rowB * strideB;
    applyForm(
      word(record, 27), lanes, source + x, scale, target + x, from + x, theta, a, strideA, b, strideB, rowColumns,
      record + 120,
    );
  }
}

/** Gives four items what stands in lanes: `count` vectors become rows `stride` bytes apart. */
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
