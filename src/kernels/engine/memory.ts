/** @file The memory of an interpreter: fixed parts at its start, the items of both sides behind. */
import type { Program } from "../compile/index.ts";

/** The first bytes belong to the constants of the module. */
const START = 65536;
const PAGE = 65536;

/** Items of side B that stand in the lanes of a vector. */
export const LANES = 4;

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Addresses of the fixed parts. */
export interface Places {
  readonly program: number;
  readonly rectangles: number;
  readonly scratch: number;
  readonly spare: number;
  readonly maps: number;
}

/** Inputs and slots of items: where those of the first stand, and the step to the next. */
export interface Store {
  readonly inputs: number;
  readonly inputStep: number;
  readonly slots: number;
  readonly slotStep: number;
  /** Items (side A) or groups of four (side B) that fit. */
  readonly capacity: number;
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

  /** The fixed parts of a program. */
  places(program: Program, rectangles: Int32Array): Places {
    return {
      program: this.keep(program.words),
      rectangles: this.keep(rectangles),
      scratch: this.reserve(program.scratchBytes),
      spare: this.reserve(program.spareBytes),
      maps: this.reserve(program.mapBytes),
    };
  }

  /** Room for items, each number of theirs `lanes` times. */
  store({ input, slots }: Program, capacity: number, lanes: number): Store {
    const inputStep = aligned(input.positions * input.channels * lanes * 4);
    const slotStep = aligned(slots * lanes * 4);
    const [inputs, first] = [this.reserve(inputStep * capacity), this.reserve(slotStep * capacity)];
    return { inputs, inputStep, slots: first, slotStep, capacity };
  }
}
