/**
 * @file What `train` was asked, made definite: epochs as steps, rows chosen, defaults filled in.
 */
import { taskOf } from "../data/index.ts";
import { trainableParameters } from "../net/index.ts";
import type { FloatDType } from "../tensor/index.ts";
import { type AugmentationSpec, parseAugmentation } from "./augment.ts";
import { stepsOf } from "./batches.ts";
import type { LossKind } from "./losses.ts";
import type { OptimizerOptions } from "./optimisers.ts";
import {
  badOption,
  parseCount,
  parseLoss,
  parseOptimizer,
  parsePositive,
  parseRates,
  parseRows,
} from "./options.ts";
import { parseSchedule } from "./schedule-options.ts";
import type { Schedule } from "./schedules.ts";
import { checkFit } from "./step.ts";
import type { TrainOptions } from "./train.ts";

/** The options of one training, complete and checked. */
export interface Recipe {
  readonly loss: LossKind;
  readonly optimizer: OptimizerOptions;
  readonly learningRate: number;
  /** Factors on the learning rate by parameter; absent where none has one. */
  readonly rates?: Readonly<Record<string, number>>;
  readonly schedule: Schedule;
  /** Absent where examples stay as they are. */
  readonly augmentation?: readonly AugmentationSpec[];
  readonly batch: number;
  readonly steps: number;
  readonly dtype: FloatDType;
  /** Rows trained on; all when undefined. */
  readonly rows: Int32Array | undefined;
  readonly validationRows: Int32Array | undefined;
  /** Steps between two evaluations on the validation rows. */
  readonly evaluateEvery: number;
  /** Steps that one line of metrics covers. */
  readonly logEvery: number;
  /** Steps between two checkpoints; by time when undefined. */
  readonly checkpointEvery: number | undefined;
}

/** Lines of metrics that a run leaves when the caller does not say how often. */
const METRICS_LINES = 1000;

/** @throws FathomError bad-input naming the option at fault; bad-shape when data and model do not meet. */
export function recipeOf(options: TrainOptions): Recipe {
  const { dataset, learningRate, optimizer = { kind: "sgd" }, loss } = options;
  checkFit(options.model, dataset);
  const available = dataset.train.labels.shape[0]!;
  if (dataset.test.labels.shape[0] === 0) throw badOption("dataset.test", [], "at least one row");
  const batch = parseCount(options.batch, "batch");
  const { rows, validationRows } = chooseRows(options, available);
  const count = rows?.length ?? available;
  if (batch > count) throw badOption("batch", batch, `at most the ${count} rows trained on`);
  const steps = chooseSteps(options, count, batch);
  if (options.evaluateEvery !== undefined && validationRows === undefined) {
    throw badOption("validationRows", undefined, "given where evaluateEvery is");
  }
  return {
    loss: parseLoss(loss, taskOf(dataset)),
    optimizer: parseOptimizer(optimizer),
    learningRate: parsePositive(learningRate, "learningRate"),
    ...(options.rates === undefined ? {} : { rates: parseRates(options.rates, trainedNames(options)) }),
    schedule: parseSchedule(options.schedule ?? "constant", { steps, rows: count, batch }),
    ...(options.augmentation === undefined
      ? {}
      : { augmentation: parseAugmentation(options.augmentation, dataset) }),
    batch,
    steps,
    dtype: options.dtype ?? "float32",
    rows,
    validationRows,
    evaluateEvery: parseCount(options.evaluateEvery ?? stepsOf(1, count, batch), "evaluateEvery"),
    logEvery: parseCount(options.logEvery ?? Math.ceil(steps / METRICS_LINES), "logEvery"),
    checkpointEvery:
      options.checkpointEvery === undefined
        ? undefined
        : parseCount(options.checkpointEvery, "checkpointEvery"),
  };
}

function trainedNames({ model }: TrainOptions): string[] {
  return trainableParameters(model).map(({ name }) => name);
}

/** Validation rows are never trained on: left out of all rows, and refused among given ones. */
function chooseRows(options: TrainOptions, available: number): Pick<Recipe, "rows" | "validationRows"> {
  const rows = options.rows === undefined ? undefined : parseRows(options.rows, available, "rows");
  if (options.validationRows === undefined) return { rows, validationRows: undefined };
  const validationRows = parseRows(options.validationRows, available, "validationRows");
  const held = new Set(validationRows);
  if (rows === undefined) {
    const others = Int32Array.from({ length: available }, (_, i) => i).filter((row) => !held.has(row));
    if (others.length === 0) throw badOption("validationRows", available, "fewer rows than the data have");
    return { rows: others, validationRows };
  }
  const shared = rows.findIndex((row) => held.has(row));
  if (shared !== -1)
    throw badOption(`rows[${shared}]`, rows[shared], "a row that is not kept for validation");
  return { rows, validationRows };
}

function chooseSteps({ steps, epochs }: TrainOptions, rows: number, batch: number): number {
  if ((steps === undefined) === (epochs === undefined)) {
    throw badOption("steps", steps, "given where epochs is not, and only there");
  }
  return steps === undefined
    ? stepsOf(parsePositive(epochs!, "epochs"), rows, batch)
    : parseCount(steps, "steps");
}
