/** @file The memory of an interpreter: the program at its start, the items of both sides behind. */
import { BATCH, inputBytes, type Program } from "../compile/index.ts";

/** The first bytes belong to the constants of the module. */
const START = 65536;
const PAGE = 65536;

/** Items of side B that stand in the lanes of a vector. */
export const LANES = 4;

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Hands out memory; what was handed out stays where it is. */
export class Arena {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  #next = START;

  /** Room for so many bytes. Growing makes earlier views of the buffer useless. */
  reserve(bytes: number): number {
    const at = this.#next;
    this.#next += aligned(bytes);
    const missing = this.#next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** A copy of words. */
  keep(words: Int32Array): number {
    const at = this.reserve(words.byteLength);
    new Int32Array(this.memory.buffer, at, words.length).set(words);
    return at;
  }

  /** `count` float32 numbers. */
  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count);
  }
}

/** Where inputs and slots of an item, or of four in lanes, stand. */
export interface Addresses {
  readonly inputs: number;
  readonly slots: number;
}

/** Items one by one (side A) or four by four (side B). */
export interface Store {
  /** Items, or groups of four, that fit. */
  readonly capacity: number;
  readonly at: (i: number) => Addresses;
}

/** Room for groups of four items in lanes. */
export function laneStore(arena: Arena, { input, slots }: Program, capacity: number): Store {
  const inputStep = aligned(input.positions * input.channels * LANES * 4);
  const slotStep = aligned(slots * LANES * 4);
  const inputs = arena.reserve(inputStep * capacity);
  const first = arena.reserve(slotStep * capacity);
  return { capacity, at: (i) => ({ inputs: inputs + i * inputStep, slots: first + i * slotStep }) };
}

/**
 * Room for items of side A. Networks of vectors have {@link BATCH} items together: slots of an item are those of its batch,
 * where they stand activation by activation.
 */
export function itemStore(arena: Arena, { input, slots, vectors }: Program, items: number): Store {
  const capacity = vectors ? Math.ceil(items / BATCH) * BATCH : items;
  const inputStep = inputBytes(input);
  const slotStep = vectors ? slots * 4 : aligned(slots * 4);
  const inputs = arena.reserve(inputStep * capacity);
  const first = arena.reserve(slotStep * capacity);
  const place = vectors ? (i: number) => i - (i % BATCH) : (i: number) => i;
  return { capacity, at: (i) => ({ inputs: inputs + i * inputStep, slots: first + place(i) * slotStep }) };
}
