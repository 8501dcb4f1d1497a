/**
 * @file How much a survey spends on training a network: rows of a step, and how long the edge of stability is searched.
 * Where a budget is short for a network (convolutions on two cores), smaller batches and a coarser search keep its questions
 * within reach. It depends on the networks and the budget alone.
 */
import type { Model } from "../net/index.ts";
import { candidates } from "./candidates.ts";
import type { SurveyContext } from "./context.ts";
import { secondsPerStep } from "./step-cost.ts";
import { comparisonSeconds, type PlanRows } from "./training/plan.ts";

export interface Effort {
  /** Rows of a step. */
  readonly batch: number;
  /** Steps of a trial run of the edge search, and networks that are searched. */
  readonly steps: number;
  readonly seeds: number;
  /** Rows that rates are chosen by, and rows of the test, at most. */
  readonly heldOut: number;
  readonly test: number;
}

/** The one that is wanted, and what is taken where that is too dear. */
const efforts: readonly Effort[] = [
  { batch: 128, steps: 40, seeds: 3, heldOut: 5000, test: 10_000 },
  { batch: 64, steps: 40, seeds: 3, heldOut: 2000, test: 4000 },
  { batch: 32, steps: 40, seeds: 3, heldOut: 1000, test: 2000 },
  { batch: 32, steps: 20, seeds: 2, heldOut: 500, test: 1000 },
  { batch: 16, steps: 20, seeds: 2, heldOut: 500, test: 1000 },
  { batch: 16, steps: 20, seeds: 2, heldOut: 100, test: 300 },
];

/** Rows of one call of an evaluation where there are as many: fewer are slower a row, more gain nothing. */
const rowsPerCall = 500;

/** Share of a budget for training and its rates; the rest is for the other questions. */
const share = 0.85;
/** Steps of a comparison that shows something. */
const wantedSteps = 48;
/** Trial runs of one network in an edge search. */
const trialsPerSeed = 6;
/** What the curvature of one network takes, in steps, and its edge of descent. */
const curvatureSteps = 15 + 40;

/** The first effort that the budget reaches; the least where it reaches none. */
export function effortOf(context: SurveyContext): Effort {
  return context.share("effort", () => {
    const models = candidates(context).map(({ model }) => model);
    const seconds = (effort: Effort) =>
      searchSeconds(models, effort) + comparisonSeconds(models, rowsOf(context, effort), wantedSteps);
    return efforts.find((effort) => seconds(effort) <= share * context.budget.seconds) ?? efforts.at(-1)!;
  });
}

/** Rows of a comparison by training. */
export function plannedRows(context: SurveyContext): PlanRows {
  return rowsOf(context, effortOf(context));
}

function rowsOf({ dataset: { train, test } }: SurveyContext, effort: Effort): PlanRows {
  return {
    batch: effort.batch,
    validation: Math.min(effort.heldOut, Math.ceil(train.labels.data.length / 10)),
    test: Math.min(effort.test, test.labels.data.length),
    perCall: Math.min(rowsPerCall, effort.heldOut),
  };
}

/** Predicted seconds of the edge searches of some networks. */
export function searchSeconds(models: readonly Model[], { batch, steps, seeds }: Effort): number {
  const perStep = models.reduce((sum, model) => sum + secondsPerStep(model, batch), 0);
  return 1 + seeds * (trialsPerSeed * steps + curvatureSteps) * perStep;
}
