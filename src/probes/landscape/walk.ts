/** @file One measurement under way: told how far it is, stopped when asked, and never long without a turn of the event loop. */
import { Key } from "../../tensor/index.ts";
import { eventLoopTurn } from "../../train/index.ts";
import type { MeasureOptions } from "./types.ts";

/** Milliseconds between two turns. */
const breath = 30;

/** Counts the evaluations of a measurement. */
export class Walk {
  readonly key: Key;
  readonly #options: MeasureOptions;
  #total: number;
  #done = 0;
  #last = performance.now();

  constructor(options: MeasureOptions, total: number) {
    this.#options = options;
    this.#total = total;
    this.key = options.key ?? Key.fromSeed(0);
  }

  /** Evaluations so far. */
  get done(): number {
    return this.#done;
  }

  /** Before an evaluation. @throws the reason of `signal` when it is aborted. */
  async before(): Promise<void> {
    const now = performance.now();
    if (now - this.#last > breath) {
      await eventLoopTurn();
      this.#last = performance.now();
    }
    this.#options.signal?.throwIfAborted();
  }

  /** After an evaluation. */
  after(): void {
    this.#done++;
    this.#options.onProgress?.(this.#done, Math.max(this.#done, this.#total));
  }

  /** One evaluation. */
  async step<T>(evaluate: () => Promise<T>): Promise<T> {
    await this.before();
    const result = await evaluate();
    this.after();
    return result;
  }

  /** An iteration ended before its time: what was expected of it counts as done. */
  skip(count: number): void {
    this.#total = Math.max(this.#done, this.#total - count);
  }
}
