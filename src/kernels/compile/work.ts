/**
 * @file What a program takes of one core, from its records alone and never from a clock: rates of the interpreter's steps, measured
 * on one core and rounded. Good to a factor of two.
 */
import type { Program, Segment } from "./program.ts";
import { RECTANGLE_WORDS } from "./tables.ts";

/** Nanoseconds of a step at one position of one pair, by opcode (encode.ts). */
const nanoseconds: Readonly<Record<number, number>> = {
  2: 0.6,
  3: 0.3,
  4: 0.85,
  5: 0.15,
  6: 2,
  7: 0.5,
  8: 0.15,
  9: 0.15,
  10: 0.3,
  11: 0.15,
  12: 0.15,
  13: 2,
  14: 9,
};
/** More for every cell of both windows of a sum, and every coefficient of a series. */
const [nanosecondsACell, nanosecondsASlot] = [0.06, 0.07];
/** One number of an input times another. */
const nanosecondsANumber = 0.15;
/** One term of attention's sums over pairs of tokens. */
const nanosecondsATerm = 0.6;
/** Every number kept of an item, and where activations other than ReLU compute it. */
const [nanosecondsKept, nanosecondsOfForms] = [5, 80];
/** The same of series, which have many: their coefficients are interpolated. */
const [nanosecondsOfSeries, slotsOfSeries] = [250, 8];

/** Words of a record (encode.ts). */
const [LENGTH, SOURCE, TARGET, KERNELS, SLOTS, TOKENS] = [1, 5, 6, [10, 15], 20, 7];
const [INPUT, BOX, RELU_BOX, FORM] = [1, 3, 4, 6];

/** Seconds of one core. */
export interface Work {
  /** One pair of items. */
  readonly pair: number;
  /** What is kept of one item, whenever it is loaded. */
  readonly item: number;
}

/** Predicted seconds of a program. @example workOf(program).pair // 1e-5 of a deep residual network on 28 × 28 pixels */
export function workOf({ segments, input, slots, forms }: Program): Work {
  let pair = 0;
  for (const segment of segments) {
    pair += repeated(segment, input.channels);
    for (const record of segment.after) pair += nanosecondsATerm * 2 * record[TOKENS]! ** 3;
  }
  const hasSeries = forms.some(({ form }) => form.slots > slotsOfSeries);
  const computed = hasSeries ? nanosecondsOfSeries : nanosecondsOfForms;
  const item = pair + slots * (forms.length > 0 ? computed : nanosecondsKept);
  return { pair: pair * 1e-9, item: item * 1e-9 };
}

function repeated({ records, tables, runs }: Segment, channels: number): number {
  const words = tables.length / runs;
  let total = 0;
  for (let run = 0; run < runs; run++) {
    const positions = (space: number) => {
      const at = run * words + space * RECTANGLE_WORDS;
      return tables[at]! * tables[at + 1]!;
    };
    for (let at = 0; records[at] !== 0; at += records[at + LENGTH]!) {
      const [source, target] = [positions(records[at + SOURCE]!), positions(records[at + TARGET]!)];
      total += step(records.subarray(at), Math.max(source, target), target, channels);
    }
  }
  return total;
}

function step(record: Int32Array, positions: number, target: number, channels: number): number {
  const code = record[0]!;
  if (code === INPUT) return positions * channels * nanosecondsANumber;
  const own = positions * (nanoseconds[code] ?? 1);
  if (code === FORM) return own + positions * record[SLOTS]! * nanosecondsASlot;
  if (code !== BOX && code !== RELU_BOX) return own;
  const cells = code === RELU_BOX ? 0 : KERNELS.reduce((sum, word) => sum + record[word]!, 0);
  return own + target * cells * nanosecondsACell;
}
