/**
 * @file A pool of worker threads for numbered tasks. It knows the tasks by number and not what they compute: that is the
 * worker module's affair (`serve.ts`). Workers share one counter, so nobody hands out work, and one bound, so that
 * they do not run ahead of those who take the results.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { FathomError } from "../tensor/index.ts";
import { deathOf } from "./errors.ts";
import { controlLength, limit, next, type WorkerData } from "./messages.ts";
import { type RoundOptions, runRound } from "./round.ts";

/** The workers of a pool. */
export interface PoolOptions {
  /** The module that calls `serveJobs`: see `workerModule`. */
  readonly worker: URL;
  /** Posted to every worker once. */
  readonly data?: unknown;
  readonly threads: number;
}

/** The bound of tasks plus the lead of workers stays an Int32. */
const mostTasks = 2 ** 30;

/**
 * Worker threads that live until they are disposed of.
 * @example
 * await using pool = new WorkerPool({ worker: workerModule("kernels/gram/worker"), data, threads: 2 });
 * await pool.run({ tasks: 64 });
 */
export class WorkerPool implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * controlLength));
  #running = false;
  #failure: unknown;

  constructor({ worker, data, threads }: PoolOptions) {
    const workerData: WorkerData = { control: this.#control, data };
    this.#workers = Array.from({ length: threads }, () => new Worker(worker, { workerData }));
    for (const thread of this.#workers) thread.on("error", (cause) => this.#fail(deathOf(cause))).unref();
  }

  /**
   * Runs tasks on all workers; one round at a time.
   * @throws the FathomError that a task threw; the signal's reason; failed when a worker died. The pool ends with it.
   */
  async run<Result>(options: RoundOptions<Result>): Promise<void> {
    this.#begin(options);
    // Workers keep the process alive while they work, and not while they wait for a next round.
    for (const thread of this.#workers) thread.ref();
    try {
      await runRound(this.#workers, this.#control, options);
    } catch (error) {
      this.#fail(error);
      await this[Symbol.asyncDispose]();
      throw error;
    } finally {
      this.#running = false;
      for (const thread of this.#workers) thread.unref();
    }
  }

  #begin({ tasks, ahead }: RoundOptions<never>): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#running) throw unusable("The pool is at work", "Wait for the round to end.");
    if (!Number.isInteger(tasks) || tasks < 0 || tasks > mostTasks)
      throw unusable(`A round cannot have ${tasks} tasks`, `Give a whole number up to ${mostTasks}.`);
    if (ahead !== undefined && !(Number.isInteger(ahead) && ahead >= 1 && ahead <= mostTasks))
      throw unusable(`No task may begin with ahead ${ahead}`, `Give a whole number from 1 to ${mostTasks}.`);
    this.#running = true;
    Atomics.store(this.#control, next, 0);
    Atomics.store(this.#control, limit, ahead ?? 2 ** 31 - 1);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Ends the workers, whatever they are at. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(unusable("The pool was disposed of", "Make another one."));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function unusable(message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message: `${message}.`, where: "pool", hint });
}

/**
 * Threads for work that takes no more than `most`: those that were asked for, else the cores.
 * @throws FathomError bad-input unless a whole number from 1 on was asked for.
 * @example threadCount({ most: 8, asked: 2 }) // 2
 */
export function threadCount({
  most,
  asked,
}: {
  readonly most: number;
  readonly asked?: number | undefined;
}): number {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1)) {
    throw new FathomError({
      code: "bad-input",
      message: `There cannot be ${asked} threads.`,
      where: "threads",
      hint: "Give a whole number from 1 on.",
    });
  }
  return Math.max(1, Math.min(asked ?? availableParallelism(), most));
}

/**
 * One round on a pool of its own, of no more threads than tasks.
 * @throws FathomError bad-input for threads or bounds that cannot be; as `WorkerPool.run`.
 * @example await runJobs({ worker: workerModule("kernels/gram/worker"), data, threads: 2, tasks: 64, onDone });
 */
export async function runJobs<Result>({
  worker,
  data,
  threads,
  ...round
}: PoolOptions & RoundOptions<Result>): Promise<void> {
  await using pool = new WorkerPool({
    worker,
    data,
    threads: threadCount({ most: round.tasks, asked: threads }),
  });
  await pool.run(round);
}
