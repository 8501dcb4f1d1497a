/** @file What a program needs of `train`: losses, optimisers, compiled training loops. */
export {
  createEvaluator,
  createTrainer,
  type Evaluation,
  type ExportOnnxOptions,
  evaluateModel,
  exportOnnx,
  type LossKind,
  type OptimizerSpec,
  readRun,
  type ScheduleSpec,
  type Trainer,
  type TrainingRun,
  type TrainOptions,
  type TrainResult,
  train,
} from "../train/index.ts";
