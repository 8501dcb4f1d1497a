/** @file Training: losses, optimisers, schedules, the compiled loop, evaluation, run folders. */
export { type AugmentationSpec, augmentationFrom } from "./augment.ts";
export { type AverageOptions, type AverageSpec, parseAverages } from "./average-options.ts";
export { BatchOrder, type EpochPosition, stepsOf } from "./batches.ts";
export type { EarlyStopping, ValidationAt } from "./choice.ts";
export { type Divergence, divergenceText } from "./divergence.ts";
export {
  createEvaluator,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationSplit,
  Evaluator,
  type EvaluatorOptions,
  evaluateModel,
} from "./evaluate.ts";
export { eventLoopTurn } from "./event-loop.ts";
export { type ExportOnnxOptions, exportOnnx } from "./export-onnx.ts";
export { type ForeignWeightsOptions, foreignWeights, readWeights } from "./foreign-weights.ts";
export type { GroupSpec } from "./groups.ts";
export type { LabelSmoothing } from "./label-smoothing.ts";
export { type Loss, type LossKind, losses, lossKinds, mistakes } from "./losses.ts";
export { type Optimizer, type OptimizerOptions, optimizer } from "./optimisers.ts";
export { type OptimizerSpec, parseLoss } from "./options.ts";
export { TrainingRun } from "./run.ts";
export { type FinishedRun, readRun } from "./run-folder.ts";
export type { RunEvaluation, RunStatus, Snapshot } from "./run-parts.ts";
export {
  gradientEvaluations,
  gradientsPerStep,
  parseSam,
  type SamOptions,
  type SamSpec,
  type SamVariant,
} from "./sam-options.ts";
export type { ScheduleSpec, Span } from "./schedule-options.ts";
export {
  learningRates,
  type Schedule,
  type ScheduleKind,
  scheduleFactor,
  scheduleKinds,
} from "./schedules.ts";
export { hasStatistics, Statistics, type StatisticsKind, type StatisticsOptions } from "./statistics.ts";
export { asModelInput, checkFit } from "./step.ts";
export { train } from "./train.ts";
export type { AveragedModel, BestModel, TrainOptions, TrainProgress, TrainResult } from "./train-options.ts";
export { createTrainer, Trainer } from "./trainer.ts";
export type { RunOptions, TrainerOptions } from "./trainer-options.ts";
