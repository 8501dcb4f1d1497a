/**
 * @file How many steps one call of the compiled loop takes: enough that the call's fixed cost is small, few enough that
 * progress, cancellation and checkpoints stay responsive (engine.md §3: 50-200 ms). Only speed depends on it: any split
 * of a run into calls gives the same bits.
 */

const TARGET_MS = 100;
const MAX_STEPS = 4096;
/** A call that was interrupted by other work must not shrink or swell the next one too much. */
const MAX_CHANGE = 8;

/** The pace of one compiled loop, learned from its calls. */
export class Pace {
  #steps: number;
  readonly #fixed: boolean;

  /** @param fixed Steps of every call, for tests; adaptive when left out. */
  constructor(fixed?: number) {
    this.#steps = fixed ?? 1;
    this.#fixed = fixed !== undefined;
  }

  /** Steps for the next call. */
  get steps(): number {
    return this.#steps;
  }

  /** Takes note that a call of `steps` steps took `ms` milliseconds. */
  record(steps: number, ms: number): void {
    if (this.#fixed) return;
    const wanted = Math.round((steps * TARGET_MS) / Math.max(ms, 1e-3));
    const most = Math.min(MAX_STEPS, this.#steps * MAX_CHANGE);
    this.#steps = Math.max(1, Math.ceil(this.#steps / MAX_CHANGE), Math.min(most, wanted));
  }
}
