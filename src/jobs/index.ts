/**
 * @file Long work in pieces on worker threads. `pool` is the main thread's side and `serve` the worker's; `round` and
 * `settling` follow one round of tasks, `messages` is what the sides share, `worker-module` finds their modules.
 */
export { type PoolOptions, runJobs, threadCount, WorkerPool } from "./pool.ts";
export type { RoundOptions } from "./round.ts";
export { serveJobs, type TaskRunner } from "./serve.ts";
export { workerModule } from "./worker-module.ts";
