/** @file All that a prediction found. */

import type { Copies } from "../items.ts";
import type { Predicted } from "./evaluate.ts";
import type { FitFacts } from "./fit.ts";
import type { KernelRun } from "./model-file.ts";
import type { Scores } from "./scores.ts";
import type { Setting } from "./setting.ts";
import type { Work } from "./stopwatch.ts";

export interface Result {
  readonly setting: Setting;
  readonly warnings: readonly string[];
  readonly kernel: KernelRun;
  readonly model: string | undefined;
  /** One a number of training items, ascending; none at a finite time. */
  readonly facts: readonly FitFacts[];
  readonly maxLearningRate: number | null;
  readonly predictions: Predicted;
  /** Of the fit to all training items. */
  readonly scores: Scores;
  /** Of fits to fewer, in their order. */
  readonly curve: readonly Scores[];
  readonly copies: Copies;
  readonly seconds: Readonly<Record<Work, number>>;
}
