/**
 * @file The comparison by training: both initialisations race over the same learning rates, on the same rows, seeds and
 * order of the data.
 */
import { createTrainer } from "../../train/index.ts";
import type { Candidate } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { effortOf, plannedRows } from "../effort.ts";
import { raceSteps, type TrainingPlan } from "./plan.ts";
import { runTournament, type Tournament } from "./tournament.ts";

export interface TrainingMeasurement {
  readonly plan: TrainingPlan;
  readonly before: Tournament;
  readonly after: Tournament | undefined;
  /** Training and held-out rows, and rows of the test split. */
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
}

/** The name under which a survey shares the promise of its comparison with the questions after it. */
export const trainingResult = "training";

/**
 * The last tenth of the training split is held out to choose the learning rate by.
 * @param most - held-out rows at most.
 */
export function holdOut(
  rows: number,
  most: number,
): { readonly train: Int32Array; readonly validation: Int32Array } {
  const held = Math.max(1, Math.min(most, Math.floor(rows / 10)));
  return { train: range(0, rows - held), validation: range(rows - held, rows) };
}

function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}

/** The rows of a survey's comparison. */
export function comparisonRows(context: SurveyContext): ReturnType<typeof holdOut> & { test: Int32Array } {
  const { train, test } = context.dataset;
  const effort = effortOf(context);
  const rows = Math.min(effort.test, test.labels.data.length);
  return { ...holdOut(train.labels.data.length, effort.heldOut), test: range(0, rows) };
}

/**
 * Both races, one after the other.
 * @throws the reason of the survey's signal when it is aborted; FathomError as `createTrainer`.
 */
export async function measureTraining(
  context: SurveyContext,
  plan: TrainingPlan,
  { before, after }: { readonly before: Candidate; readonly after: Candidate | undefined },
): Promise<TrainingMeasurement> {
  const { train, validation, test } = comparisonRows(context);
  let steps = 0;
  const total = raceSteps(plan.learningRates.length, plan.rungs) * (after === undefined ? 1 : 2);
  const race = async ({ model, label }: Candidate): Promise<Tournament> => {
    await using trainer = await createTrainer({
      model,
      dataset: context.dataset,
      batch: plan.batch,
      evaluationBatch: plannedRows(context).perCall,
      optimizer: { kind: "sgd", momentum: 0 },
      options: context.options,
    });
    const onSteps = (taken: number) => {
      steps += taken;
      context.progress(`training, ${label}`, steps, total);
    };
    const key = context.key.split("training");
    return await runTournament({
      trainer,
      plan,
      key,
      rows: train,
      validation,
      test,
      signal: context.signal,
      onSteps,
    });
  };
  const rows = { train: train.length, validation: validation.length, test: test.length };
  return { plan, before: await race(before), after: after && (await race(after)), rows };
}
