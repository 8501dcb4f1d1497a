/** @file Seconds by kind of work. */

export type Work = "kernel" | "solve" | "predict";

export class Stopwatch {
  readonly #seconds: Record<Work, number> = { kernel: 0, solve: 0, predict: 0 };

  get seconds(): Readonly<Record<Work, number>> {
    return { ...this.#seconds };
  }

  /** Counts the time of some work. */
  async time<T>(kind: Work, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#seconds[kind] += (performance.now() - start) / 1000;
    }
  }
}
