/**
 * @file Shared memory that blocks are computed into: block number n of the work lies in slot n mod `count`. A matrix in
 * memory has a slot a block; for a store a few are used again and again, so the matrix is never held.
 */
import type { KernelValue } from "../types.ts";
import { type BlockPlace, blockSize, type Grid, sizeOfBlock } from "./grid.ts";
import { sharedFloats } from "./items.ts";
import type { KernelJob } from "./options.ts";
import type { BlockBuffers } from "./strips.ts";

/** The slots as they are posted to workers: by value, then by slot. */
export type SharedSlots = Partial<Record<KernelValue, readonly (Float32Array | Float64Array)[]>>;

/** Slots of one size, and the blocks that lie in them. */
export class Slots {
  readonly shared: SharedSlots;
  readonly count: number;
  readonly #grid: Grid;

  constructor(grid: Grid, shared: SharedSlots, count: number) {
    this.#grid = grid;
    this.shared = shared;
    this.count = count;
  }

  /** The buffers of a block, without padding. */
  of(place: BlockPlace, index: number): BlockBuffers {
    return buffersOf(this.#grid, this.shared, { place, slot: index % this.count });
  }
}

/** The buffers in a slot, as long as the block. */
export function buffersOf(
  grid: Grid,
  shared: SharedSlots,
  { place, slot }: { place: BlockPlace; slot: number },
): BlockBuffers {
  const size = sizeOfBlock(grid, place);
  return Object.fromEntries(
    Object.entries(shared).map(([value, list]) => [value, list[slot]!.subarray(0, size)]),
  );
}

/** A slot for each of the blocks. @throws FathomError too-large when memory does not hold them. */
export function slotsForAll({ spec, grid }: KernelJob, places: readonly BlockPlace[]): Slots {
  const one = (place: BlockPlace) => sharedFloats(spec.precision, sizeOfBlock(grid, place));
  return new Slots(
    grid,
    valuesTo(spec.values, () => places.map(one)),
    Math.max(1, places.length),
  );
}

/** `count` slots for whole blocks. */
export function slotsInTurn({ spec, grid }: KernelJob, count: number): Slots {
  const one = () => sharedFloats(spec.precision, blockSize ** 2);
  return new Slots(
    grid,
    valuesTo(spec.values, () => Array.from({ length: count }, one)),
    count,
  );
}

function valuesTo<T>(values: readonly KernelValue[], make: () => T): Partial<Record<KernelValue, T>> {
  return Object.fromEntries(values.map((value) => [value, make()]));
}
