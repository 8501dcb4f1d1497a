/**
 * @file `train`: one training from start to end, with progress, validation, checkpoints and resumption. The steps
 * themselves are a `Trainer`'s; this file only decides when to look up from them.
 */
import type { Dataset } from "../data/index.ts";
import type { Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import { FathomError, type FloatDType, type Key, type NdArray } from "../tensor/index.ts";
import { meanOf } from "../theory/index.ts";
import type { AugmentationSpec } from "./augment.ts";
import type { Evaluation } from "./evaluate.ts";
import { eventLoopTurn } from "./event-loop.ts";
import type { LossKind } from "./losses.ts";
import { badOption, type OptimizerSpec } from "./options.ts";
import { type Recipe, recipeOf } from "./recipe.ts";
import type { Recorder, ValidationAt } from "./recorder.ts";
import type { RunStatus, TrainingRun } from "./run.ts";
import type { ScheduleSpec } from "./schedule-options.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

/** A training run from its start to its end. */
export interface TrainOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** crossEntropy for classes, mse for regression, bce for binary data unless said. */
  readonly loss?: LossKind;
  /** SGD with momentum 0.9 unless said. */
  readonly optimizer?: OptimizerSpec;
  readonly learningRate: number;
  /** Factors on the learning rate by name of a trained parameter, 1 where left out. */
  readonly rates?: Readonly<Record<string, number>>;
  /** constant unless said. */
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
  /** Steps between two validations; an epoch unless said. */
  readonly evaluateEvery?: number;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Folder that keeps config, metrics, checkpoints and weights. */
  readonly runFolder?: string;
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
  /** Validations on the way, in order of steps; the last is that of the final weights. */
  readonly validations: readonly ValidationAt[];
  /** Weights by name. */
  readonly parameters: Record<string, NdArray>;
  /** Batch loss of each step, [steps taken]. */
  readonly losses: Float64Array;
  /** Steps taken. */
  readonly steps: number;
  /** Gradients of the batch loss that the whole run took. */
  readonly gradientEvaluations: number;
  /** The step from which this call went on; 0 for a run from its beginning. */
  readonly resumedFrom: number;
  /** Wall time of this call: less than the run's where it was resumed. */
  readonly seconds: number;
  /** The run folder. */
  readonly run?: string;
}

/**
 * Trains a model on a data set.
 * @throws FathomError bad-input naming the option, field or folder at fault; bad-shape when data and model do not meet;
 * cancelled when `signal` stopped it, with how to resume.
 * @example
 * const result = await train({ model, dataset, learningRate: 0.1, batch: 128, epochs: 2, key: Key.fromSeed(0) });
 * console.log(result.status, result.test.error);
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const began = performance.now();
  const recipe = recipeOf(options);
  const recorder = await openRecorder(recipe, options);
  await using trainer = await createTrainer({
    model: options.model,
    dataset: options.dataset,
    loss: recipe.loss,
    optimizer: recipe.optimizer,
    ...(recipe.rates === undefined ? {} : { rates: recipe.rates }),
    ...(recipe.augmentation === undefined ? {} : { augmentation: recipe.augmentation }),
    batch: recipe.batch,
    dtype: recipe.dtype,
    ...(options.stepsPerCall === undefined ? {} : { stepsPerCall: options.stepsPerCall }),
    ...(options.options === undefined ? {} : { options: options.options }),
  });
  const run = begin(trainer, recipe, options, recorder);
  const onTheWay = await advance(run, recipe, options, recorder);
  const evaluations = await evaluateAll(run, recipe);
  await recorder?.finish(run, evaluations);
  const last = evaluations.validation;
  return {
    status: run.status === "diverged" ? "diverged" : "done",
    ...evaluations,
    validations: last === undefined ? onTheWay : [...onTheWay, { step: run.step, ...last }],
    parameters: run.parameters,
    losses: run.losses.slice(),
    steps: run.step,
    gradientEvaluations: run.step * trainer.gradientsPerStep,
    resumedFrom: recorder?.resumed?.step ?? 0,
    seconds: (performance.now() - began) / 1000,
    ...(options.runFolder === undefined ? {} : { run: options.runFolder }),
  };
}

/** Files are touched only where a run folder is asked for, so that a page can train too. */
async function openRecorder(recipe: Recipe, options: TrainOptions): Promise<Recorder | undefined> {
  const { runFolder, resume = false } = options;
  if (runFolder === undefined) {
    if (resume) throw badOption("runFolder", undefined, "given where resume is");
    return undefined;
  }
  const { Recorder } = await import("./recorder.ts");
  return Recorder.open({ runFolder, resume, recipe, options });
}

