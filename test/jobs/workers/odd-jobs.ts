/** @file A worker for the tests of the pool: does to the task's number what the round's input says. */
import { setTimeout } from "node:timers/promises";
import { serveJobs } from "../../../src/jobs/index.ts";
import { FathomError } from "../../../src/tensor/index.ts";

interface Data {
  readonly factor: number;
  /** How often each task was begun. */
  readonly done: Int32Array;
}

export type Work = "multiply" | "refuse" | "break" | "leave" | "hang";

serveJobs(({ factor, done }: Data) => {
  return async (task, input) => {
    Atomics.add(done, task, 1);
    switch (input as Work) {
      case "multiply":
        return task * factor;
      case "refuse":
        throw new FathomError({
          code: "bad-shape",
          message: `Task ${task} is no good.`,
          where: `tasks[${task}]`,
          hint: "Mend it.",
        });
      case "break":
        return (undefined as unknown as { missing: () => void }).missing();
      case "leave":
        return process.exit(3);
      case "hang":
        return setTimeout(60_000);
      default:
        return task;
    }
  };
});
