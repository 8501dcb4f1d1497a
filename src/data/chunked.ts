/** @file Numbers whose count is not known beforehand: kept in pieces, so that growing copies nothing. */
import { FathomError } from "../tensor/index.ts";

const BITS = 18;
const PIECE = 2 ** BITS;
/** 2 GiB of float32: what one typed array of every engine can hold. */
export const MAX_VALUES = 2 ** 29;

/** A list of float32 or int32 numbers that only grows. */
export class Chunked<T extends Float32Array | Int32Array> {
  readonly #make: new (
    length: number,
  ) => T;
  readonly #where: string;
  readonly #pieces: T[] = [];
  #length = 0;

  /** @param where The file, for the error of too many numbers. */
  constructor(make: new (length: number) => T, where: string) {
    this.#make = make;
    this.#where = where;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws FathomError too-large beyond 2^29 numbers. */
  push(value: number): void {
    const at = this.#length & (PIECE - 1);
    if (at === 0) this.#grow();
    this.#pieces[this.#length >> BITS]![at] = value;
    this.#length++;
  }

  at(index: number): number {
    return this.#pieces[index >> BITS]![index & (PIECE - 1)]!;
  }

  /** Copies numbers from `start` to before `end` into the target, from its place `to` on. */
  copy(start: number, end: number, target: Float32Array | Int32Array, to: number): void {
    for (let from = start; from < end; ) {
      const at = from & (PIECE - 1);
      const count = Math.min(PIECE - at, end - from);
      target.set(this.#pieces[from >> BITS]!.subarray(at, at + count), to + from - start);
      from += count;
    }
  }

  #grow(): void {
    if (this.#length >= MAX_VALUES) throw tooMany(this.#where);
    this.#pieces.push(new this.#make(PIECE));
  }
}

export function tooMany(where: string, message = `It holds more than ${MAX_VALUES} numbers.`): FathomError {
  return new FathomError({
    code: "too-large",
    where,
    message,
    hint: "Up to 2 GiB of float32 inputs are read: use fewer rows or features.",
  });
}
