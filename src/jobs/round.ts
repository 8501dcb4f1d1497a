/** @file One round of a worker pool: from its first task to the last, or to the first that fails. */
import type { Worker } from "node:worker_threads";
import { deathOf, revivedError } from "./errors.ts";
import type { Message, RoundMessage } from "./messages.ts";
import { Settling } from "./settling.ts";

/** The tasks of one round, and who takes their results. */
export interface RoundOptions<Result> {
  /** Tasks 0 to tasks − 1. */
  readonly tasks: number;
  /** Posted to every worker for this round. */
  readonly input?: unknown;
  /** Task t waits until all of 0 to t − ahead are settled, their `onDone` included. Without it nothing waits. */
  readonly ahead?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A task is done, in any order. What it throws ends the round. */
  readonly onDone?: ((task: number, result: Result) => void | Promise<void>) | undefined;
}

/**
 * Lets the workers take tasks until there are none.
 * @returns when every worker is idle and every task settled.
 * @throws what a task or `onDone` threw, or the signal's reason, once no `onDone` is under way.
 */
export async function runRound<Result>(
  workers: readonly Worker[],
  control: Int32Array,
  options: RoundOptions<Result>,
): Promise<void> {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  const settling = new Settling(control, options, reject);
  const onDone = (task: number, result: unknown) =>
    settling.follow(task, () => options.onDone?.(task, result as Result));
  try {
    await Promise.race([failure, allIdle(workers, options, onDone)]);
  } finally {
    await settling.end();
  }
  settling.rethrow();
}

/** Posts the round and listens until all workers are idle. */
async function allIdle(
  workers: readonly Worker[],
  { tasks, input, signal }: Pick<RoundOptions<never>, "tasks" | "input" | "signal">,
  onDone: (task: number, result: unknown) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let busy = workers.length;
  const onMessage = (message: Message) => {
    if (message.kind === "done") onDone(message.task, message.result);
    else if (message.kind === "error") reject(revivedError(message.error));
    else if (--busy === 0) resolve();
  };
  const onError = (cause: unknown) => reject(deathOf(cause));
  const onExit = (code: number) => reject(deathOf(`it exited with code ${code}`));
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  const round: RoundMessage = { tasks, input };
  for (const worker of workers)
    worker.on("message", onMessage).on("error", onError).on("exit", onExit).postMessage(round);
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    for (const worker of workers) worker.off("message", onMessage).off("error", onError).off("exit", onExit);
  }
}
