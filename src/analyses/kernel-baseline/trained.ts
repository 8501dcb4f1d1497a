/** @file The trained network of the survey beside the baseline: whether training is worse than none. */
import type { SurveyContext } from "../context.ts";
import { bestError, chanceError } from "../training/compare.ts";
import { type TrainingMeasurement, trainingResult } from "../training/measure.ts";
import { isUnsupported } from "../unsupported.ts";
import { wilsonShare } from "../wilson.ts";
import type { Fitted } from "./curve.ts";

/** The network as given, trained at its best rate. */
export interface Trained {
  /** Mean over the networks; a diverged one counts as chance. */
  readonly error: number;
  /** 95 %: the wider of the scatter over networks and that of the test rows. */
  readonly ci: readonly [low: number, high: number];
  readonly networks: number;
  readonly rows: number;
  readonly steps: number;
}

/** What the survey's comparison by training found; undefined where it made none, or every rate diverged. */
export async function trainedNetwork(context: SurveyContext): Promise<Trained | undefined> {
  const found = await comparison(context);
  if (found === undefined) return undefined;
  const { before, plan, rows } = found;
  const error = bestError(before, chanceError(context.dataset.train.labels.data));
  if (error === undefined) return undefined;
  const { value, ci: [low, high] = [value, value] } = error;
  const counted = wilsonShare(Math.round(value * rows.test), rows.test).ci;
  return {
    error: value,
    ci: [Math.max(0, Math.min(low, counted[0])), Math.min(1, Math.max(high, counted[1]))],
    networks: before.finals.length,
    rows: rows.train,
    steps: plan.steps,
  };
}

/** A comparison that theory or the runtime refused is none. */
async function comparison(context: SurveyContext): Promise<TrainingMeasurement | undefined> {
  try {
    return await context.find<Promise<TrainingMeasurement>>(trainingResult);
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

/** The fewest rows from which the untrained network is clearly better than the trained one. */
export function fewestBetter(curve: readonly Fitted[], trained: Trained | undefined): Fitted | undefined {
  return trained && curve.find(({ errors }) => errors.ci[1] < trained.ci[0]);
}
