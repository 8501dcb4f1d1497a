/** @file The pool of workers: tasks, bounds, errors, signals and ends. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runJobs, threadCount, WorkerPool, workerModule } from "../../src/jobs/index.ts";
import { controlLength } from "../../src/jobs/messages.ts";
import { Settling } from "../../src/jobs/settling.ts";
import type { Work } from "./workers/odd-jobs.ts";

const worker = new URL("./workers/odd-jobs.ts", import.meta.url);

function setting(tasks: number) {
  const done = new Int32Array(new SharedArrayBuffer(4 * tasks));
  return { done, worker, data: { factor: 3, done } };
}

const input = (work: Work) => work;

describe("a pool of workers", () => {
  it.each([1, 2, 4])("does every task once and tells its result, on %i threads", async (threads) => {
    const { done, ...pool } = setting(100);
    const results = new Map<number, number>();
    await runJobs<number>({
      ...pool,
      threads,
      tasks: 100,
      input: input("multiply"),
      onDone: (task, result) => void results.set(task, result),
    });
    expect([...done]).toEqual(new Array(100).fill(1));
    expect(results.size).toBe(100);
    for (const [task, result] of results) expect(result).toBe(3 * task);
  });

  it("runs round after round on the same workers, and none for no tasks", async () => {
    const { done, ...options } = setting(10);
    await using pool = new WorkerPool({ ...options, threads: 2 });
    for (const tasks of [10, 0, 5]) await pool.run({ tasks, input: input("multiply") });
    expect([...done]).toEqual([2, 2, 2, 2, 2, 1, 1, 1, 1, 1]);
  });

  it("does not run ahead of those who take the results by more than was allowed", async () => {
    const { done, ...options } = setting(40);
    const ahead = 6;
    let settled = 0;
    let worst = 0;
    await runJobs({
      ...options,
      threads: 2,
      tasks: 40,
      ahead,
      input: input("multiply"),
      onDone: async () => {
        worst = Math.max(worst, done.findLastIndex((count) => count > 0) - settled);
        await setTimeout(2);
        settled++;
      },
    });
    expect(settled).toBe(40);
    expect(worst).toBeLessThan(ahead + 2);
  });

  it("throws the FathomError of a task as it was", async () => {
    const { done: _, ...options } = setting(4);
    await expect(runJobs({ ...options, threads: 1, tasks: 4, input: input("refuse") })).rejects.toMatchObject(
      {
        name: "FathomError",
        code: "bad-shape",
        message: "Task 0 is no good.",
        where: "tasks[0]",
        hint: "Mend it.",
      },
    );
  });

  it("calls an error of another kind a failure, with its words", async () => {
    const { done: _, ...options } = setting(4);
    await expect(runJobs({ ...options, threads: 2, tasks: 4, input: input("break") })).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("missing"),
    });
  });

  it("says that a worker died, and with which code", async () => {
    const { done: _, ...options } = setting(4);
    await expect(runJobs({ ...options, threads: 2, tasks: 4, input: input("leave") })).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("code 3"),
      hint: expect.any(String),
    });
  });

  it("says that a module does not load", async () => {
    const missing = new URL("./workers/nobody.ts", import.meta.url);
    await expect(runJobs({ worker: missing, threads: 1, tasks: 1 })).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("nobody.ts"),
    });
  });

  it("stops on a signal with its reason while a task is under way, and waits for what results led to", async () => {
    const { done: _, ...options } = setting(4);
    const controller = new AbortController();
    let finished = false;
    const run = runJobs({
      ...options,
      threads: 2,
      tasks: 4,
      input: input("multiply"),
      signal: controller.signal,
      onDone: async (task) => {
        if (task !== 0) return;
        controller.abort(new Error("enough"));
        await setTimeout(20);
        finished = true;
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(finished).toBe(true);
  });

  it("stops on a signal when every worker hangs", async () => {
    const { done, ...options } = setting(4);
    const controller = new AbortController();
    const run = runJobs({
      ...options,
      threads: 2,
      tasks: 4,
      input: input("hang"),
      signal: controller.signal,
    });
    const caught = expect(run).rejects.toThrow("enough");
    while (done.every((count) => count === 0)) await setTimeout(5);
    controller.abort(new Error("enough"));
    await caught;
  });

  it("stops workers that wait for the bound", async () => {
    const { done: _, ...options } = setting(10);
    const controller = new AbortController();
    const { promise: never } = Promise.withResolvers<void>();
    const run = runJobs({
      ...options,
      threads: 2,
      tasks: 10,
      ahead: 1,
      input: input("multiply"),
      signal: controller.signal,
      onDone: async () => {
        controller.abort(new Error("enough"));
        await Promise.race([never, setTimeout(30)]);
      },
    });
    await expect(run).rejects.toThrow("enough");
  });

  it("ends a round by what its listener throws", async () => {
    const { done: _, ...options } = setting(4);
    const run = runJobs({
      ...options,
      threads: 2,
      tasks: 4,
      input: input("multiply"),
      onDone: () => {
        throw new Error("the disk is full");
      },
    });
    await expect(run).rejects.toThrow("the disk is full");
  });

  it("begins nothing with results that come after the round's end", async () => {
    const settling = new Settling(new Int32Array(controlLength), { tasks: 2 }, () => {});
    const begun: number[] = [];
    const follow = (task: number) => settling.follow(task, () => void begun.push(task));
    follow(0);
    await settling.end();
    follow(1);
    expect(begun).toEqual([0]);
  });

  it("ends a round by what comes of the last result, however late", async () => {
    const { done: _, ...options } = setting(4);
    const run = runJobs({
      ...options,
      threads: 2,
      tasks: 4,
      input: input("multiply"),
      onDone: async (task) => {
        await setTimeout(100);
        if (task === 3) throw new Error("the disk is full");
      },
    });
    await expect(run).rejects.toThrow("the disk is full");
  });

  it("refuses a second round at the same time, and any round after it was disposed of", async () => {
    const { done: _, ...options } = setting(4);
    const pool = new WorkerPool({ ...options, threads: 1 });
    const first = pool.run({ tasks: 4, input: input("multiply") });
    await expect(pool.run({ tasks: 1 })).rejects.toMatchObject({ code: "bad-input", where: "pool" });
    await first;
    await pool[Symbol.asyncDispose]();
    await expect(pool.run({ tasks: 1 })).rejects.toMatchObject({ message: "The pool was disposed of." });
  });

  it("refuses a bound under which no task could begin", async () => {
    const { done: _, ...options } = setting(1);
    const run = runJobs({ ...options, threads: 1, tasks: 1, ahead: 0 });
    await expect(run).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("ahead 0"),
    });
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %d threads", (threads) => {
    expect(() => threadCount({ most: 4, asked: threads })).toThrow(
      expect.objectContaining({ code: "bad-input", where: "threads" }),
    );
  });

  it("takes no more threads than there is work, and one for none", () => {
    expect(threadCount({ most: 3, asked: 8 })).toBe(3);
    expect(threadCount({ most: 0, asked: 8 })).toBe(1);
  });

  it("names the module that a package lacks", () => {
    expect(() => workerModule("kernels/nobody")).toThrow(/nobody/);
  });
});
