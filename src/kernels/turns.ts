/** @file Turns of the event loop within long work on one thread, so that signals, timers and messages are heard. */
import { setImmediate } from "node:timers/promises";

/** Milliseconds that the event loop waits at most, but for the time of one step. */
const longest = 15;

/**
 * What to await between two steps of long work: gives the event loop a turn when it has waited long enough.
 * @returns a function that throws the signal's reason when it was aborted.
 * @example const turn = turns(signal); for (const step of steps) { step(); await turn(); }
 */
export function turns(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < longest) return;
    await setImmediate();
    last = performance.now();
    signal?.throwIfAborted();
  };
}
