/**
 * @file What `train` was asked, made definite: epochs as steps, rows chosen, defaults filled in.
 */
import { taskOf } from "../data/index.ts";
import { trainableParameters } from "../net/index.ts";
import { type FloatDType, permutation } from "../tensor/index.ts";
import { type AugmentationSpec, parseAugmentation } from "./augment.ts";
import { type AverageOptions, type AverageSpec, parseAverages } from "./average-options.ts";
import { checkAverages } from "./averages.ts";
import { stepsOf } from "./batches.ts";
import { type EarlyStoppingOptions, parseEarlyStopping } from "./choice.ts";
import type { GroupSpec } from "./groups.ts";
import { type LabelSmoothing, parseSmoothing } from "./label-smoothing.ts";
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
import { parseSam, type SamOptions } from "./sam-options.ts";
import { parseSchedule, type RunLength, type ScheduleSpec } from "./schedule-options.ts";
import type { Schedule } from "./schedules.ts";
import { type StatisticsKind, statisticsKinds } from "./statistics.ts";
import { checkFit } from "./step.ts";
import type { TrainOptions } from "./train-options.ts";

/** The options of one training, complete and checked. */
export interface Recipe {
  readonly loss: LossKind;
  readonly optimizer: OptimizerOptions;
  readonly learningRate: number;
  /** Factors on the learning rate by parameter; absent where none has one. */
  readonly rates?: Readonly<Record<string, number>>;
  readonly sam?: SamOptions;
  readonly clip?: number;
  readonly labelSmoothing?: LabelSmoothing;
  readonly groups?: readonly GroupSpec[];
  readonly averages?: readonly AverageOptions[];
  readonly statistics?: StatisticsKind;
  readonly earlyStopping?: EarlyStoppingOptions;
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
  for (const name of ["evaluateEvery", "earlyStopping"] as const) {
    if (options[name] === undefined || validationRows !== undefined) continue;
    throw badOption("validationRows", undefined, `given where ${name} is`);
  }
  const length = { steps, rows: count, batch };
  const parsedLoss = parseLoss(loss, taskOf(dataset));
  return {
    loss: parsedLoss,
    optimizer: parseOptimizer(optimizer),
    learningRate: parsePositive(learningRate, "learningRate"),
    ...(options.rates === undefined ? {} : { rates: parseRates(options.rates, trainedNames(options)) }),
    ...flatness(options, parsedLoss),
    ...timing(options, length),
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

/** What bends the step away from the plain optimiser; absent where it is not asked for, as in runs of old. */
function flatness(options: TrainOptions, loss: LossKind) {
  const { sam, clip, labelSmoothing, groups } = options;
  return {
    ...(sam === undefined ? {} : { sam: parseSam(sam, options.batch) }),
    ...(clip === undefined ? {} : { clip: parsePositive(clip, "clip") }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing: parseSmoothing(labelSmoothing, loss) }),
    ...(groups === undefined ? {} : { groups }),
  };
}

/** Schedule, averages and the end: what depends on the length of the run. */
function timing(options: TrainOptions, length: RunLength) {
  const { averages: specs = [], statistics, earlyStopping } = options;
  parseAverages(specs);
  const spec = options.schedule ?? usualSchedule(specs);
  const schedule = parseSchedule(spec, length);
  const averages = parseAverages(
    specs.map((average) =>
      schedule.kind === "cyclic" && average.ema === undefined ? { every: "cycle", ...average } : average,
    ),
  );
  checkAverages(averages, { ...length, schedule });
  if (statistics !== undefined && !statisticsKinds.includes(statistics)) {
    throw badOption("statistics", statistics, `one of ${statisticsKinds.join(", ")}`);
  }
  return {
    schedule,
    ...(averages.length === 0 ? {} : { averages }),
    ...(statistics === undefined ? {} : { statistics }),
    ...(earlyStopping === undefined ? {} : { earlyStopping: parseEarlyStopping(earlyStopping) }),
  };
}

/** With a cosine to 0 the last weights barely move and their average is the last of them (training.md §1.3). */
function usualSchedule(averages: readonly AverageSpec[]): ScheduleSpec {
  const starts = averages.filter(({ ema }) => ema === undefined).map(({ start = 0.75 }) => start);
  const first = Math.min(...starts);
  return starts.length > 0 && first > 0 ? { kind: "swa", start: first } : "constant";
}

function trainedNames({ model }: TrainOptions): string[] {
  return trainableParameters(model).map(({ name }) => name);
}

/** Validation rows are never trained on: left out of all rows, and refused among given ones. */
function chooseRows(options: TrainOptions, available: number): Pick<Recipe, "rows" | "validationRows"> {
  const rows = options.rows === undefined ? undefined : parseRows(options.rows, available, "rows");
  if (options.validation !== undefined)
    return drawRows(options, rows ?? Int32Array.from({ length: available }, (_, i) => i));
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

/** Keeps some of the rows for validation, both in their order. */
function drawRows({ validation, validationRows, key }: TrainOptions, rows: Int32Array) {
  if (validationRows !== undefined)
    throw badOption("validation", validation, "left out where validationRows are given");
  const count = Math.round(validation! < 1 ? validation! * rows.length : validation!);
  if (!(count >= 1 && count < rows.length) || (validation! > 1 && !Number.isInteger(validation))) {
    const expected = `a part of the ${rows.length} rows below 1, or a number of rows below ${rows.length}`;
    throw badOption("validation", validation, expected);
  }
  const held = new Set(permutation(key.split("validation"), rows.length).subarray(0, count));
  return {
    rows: rows.filter((_, place) => !held.has(place)),
    validationRows: rows.filter((_, place) => held.has(place)),
  };
}

function chooseSteps({ steps, epochs }: TrainOptions, rows: number, batch: number): number {
  if ((steps === undefined) === (epochs === undefined)) {
    throw badOption("steps", steps, "given where epochs is not, and only there");
  }
  return steps === undefined
    ? stepsOf(parsePositive(epochs!, "epochs"), rows, batch)
    : parseCount(steps, "steps");
}
