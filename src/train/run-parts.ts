/** @file What a training run starts from, can be asked for, and is made of. */
import type { LoopExecutable } from "../runtime/index.ts";
import type { FloatDType, NdArray } from "../tensor/index.ts";
import type { AverageOptions } from "./average-options.ts";
import type { AveragePlan } from "./averages.ts";
import type { BatchOrder } from "./batches.ts";
import type { BrokenStep, Divergence } from "./divergence.ts";
import type { Evaluation, EvaluationSplit } from "./evaluate.ts";
import type { NoiseStream } from "./noise.ts";
import type { Pace } from "./pace.ts";
import type { SamOptions } from "./sam-options.ts";
import type { RatePlan } from "./schedules.ts";
import type { StatisticsKind } from "./statistics.ts";

/** `diverged`: a loss or a weight is no longer finite; the run stays at the step where that first happened. */
export type RunStatus = "running" | "done" | "diverged";

type Arrays = Readonly<Record<string, NdArray>>;

/** All that a run needs to go on: plain data, shared and not copied; treat the arrays as read-only. */
export interface Snapshot {
  /** Steps taken. */
  readonly step: number;
  readonly status: RunStatus;
  /** Trained and frozen parameters and buffers by name. */
  readonly parameters: Arrays;
  /** Optimiser state by name. */
  readonly state: Arrays;
  /** Loss of each step taken, [step]. */
  readonly losses: Float64Array;
  /** What else the steps were asked for, by name, [step] each; absent where nothing was. */
  readonly series?: Readonly<Record<string, Float64Array>>;
  /** Where a run that diverged broke, once that was looked for. */
  readonly divergence?: Divergence;
}

/** Which rows, and of which weights: those of the run unless an average is named or weights are given. */
export interface RunEvaluation extends EvaluationSplit {
  readonly average?: string;
  readonly parameters?: Arrays;
  /** How the running statistics of the average are taken; batch unless said. */
  readonly statistics?: StatisticsKind;
}

/** What a trainer hands to its runs. */
export interface RunParts {
  readonly loop: Promise<LoopExecutable>;
  readonly shared: Arrays;
  /** Every array of the model: trained and frozen parameters, buffers. */
  readonly weightNames: readonly string[];
  /** Those of them that stay as they are. */
  readonly frozenNames: readonly string[];
  readonly dtype: FloatDType;
  readonly pace: Pace;
  readonly order: BatchOrder;
  readonly noise: NoiseStream;
  readonly plan: RatePlan & AveragePlan;
  readonly averages: readonly AverageOptions[];
  /** Names of what a step is asked for beside the loss. */
  readonly series: readonly string[];
  /** Undefined where the step is without. */
  readonly sam: SamOptions | undefined;
  readonly evaluate: (parameters: Arrays, where: EvaluationSplit) => Promise<Evaluation>;
  /** The weights with running statistics of the rows of the run. */
  readonly renew: (parameters: Arrays, kind: StatisticsKind) => Promise<Record<string, NdArray>>;
  readonly diagnose: (broken: BrokenStep) => Divergence;
  readonly snapshot: Snapshot;
}
