/** @file What `train` is asked and what it gives back. */
import type { Dataset } from "../data/index.ts";
import type { Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import type { FloatDType, Key, NdArray } from "../tensor/index.ts";
import type { AugmentationSpec } from "./augment.ts";
import type { AverageSpec } from "./average-options.ts";
import type { EarlyStopping, ValidationAt } from "./choice.ts";
import type { Divergence } from "./divergence.ts";
import type { Evaluation } from "./evaluate.ts";
import type { GroupSpec } from "./groups.ts";
import type { LabelSmoothing } from "./label-smoothing.ts";
import type { LossKind } from "./losses.ts";
import type { OptimizerSpec } from "./options.ts";
import type { RunStatus } from "./run-parts.ts";
import type { SamSpec } from "./sam-options.ts";
import type { ScheduleSpec } from "./schedule-options.ts";
import type { StatisticsKind } from "./statistics.ts";

/** A training run from its start to its end. */
export interface TrainOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** crossEntropy for classes, mse for regression, bce for binary data unless said. */
  readonly loss?: LossKind;
  /** SGD with momentum 0.9 unless said. */
  readonly optimizer?: OptimizerSpec;
  /** Sharpness-aware minimisation around it; none unless said. */
  readonly sam?: SamSpec;
  /** The largest norm, over all parameters, of the gradient that the optimiser is given; any unless said. */
  readonly clip?: number;
  /** Part of the target that leaves the label; 0 unless said. Evaluations are without it. */
  readonly labelSmoothing?: LabelSmoothing;
  /** Parameters with a rate, a ρ or a weight decay of their own. */
  readonly groups?: readonly GroupSpec[];
  /** Averages of the weights along the run; none unless said. */
  readonly averages?: readonly AverageSpec[];
  /** How running statistics of averages are taken; batch unless said. */
  readonly statistics?: StatisticsKind;
  readonly learningRate: number;
  /** Factors on the learning rate by name of a trained parameter, 1 where left out. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Unless said constant, or `swa` from the start of the first average of equal weights. */
  readonly schedule?: ScheduleSpec;
  /** Random changes of the training examples, in this order (`[{ kind: "shift", pixels: 2 }]`); none unless said. */
  readonly augmentation?: readonly AugmentationSpec[];
  /** Rows a step. */
  readonly batch: number;
  /** Length of the run: either steps, or epochs (passes over the rows; fractions are allowed). */
  readonly steps?: number;
  readonly epochs?: number;
  /**
   * Seed: `key.split("init")` draws the weights, `key.split("order")` the order of the rows, `key.split("noise")` what
   * dropout needs.
   */
  readonly key: Key;
  /** Initial weights by name, instead of drawn ones. */
  readonly initial?: Readonly<Record<string, NdArray>>;
  /** Rows of the training split to train on; all but the validation rows unless said. */
  readonly rows?: ArrayLike<number>;
  /** Rows of the training split kept for validation; none unless said. */
  readonly validationRows?: ArrayLike<number>;
  /** Instead of rows: how many, or below 1 which part of the rows trained on; `key.split("validation")` draws them. */
  readonly validation?: number;
  /** Ends the run when validations no longer improve, and keeps the best weights. */
  readonly earlyStopping?: EarlyStopping;
  /** Steps between two validations; an epoch unless said. */
  readonly evaluateEvery?: number;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Folder that keeps config, metrics, checkpoints and weights. */
  readonly runFolder?: string;
  /** Keeps an event file for TensorBoard in the folder too. */
  readonly tensorboard?: boolean;
  /** Goes on with the run in the folder, to the same bits as if it had not stopped; begins it where there is none. */
  readonly resume?: boolean;
  /** Steps that one line of metrics covers; a thousandth of the run unless said. */
  readonly logEvery?: number;
  /** Steps between two checkpoints; every ten seconds unless said. */
  readonly checkpointEvery?: number;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Stops the run after the stretch of steps under way (about 0.1 s), with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly options?: CompileOptions;
  /** Steps of one call of the loop; adaptive unless said. Results do not depend on it. */
  readonly stepsPerCall?: number;
}

export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean batch loss since the last report. */
  readonly loss: number;
  readonly secondsLeft: number;
}

/** What a run comes to. */
export interface TrainResult {
  /** `diverged` when a loss or weight was no longer finite: the weights are those of that step. */
  readonly status: Exclude<RunStatus, "running">;
  /** On all rows trained on. */
  readonly train: Evaluation;
  readonly validation?: Evaluation;
  readonly test: Evaluation;
  /** Averages that have taken weights, with running statistics of their own, by name. */
  readonly averaged?: Readonly<Record<string, AveragedModel>>;
  /** The better by validation of the last weights and the averages; with early stopping of all validations. */
  readonly best?: BestModel;
  /** Whether early stopping ended the run before its last step. */
  readonly stoppedEarly: boolean;
  /** Where a run that diverged broke. */
  readonly divergence?: Divergence;
  /** Validations on the way, in order of steps; the last is that of the final weights. */
  readonly validations: readonly ValidationAt[];
  /** Weights by name. */
  readonly parameters: Record<string, NdArray>;
  /** Batch loss of each step, [steps taken]. */
  readonly losses: Float64Array;
  /** What else was seen of the steps: see `TrainingRun.series`. */
  readonly series: Readonly<Record<string, Float64Array>>;
  /** Steps taken. */
  readonly steps: number;
  /** Gradients of the batch loss that the whole run took; a gradient of part of a batch counts as that part. */
  readonly gradientEvaluations: number;
  /** The step from which this call went on; 0 for a run from its beginning. */
  readonly resumedFrom: number;
  /** Wall time of this call: less than the run's where it was resumed. */
  readonly seconds: number;
  /** The run folder. */
  readonly run?: string;
}

/** The evaluations of one model: the last weights, or an average. */
export interface Evaluations {
  readonly train: Evaluation;
  readonly validation?: Evaluation;
  readonly test: Evaluation;
}

export interface AveragedModel extends Evaluations {
  /** Weights it is the average of. */
  readonly count: number;
  /** The averaged weights with their running statistics, by name. */
  readonly parameters: Record<string, NdArray>;
}

/** A model chosen by validation. */
export interface BestModel {
  /** `last`, or the name of an average. */
  readonly of: string;
  readonly step: number;
  readonly validation: Evaluation;
  readonly test: Evaluation;
  readonly parameters: Record<string, NdArray>;
}
