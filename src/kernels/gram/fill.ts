/** @file Computes blocks of a kernel matrix, on this thread or on workers. */
import { runJobs, threadCount, workerModule } from "../../jobs/index.ts";
import { turns } from "../turns.ts";
import type { TileEngine } from "../types.ts";
import { type BlockPlace, stripsOfBlock } from "./grid.ts";
import type { KernelJob } from "./options.ts";
import type { Slots } from "./slots.ts";
import { computeStrip } from "./strips.ts";
import type { FillData } from "./worker.ts";

/** Work of fewer seconds is done before workers have started. */
const worthWorkers = 1;

/** Blocks to compute, and who hears of them. */
export interface Filling {
  readonly job: KernelJob;
  /** The blocks to compute, in this order. */
  readonly places: readonly BlockPlace[];
  readonly slots: Slots;
  readonly signal?: AbortSignal | undefined;
  /** Pairs that were computed. */
  readonly onPairs: (pairs: number) => void;
  /** A block is whole; its buffers are used again when this has ended. */
  readonly onBlock: (place: BlockPlace, index: number) => void | Promise<void>;
}

/**
 * Threads for the work: those that were asked for, else the cores where it is worth their start; no more than strips.
 * @param seconds - of one thread.
 * @throws FathomError bad-input for a number of threads that cannot be.
 */
export function threadsFor(places: readonly BlockPlace[], seconds: number, asked?: number): number {
  if (asked === undefined && seconds < worthWorkers) return 1;
  return threadCount({ most: places.length * stripsOfBlock, asked });
}

/** Computes the blocks one after another with this engine. */
export async function fillHere(engine: TileEngine, filling: Filling): Promise<void> {
  const { job, places, slots, signal, onPairs, onBlock } = filling;
  const turn = turns(signal);
  for (const [index, place] of places.entries()) {
    const part = { grid: job.grid, sides: job.sides, buffers: slots.of(place, index) };
    for (let strip = 0; strip < stripsOfBlock; strip++) {
      for (const pairs of computeStrip(engine, part, { place, strip })) {
        onPairs(pairs);
        await turn();
      }
    }
    await onBlock(place, index);
  }
}

/** Computes the blocks on worker threads, each with an engine of its own. */
export async function fillByWorkers(threads: number, filling: Filling): Promise<void> {
  const { job, places, slots, signal, onPairs, onBlock } = filling;
  const data: FillData = { job, places, slots: slots.shared };
  const left = places.map(() => stripsOfBlock);
  await runJobs<number>({
    worker: workerModule("kernels/gram/worker"),
    data,
    threads,
    tasks: places.length * stripsOfBlock,
    ...(slots.count < places.length && { ahead: aheadOf(slots) }),
    signal,
    onDone: (task, pairs) => {
      if (pairs > 0) onPairs(pairs);
      const index = Math.floor(task / stripsOfBlock);
      left[index]!--;
      return left[index] === 0 ? onBlock(places[index]!, index) : undefined;
    },
  });
}

/** A slot is free when the block that had it before is settled: `count` blocks earlier, with all its strips. */
function aheadOf({ count }: Slots): number {
  return (count - 1) * stripsOfBlock;
}
