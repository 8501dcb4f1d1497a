/** @file Which tasks of a round are settled: done, and what their results led to has ended. It moves the bound of the workers. */
import { limit } from "./messages.ts";

/** The tasks of one round, from done to settled. */
export class Settling {
  readonly #control: Int32Array;
  readonly #ahead: number | undefined;
  readonly #settled: Uint8Array;
  readonly #pending = new Set<Promise<void>>();
  readonly #onFailure: (error: unknown) => void;
  /** All tasks before this one are settled. */
  #first = 0;
  #failures: unknown[] = [];
  #ended = false;

  /** @param onFailure - hears at once of work that failed. */
  constructor(
    control: Int32Array,
    { tasks, ahead }: { tasks: number; ahead?: number | undefined },
    onFailure: (error: unknown) => void,
  ) {
    this.#control = control;
    this.#ahead = ahead;
    this.#settled = new Uint8Array(tasks);
    this.#onFailure = onFailure;
  }

  /** Does the work that a task's result leads to, and follows it to its end; results that come after `end` lead to none. */
  follow(task: number, work: () => void | Promise<void>): void {
    if (this.#ended) return;
    const followed = this.#follow(task, work).finally(() => this.#pending.delete(followed));
    this.#pending.add(followed);
  }

  async #follow(task: number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
      this.#settle(task);
    } catch (error) {
      this.#failures.push(error);
      this.#onFailure(error);
    }
  }

  #settle(task: number): void {
    this.#settled[task] = 1;
    while (this.#settled[this.#first] === 1) this.#first++;
    if (this.#ahead === undefined) return;
    Atomics.store(this.#control, limit, this.#first + this.#ahead);
    Atomics.notify(this.#control, limit);
  }

  /** Takes no more results, and returns when nothing that was followed is under way. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#pending);
  }

  /** @throws the first failure of what was followed. */
  rethrow(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
