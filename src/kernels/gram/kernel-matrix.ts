/** @file Kernel matrices of a network between items: K and Θ of the infinite width (kernels.md §2). */
import { createEngine } from "../engine.ts";
import type { KernelValue, TileEngine } from "../types.ts";
import { fillByWorkers, fillHere, threadsFor } from "./fill.ts";
import { type BlockPlace, blocksOf, pairsOfBlock } from "./grid.ts";
import { matrixOfBlocks } from "./matrix.ts";
import {
  jobOf,
  type KernelJob,
  type KernelMatrixOptions,
  type KernelPlan,
  type KernelResult,
} from "./options.ts";
import { paceOf } from "./pace.ts";
import { type Slots, slotsForAll } from "./slots.ts";

/**
 * The kernel matrices of a network between the items of x1 and x2, or of x1 with itself.
 * @returns K (`nngp`) and Θ (`ntk`), those asked for, in blocks of 512 × 512.
 * @throws FathomError unsupported naming a layer without a kernel; bad-shape, bad-input for items that the network does
 * not take or that are not finite; too-large when memory does not hold the matrix; cancelled by the signal.
 * @example
 * const { nngp } = await kernelMatrix({ net: parseNetText("mlp:depth=3,activation=relu"), x1: images });
 */
export async function kernelMatrix(options: KernelMatrixOptions): Promise<KernelResult> {
  const job = jobOf(options);
  const engine = await createEngine(job.spec);
  try {
    const places = blocksOf(job.grid);
    const slots = slotsForAll(job, places);
    const measured = await fill(engine, { job, places, slots, options, onBlock: () => {} });
    return { ...matricesOf(job, slots), build: engine.build, ...measured };
  } finally {
    engine.dispose();
  }
}

interface Work {
  readonly job: KernelJob;
  readonly places: readonly BlockPlace[];
  readonly slots: Slots;
  readonly options: KernelMatrixOptions;
  readonly onBlock: (place: BlockPlace, index: number) => void | Promise<void>;
}

/** Plans, says the plan, computes, and tells the progress. */
async function fill(
  engine: TileEngine,
  { job, places, slots, options, onBlock }: Work,
): Promise<Pick<KernelResult, "pairs" | "seconds" | "pairsPerSecond">> {
  const { signal, onPlan, onProgress } = options;
  const plan = planOf(engine, job, places, options.threads);
  onPlan?.(plan);
  const start = performance.now();
  let done = 0;
  const onPairs = (pairs: number) => {
    done += pairs;
    onProgress?.({ label: "kernel", detail: "pairs", done, total: plan.pairs });
  };
  const filling = { job, places, slots, signal, onPairs, onBlock };
  signal?.throwIfAborted();
  await (plan.threads === 1 ? fillHere(engine, filling) : fillByWorkers(plan.threads, filling));
  const seconds = (performance.now() - start) / 1000;
  return { pairs: done, seconds, pairsPerSecond: seconds > 0 ? done / seconds : 0 };
}

function planOf(
  engine: TileEngine,
  job: KernelJob,
  places: readonly BlockPlace[],
  asked: number | undefined,
): KernelPlan {
  const pairs = places.reduce((sum, place) => sum + pairsOfBlock(job.grid, place), 0);
  const seconds = pairs === 0 ? 0 : pairs * paceOf(engine, job);
  const threads = threadsFor(places, seconds, asked);
  return { pairs, threads, seconds: seconds / threads };
}

function matricesOf({ spec, grid }: KernelJob, { shared }: Slots): Pick<KernelResult, KernelValue> {
  const entries = spec.values.map((value) => [value, matrixOfBlocks(grid, spec.precision, shared[value]!)]);
  return Object.fromEntries(entries);
}
