/** @file A round under way: tells how far it is, and stops it when the signal says so. */
import type { Attention, KernelProgress } from "../types.ts";
import { stop, type TileStore, unitsDone } from "./tiles.ts";

/** Milliseconds between two reports. */
const reportInterval = 200;

/** What is done, by the products of tiles that it takes. */
export type Stage = Pick<KernelProgress, "label" | "detail" | "total">;

/**
 * Does the work of a stage on a store whose counter is at 0.
 * @returns what the work returns, also where it was stopped: the caller asks the signal.
 */
export async function watched<T>(
  store: TileStore,
  stage: Stage,
  { signal, onProgress }: Attention,
  work: () => Promise<T>,
): Promise<T> {
  const report = () => onProgress?.({ ...stage, done: Atomics.load(store.control, unitsDone) });
  const timer = onProgress === undefined ? undefined : setInterval(report, reportInterval);
  const onAbort = () => stop(store);
  signal?.addEventListener("abort", onAbort);
  try {
    report();
    const result = await work();
    report();
    return result;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
