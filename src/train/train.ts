/**
 * @file `train`: one training from start to end, with progress, validation, checkpoints and resumption. The steps
 * themselves are a `Trainer`'s; this file only decides when to look up from them.
 */
import { FathomError, type NdArray } from "../tensor/index.ts";
import { meanOf } from "../theory/index.ts";
import { bestOf, isExhausted, type ValidationAt } from "./choice.ts";
import { conclude, validate } from "./conclude.ts";
import { eventLoopTurn } from "./event-loop.ts";
import { badOption } from "./options.ts";
import { type Recipe, recipeOf } from "./recipe.ts";
import type { Recorder } from "./recorder.ts";
import type { TrainingRun } from "./run.ts";
import { gradientEvaluations } from "./sam-options.ts";
import type { TrainOptions, TrainResult } from "./train-options.ts";
import { createTrainer, type Trainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";

/** What a run has come to on the way. */
interface Passed {
  readonly validations: readonly ValidationAt[];
  /** The best weights by validation, with early stopping. */
  readonly best: Readonly<Record<string, NdArray>> | undefined;
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
  await using trainer = await createTrainer(trainerOptions(recipe, options));
  const run = begin(trainer, recipe, options, recorder);
  const passed = await advance(run, recipe, options, recorder);
  const conclusion = await conclude(run, recipe, passed);
  await recorder?.finish(run, conclusion);
  return {
    status: run.status === "diverged" ? "diverged" : "done",
    ...conclusion,
    parameters: run.parameters,
    losses: run.losses.slice(),
    series: run.series,
    steps: run.step,
    gradientEvaluations: gradientEvaluations(recipe.sam, recipe.batch, run.step),
    resumedFrom: recorder?.resumed?.step ?? 0,
    seconds: (performance.now() - began) / 1000,
    ...(options.runFolder === undefined ? {} : { run: options.runFolder }),
  };
}

function trainerOptions(recipe: Recipe, { model, dataset, sam, stepsPerCall, options }: TrainOptions) {
  const { loss, optimizer, rates, clip, labelSmoothing, groups, averages, augmentation, batch, dtype } =
    recipe;
  const asked = { rates, sam, clip, labelSmoothing, groups, averages, augmentation, stepsPerCall, options };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return { model, dataset, loss, optimizer, batch, dtype, ...(given as Partial<TrainerOptions>) };
}

/** Files are touched only where a run folder is asked for, so that a page can train too. */
async function openRecorder(recipe: Recipe, options: TrainOptions): Promise<Recorder | undefined> {
  const { runFolder, resume = false, tensorboard = false } = options;
  if (runFolder === undefined) {
    if (resume) throw badOption("runFolder", undefined, "given where resume is");
    if (tensorboard) throw badOption("runFolder", undefined, "given where tensorboard is");
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

/** Advances to the end, looking up at every stretch, validation and checkpoint. */
async function advance(
  run: TrainingRun,
  recipe: Recipe,
  { signal, onProgress }: TrainOptions,
  recorder: Recorder | undefined,
): Promise<Passed> {
  const validations = [...(recorder?.validations ?? [])];
  let best = recorder?.best;
  const report = progressReporter(run, onProgress);
  while (run.status === "running") {
    if (signal?.aborted) throw await cancel(run, recorder, best);
    await run.advance(Math.min(run.stretch, stepsToBoundary(run.step, recipe)));
    const validation = isValidationDue(run, recipe) ? await validate(run, recipe) : undefined;
    if (validation !== undefined) {
      validations.push(validation);
      best = (await bestSoFar(run, recipe, validations)) ?? best;
    }
    const { earlyStopping } = recipe;
    if (earlyStopping !== undefined && isExhausted(validations, earlyStopping)) run.finish();
    await recorder?.record(run, { validation, best });
    report();
    await eventLoopTurn();
  }
  return { validations, best };
}

/** That of the last step is part of the result. */
function isValidationDue(run: TrainingRun, { evaluateEvery, validationRows }: Recipe): boolean {
  return validationRows !== undefined && run.status === "running" && run.step % evaluateEvery === 0;
}

/** The best weights where they are those of this step. */
async function bestSoFar(
  run: TrainingRun,
  { earlyStopping, statistics = "batch" }: Recipe,
  validations: readonly ValidationAt[],
): Promise<Record<string, NdArray> | undefined> {
  if (earlyStopping === undefined) return undefined;
  const best = bestOf(validations, earlyStopping);
  if (best?.step !== run.step) return undefined;
  return best.of === "last" ? run.parameters : run.averageModel(best.of, { statistics });
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

async function cancel(
  run: TrainingRun,
  recorder: Recorder | undefined,
  best: Passed["best"],
): Promise<FathomError> {
  await recorder?.checkpoint(run, best);
  const message = `Training was stopped at step ${run.step} of ${run.steps}.`;
  if (recorder === undefined) {
    const hint = "Nothing was kept; give a run folder to be able to resume.";
    return new FathomError({ code: "cancelled", message, hint });
  }
  const hint = "Resume it with the same options and run folder, and resume: true.";
  return new FathomError({ code: "cancelled", message, where: recorder.path, hint });
}
