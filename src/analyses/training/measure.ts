/**
 * @file The comparison by training: both initialisations race over the same learning rates, on the same rows, seeds and
 * order of the data.
 */
import { createTrainer } from "../../train/index.ts";
import type { Candidate } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { raceSteps, type TrainingPlan } from "./plan.ts";
import { runTournament, type Tournament } from "./tournament.ts";

export interface TrainingMeasurement {
  readonly plan: TrainingPlan;
  readonly before: Tournament;
  readonly after: Tournament | undefined;
  /** Training and held-out rows, and rows of the test split. */
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
}

/** The last tenth of the training split, at most 5,000 rows, is held out to choose the learning rate by. */
export function holdOut(rows: number): { readonly train: Int32Array; readonly validation: Int32Array } {
  const held = Math.max(1, Math.min(5000, Math.floor(rows / 10)));
  const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);
  return { train: range(0, rows - held), validation: range(rows - held, rows) };
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
  const { train, validation } = holdOut(context.dataset.train.labels.data.length);
  let steps = 0;
  const total = raceSteps(plan.learningRates.length, plan.rungs) * (after === undefined ? 1 : 2);
  const race = async ({ model, label }: Candidate): Promise<Tournament> => {
    await using trainer = await createTrainer({
      model,
      dataset: context.dataset,
      batch: plan.batch,
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
      signal: context.signal,
      onSteps,
    });
  };
  const test = context.dataset.test.labels.data.length;
  const rows = { train: train.length, validation: validation.length, test };
  return { plan, before: await race(before), after: after && (await race(after)), rows };
}
