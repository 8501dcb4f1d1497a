/** @file What an analysis of an imported model is given: the model bound to the data, the budget, and results that are shared. */

import type { CompileOptions } from "../../runtime/index.ts";
import { Key } from "../../tensor/index.ts";
import { Budget } from "../budget.ts";
import type { Progress } from "../document.ts";
import type { ForeignSource, ForeignSubject } from "./subject.ts";

export interface ForeignSurveySettings {
  readonly source: ForeignSource & { readonly dataset: NonNullable<ForeignSource["dataset"]> };
  readonly seed: number;
  /** Budget of the whole survey in seconds on two cores. */
  readonly seconds: number;
  readonly options?: CompileOptions;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** One survey of an imported model. */
export class ForeignContext {
  readonly source: ForeignSurveySettings["source"];
  readonly subject: ForeignSubject;
  readonly seed: number;
  readonly key: Key;
  readonly budget: Budget;
  readonly options: CompileOptions;
  readonly signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: Progress) => void) | undefined;

  constructor(settings: ForeignSurveySettings, subject: ForeignSubject) {
    this.source = settings.source;
    this.subject = subject;
    this.seed = settings.seed;
    this.key = Key.fromSeed(settings.seed);
    this.budget = new Budget(settings.seconds);
    this.options = settings.options ?? {};
    this.signal = settings.signal;
    this.#onProgress = settings.onProgress;
  }

  progress(label: string, done: number, total: number | null): void {
    this.signal?.throwIfAborted();
    this.#onProgress?.({ label, done, total });
  }
}