function begin(
  trainer: Trainer,
  { learningRate, schedule, steps, rows }: Recipe,
  { key, initial }: TrainOptions,
  recorder: Recorder | undefined,
): TrainingRun {
  const settings = {
    key,
    learningRate,
    schedule,
    steps,
    ...(rows === undefined ? {} : { rows }),
    ...(initial === undefined ? {} : { parameters: initial }),
  };
  const snapshot = recorder?.resumed;
  return snapshot === undefined ? trainer.start(settings) : trainer.resume(snapshot, settings);
}

/**
 * Advances to the end, looking up at every stretch, validation and checkpoint.
 * @returns The validations on the way.
 */
async function advance(
  run: TrainingRun,
  recipe: Recipe,
  { signal, onProgress }: TrainOptions,
  recorder: Recorder | undefined,
): Promise<ValidationAt[]> {
  const validations = [...(recorder?.validations ?? [])];
  const report = progressReporter(run, onProgress);
  while (run.status === "running") {
    if (signal?.aborted) throw await cancel(run, recorder);
    await run.advance(Math.min(run.stretch, stepsToBoundary(run.step, recipe)));
    const validation = await validateIfDue(run, recipe);
    if (validation !== undefined) validations.push(validation);
    await recorder?.record(run, validation);
    report();
    await eventLoopTurn();
  }
  return validations;
}

/** The validation of this step, when one is due; that of the last step is part of the result. */
async function validateIfDue(
  run: TrainingRun,
  { evaluateEvery, validationRows }: Recipe,
): Promise<ValidationAt | undefined> {
  if (validationRows === undefined || run.status !== "running" || run.step % evaluateEvery !== 0)
    return undefined;
  return { step: run.step, ...(await run.evaluate({ split: "train", rows: validationRows })) };
}

function progressReporter(run: TrainingRun, onProgress: TrainOptions["onProgress"]): () => void {
  if (onProgress === undefined) return () => undefined;
  const began = performance.now();
  const first = run.step;
  let last = run.step;
  return () => {
    const secondsPerStep = (performance.now() - began) / 1000 / (run.step - first);
    const loss = meanOf(run.losses.subarray(last));
    last = run.step;
    onProgress({
      step: run.step,
      steps: run.steps,
      loss,
      secondsLeft: secondsPerStep * (run.steps - run.step),
    });
  };
}

function stepsToBoundary(step: number, { evaluateEvery, checkpointEvery, validationRows }: Recipe): number {
  const toEvaluation =
    validationRows === undefined ? Number.POSITIVE_INFINITY : evaluateEvery - (step % evaluateEvery);
  const toCheckpoint =
    checkpointEvery === undefined ? Number.POSITIVE_INFINITY : checkpointEvery - (step % checkpointEvery);
  return Math.min(toEvaluation, toCheckpoint);
}

async function cancel(run: TrainingRun, recorder: Recorder | undefined): Promise<FathomError> {
  await recorder?.checkpoint(run);
  const message = `Training was stopped at step ${run.step} of ${run.steps}.`;
  if (recorder === undefined) {
    const hint = "Nothing was kept; give a run folder to be able to resume.";
    return new FathomError({ code: "cancelled", message, hint });
  }
  const hint = "Resume it with the same options and run folder, and resume: true.";
  return new FathomError({ code: "cancelled", message, where: recorder.path, hint });
}

async function evaluateAll(
  run: TrainingRun,
  { rows, validationRows }: Recipe,
): Promise<Pick<TrainResult, "train" | "validation" | "test">> {
  const trained = await run.evaluate({ split: "train", ...(rows === undefined ? {} : { rows }) });
  const test = await run.evaluate({ split: "test" });
  if (validationRows === undefined) return { train: trained, test };
  return { train: trained, validation: await run.evaluate({ split: "train", rows: validationRows }), test };
}
