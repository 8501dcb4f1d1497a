/** @file What every survey is run with, of a described network or of an imported one: seed, budget, options, progress. */
import type { CompileOptions } from "../runtime/index.ts";
import { Key } from "../tensor/index.ts";
import { Budget } from "./budget.ts";
import type { Progress } from "./document.ts";

export interface RunSettings {
  readonly seed: number;
  /** Budget of the whole survey in seconds on two cores. */
  readonly seconds: number;
  readonly options?: CompileOptions;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** One survey, whatever it is about. */
export abstract class RunContext {
  readonly seed: number;
  readonly key: Key;
  readonly budget: Budget;
  readonly options: CompileOptions;
  readonly signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: Progress) => void) | undefined;

  constructor({ seed, seconds, options = {}, signal, onProgress }: RunSettings) {
    this.seed = seed;
    this.key = Key.fromSeed(seed);
    this.budget = new Budget(seconds);
    this.options = options;
    this.signal = signal;
    this.#onProgress = onProgress;
  }

  progress(label: string, done: number, total: number | null): void {
    this.#onProgress?.({ label, done, total });
  }
}
