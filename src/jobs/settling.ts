/** @file Which tasks of a round are settled: done, and what their results led to has ended. It moves the bound of the workers. */
import { limit } from "./messages.ts";

export class Settling {
  readonly #control: Int32Array;
  readonly #ahead: number | undefined;
  readonly #settled: Uint8Array;
  readonly #pending = new Set<Promise<void>>();
  /** All tasks before this one are settled. */
  #first = 0;

  constructor(control: Int32Array, { tasks, ahead }: { tasks: number; ahead?: number | undefined }) {
    this.#control = control;
    this.#ahead = ahead;
    this.#settled = new Uint8Array(tasks);
  }

  /** Follows the work that a task's result leads to. @returns its end. */
  async follow(task: number, work: void | Promise<void>): Promise<void> {
    if (work !== undefined) {
      // Who waits for the end of all is not told of failures: the caller is.
      const quiet = work.catch(() => {});
      this.#pending.add(quiet);
      await work.finally(() => this.#pending.delete(quiet));
    }
    this.#settled[task] = 1;
    while (this.#settled[this.#first] === 1) this.#first++;
    if (this.#ahead === undefined) return;
    Atomics.store(this.#control, limit, this.#first + this.#ahead);
    Atomics.notify(this.#control, limit);
  }

  /** When nothing that was followed is under way any more. */
  async end(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
