/** @file Computes blocks of a kernel matrix on this thread, with turns of the event loop for signals and progress. */
import { setImmediate } from "node:timers/promises";
import { createEngine } from "../engine.ts";
import type { TileEngine } from "../types.ts";
import { type BlockPlace, stripsOfBlock } from "./grid.ts";
import type { KernelJob } from "./options.ts";
import { type BlockBuffers, computeStrip } from "./strips.ts";

/** Milliseconds that the event loop waits at most for a tile to end. */
const turn = 50;

export interface Filling {
  /** The blocks to compute. */
  readonly places: readonly BlockPlace[];
  /** The buffers of a block. */
  readonly buffers: (place: BlockPlace) => BlockBuffers;
  readonly signal?: AbortSignal | undefined;
  /** A block is whole. */
  readonly onBlock: (place: BlockPlace) => void | Promise<void>;
}

/** Computes the blocks one after another. @returns the build of the engine. */
export async function fillHere(
  { spec, grid, sides }: KernelJob,
  { places, buffers, signal, onBlock }: Filling,
): Promise<TileEngine["build"]> {
  const engine = await createEngine(spec);
  try {
    let last = performance.now();
    for (const place of places) {
      const target = buffers(place);
      for (let strip = 0; strip < stripsOfBlock; strip++) {
        for (const _ of computeStrip(engine, { grid, sides, buffers: target }, { place, strip })) {
          if (performance.now() - last < turn) continue;
          await setImmediate();
          last = performance.now();
          signal?.throwIfAborted();
        }
      }
      await onBlock(place);
    }
    return engine.build;
  } finally {
    engine.dispose();
  }
}
