/** @file What a benchmark is, and how its time is taken. */
import type { LoopExecutable, LoopRunRequest } from "../src/runtime/index.ts";

export interface Measurement {
  /** Milliseconds of each run. */
  readonly times: number[];
  /** Further numbers worth a line: GFLOP/s, nodes. */
  readonly notes: Record<string, number>;
}

/** A script of bench/peers, without `.py`, and the virtual environment there that it runs in. */
export interface PeerScript {
  readonly script: string;
  readonly environment: string;
}

export interface MeasureOptions {
  readonly threads: number;
  readonly runs: number;
  /** Of the problem, where a benchmark has one. */
  readonly size: number | undefined;
}

export interface Bench {
  readonly title: string;
  /** What must hold (engine.md §4). */
  readonly bar: string;
  /** Scripts of the peers, by name alone where they run in `.venv`; the benchmark's own name unless said. */
  readonly peers?: readonly (string | PeerScript)[];
  measure(options: MeasureOptions): Promise<Measurement>;
}

/** Milliseconds a unit of `work`, which does `perCall` units; two calls warm up. */
export async function timed(work: () => Promise<unknown>, runs: number, perCall = 1): Promise<number[]> {
  for (let i = 0; i < 2; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / perCall);
  }
  return times;
}

/** Milliseconds a training step of a compiled loop; every call goes on from the state of the one before. */
export async function timedSteps(
  loop: LoopExecutable,
  feeds: LoopRunRequest,
  runs: number,
): Promise<number[]> {
  let { carry } = feeds;
  const call = async () => {
    carry = (await loop.run({ ...feeds, carry })).carry;
  };
  return timed(call, runs, feeds.steps);
}

export function minimum(times: readonly number[]): number {
  return times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
}
