/** @file What a trainer is compiled with, and what each of its runs is fed. */
import type { Dataset } from "../data/index.ts";
import type { Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import type { FloatDType, Key, NdArray } from "../tensor/index.ts";
import type { AugmentationSpec } from "./augment.ts";
import type { AverageSpec } from "./average-options.ts";
import type { GroupSpec } from "./groups.ts";
import type { LabelSmoothing } from "./label-smoothing.ts";
import type { LossKind } from "./losses.ts";
import type { OptimizerSpec } from "./options.ts";
import type { SamSpec } from "./sam-options.ts";
import type { ScheduleSpec } from "./schedule-options.ts";

/** What is compiled: everything that all runs of a trainer share. */
export interface TrainerOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** crossEntropy for classes, mse for regression, bce for binary data unless said. */
  readonly loss?: LossKind;
  /** SGD with momentum 0.9 unless said. */
  readonly optimizer?: OptimizerSpec;
  /**
   * Factors on the learning rate by name of a trained parameter, 1 where left out: `{"0.weight": 4, "2.weight": 0.25}`
   * (`muParameterisation` makes them).
   */
  readonly rates?: Readonly<Record<string, number>>;
  /** Parameters with a rate, a ρ or a weight decay of their own; `rates` multiply what they say. */
  readonly groups?: readonly GroupSpec[];
  /** Sharpness-aware minimisation; the optimiser alone unless given, or where its rho is 0. */
  readonly sam?: SamSpec;
  /** The largest norm, over all parameters, of the gradient that the optimiser is given; any unless said. */
  readonly clip?: number;
  /** Part of the target that leaves the label; 0 unless said. Evaluations are without it. */
  readonly labelSmoothing?: LabelSmoothing;
  /** Averages of the weights along every run. */
  readonly averages?: readonly AverageSpec[];
  /** Random changes of the training examples, in this order; none unless said. */
  readonly augmentation?: readonly AugmentationSpec[];
  /** Rows a step. */
  readonly batch: number;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Steps of one call of the loop; adaptive unless said. Results do not depend on it. */
  readonly stepsPerCall?: number;
  /** Rows of one call of an evaluation; as `createEvaluator` unless said. */
  readonly evaluationBatch?: number;
  readonly options?: CompileOptions;
}

/** What is fed: everything that may differ between runs of a trainer. */
export interface RunOptions {
  /**
   * Seed of the run: `key.split("init")` draws the weights, `key.split("order")` the order of the rows,
   * `key.split("noise")` what dropout and augmentation need.
   */
  readonly key: Key;
  /** Initial weights by name, instead of drawn ones. */
  readonly parameters?: Readonly<Record<string, NdArray>>;
  readonly learningRate: number;
  /** constant unless said. */
  readonly schedule?: ScheduleSpec;
  /** Length of the whole run, which the schedule spans; a run may be left before its end. */
  readonly steps: number;
  /** Rows of the training split that the run may visit; all unless said. */
  readonly rows?: ArrayLike<number>;
  /** ρ of this run, instead of that of the trainer's `sam`. */
  readonly rho?: number;
}
