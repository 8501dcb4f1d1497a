/** @file The worker's side: takes the next task by one atomic addition until there are none (kernel-engine.md §5). */
import { parentPort, workerData } from "node:worker_threads";
import { plainError } from "./errors.ts";
import { limit, type Message, next, type RoundMessage, type WorkerData } from "./messages.ts";

/** Does task number `task`. What it returns is posted to the main thread; a copy, except for shared memory. */
export type TaskRunner = (task: number, input: unknown) => unknown;

/**
 * Makes this module a worker of a pool: called once, at its top level.
 * @param prepare - from the pool's data, which is posted once, to what does the tasks.
 * @example serveJobs(async (data: { n: number }) => (task) => task ** data.n);
 */
export function serveJobs<Data>(prepare: (data: Data) => TaskRunner | Promise<TaskRunner>): void {
  const port = parentPort;
  if (port === null) return;
  const { control, data } = workerData as WorkerData;
  const say = (message: Message) => port.postMessage(message);
  let runner: Promise<TaskRunner> | undefined;
  port.on("message", async ({ tasks, input }: RoundMessage) => {
    try {
      runner ??= Promise.resolve(prepare(data as Data));
      const run = await runner;
      for (let task = take(control, tasks); task < tasks; task = take(control, tasks))
        say({ kind: "done", task, result: await run(task, input) });
      say({ kind: "idle" });
    } catch (error) {
      say({ kind: "error", error: plainError(error) });
    }
  });
}

/** The next task, as soon as it may begin; `tasks` or more when there is none. */
function take(control: Int32Array, tasks: number): number {
  const task = Atomics.add(control, next, 1);
  if (task >= tasks) return task;
  for (let bound = Atomics.load(control, limit); task >= bound; bound = Atomics.load(control, limit))
    Atomics.wait(control, limit, bound);
  return task;
}
