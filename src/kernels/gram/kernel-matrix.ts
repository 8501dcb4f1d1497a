/** @file Kernel matrices of a network between items: K and Θ of the infinite width (kernels.md §2). */
import { bytesOf } from "../../tensor/index.ts";
import { createEngine } from "../engine.ts";
import { attributesOf, beginStore, checkLimit, checkSpace, KernelStore } from "../store/index.ts";
import type { KernelValue, TileEngine } from "../types.ts";
import { fillByWorkers, fillHere, threadsFor } from "./fill.ts";
import { type BlockPlace, blocksOf, pairsOfBlock, sizeOfBlock } from "./grid.ts";
import { matrixOfBlocks } from "./matrix.ts";
import {
  jobOf,
  type KernelJob,
  type KernelMatrixOptions,
  type KernelPlan,
  type KernelResult,
  type StoreOptions,
} from "./options.ts";
import { paceOf } from "./pace.ts";
import { type Slots, slotsForAll, slotsInTurn } from "./slots.ts";

/**
 * The kernel matrices of a network between the items of x1 and x2, or of x1 with itself.
 * @returns K (`nngp`) and Θ (`ntk`), those asked for, in blocks of 512 × 512.
 * @throws FathomError unsupported naming a layer without a kernel; bad-shape, bad-input for items that the network does
 * not take or that are not finite; too-large when memory, the disk or the limit does not hold the matrix; bad-input
 * when the store is another job's; io when it cannot be written; cancelled by the signal.
 * @example
 * const { nngp } = await kernelMatrix({ net: parseNetText("mlp:depth=3,activation=relu"), x1: images });
 */
export async function kernelMatrix(options: KernelMatrixOptions): Promise<KernelResult> {
  const job = jobOf(options);
  const engine = await createEngine(job.spec);
  try {
    const work = { job, engine, options };
    const result = await (options.store === undefined ? inMemory(work) : onDisk(work, options.store));
    return { ...result, build: engine.build };
  } finally {
    engine.dispose();
  }
}

interface Work {
  readonly job: KernelJob;
  readonly engine: TileEngine;
  readonly options: KernelMatrixOptions;
}

type Computed = Omit<KernelResult, "build">;

async function inMemory(work: Work): Promise<Computed> {
  const { job } = work;
  const places = blocksOf(job.grid);
  const plan = planOf(work, places);
  const slots = slotsForAll(job, places);
  const measured = await fill(work, { plan, places, slots, onBlock: () => {} });
  const matrix = (value: KernelValue) => matrixOfBlocks(job.grid, job.spec.precision, slots.shared[value]!);
  return { ...valuesTo(job, matrix), ...measured };
}

async function onDisk(work: Work, { path, limit, about }: StoreOptions): Promise<Computed> {
  const { job, engine, options } = work;
  const attributes = await attributesOf(job, engine, about);
  checkLimit(new KernelStore(path, attributes).bytes, limit);
  const store = await beginStore(path, attributes);
  const places = await unfinished(store, options);
  await checkSpace(path, places.length * store.bytesOfPlace);
  const plan = { ...planOf(work, places), bytes: store.bytes };
  const slots = slotsInTurn(job, plan.threads + 2);
  const onBlock = (place: BlockPlace, index: number) => store.write(place, slots.of(place, index));
  const measured = await fill(work, { plan, places, slots, onBlock });
  return { ...valuesTo(job, (value) => store.matrix(value)), ...measured };
}

function unfinished(store: KernelStore, { signal, onProgress }: KernelMatrixOptions): Promise<BlockPlace[]> {
  return store.unfinished({
    signal,
    onProgress: (done, total) => onProgress?.({ label: "checking chunks", done, total }),
  });
}

interface Filling {
  readonly plan: KernelPlan;
  readonly places: readonly BlockPlace[];
  readonly slots: Slots;
  readonly onBlock: (place: BlockPlace, index: number) => void | Promise<void>;
}

/** Says the plan, computes, and tells the progress. */
async function fill(
  { job, engine, options }: Work,
  { plan, ...blocks }: Filling,
): Promise<Pick<KernelResult, "pairs" | "seconds" | "pairsPerSecond">> {
  const { signal, onPlan, onProgress } = options;
  onPlan?.(plan);
  signal?.throwIfAborted();
  const total = plan.finished + plan.pairs;
  const start = performance.now();
  let pairs = 0;
  const onPairs = (more: number) => {
    pairs += more;
    onProgress?.({ label: "kernel", detail: "pairs", done: plan.finished + pairs, total });
  };
  const filling = { job, signal, onPairs, ...blocks };
  await (plan.threads === 1 ? fillHere(engine, filling) : fillByWorkers(plan.threads, filling));
  const seconds = (performance.now() - start) / 1000;
  return { pairs, seconds, pairsPerSecond: seconds > 0 ? pairs / seconds : 0 };
}

function planOf({ job, engine, options }: Work, places: readonly BlockPlace[]): KernelPlan {
  const { grid, spec } = job;
  const all = blocksOf(grid);
  const total = sum(all.map((place) => pairsOfBlock(grid, place)));
  const pairs = sum(places.map((place) => pairsOfBlock(grid, place)));
  const numbers = sum(all.map((place) => sizeOfBlock(grid, place)));
  const seconds = pairs === 0 ? 0 : pairs * paceOf(engine, job);
  const threads = threadsFor(places, seconds, options.threads);
  const bytes = numbers * spec.values.length * bytesOf[spec.precision];
  return { pairs, finished: total - pairs, bytes, threads, seconds: seconds / threads };
}

function valuesTo<T>({ spec }: KernelJob, make: (value: KernelValue) => T): Partial<Record<KernelValue, T>> {
  return Object.fromEntries(spec.values.map((value) => [value, make(value)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
