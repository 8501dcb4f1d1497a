/**
 * @file How a training comparison spends its budget: a grid of learning rates, the rungs of successive halving, and
 * the number of steps that a time buys. The plan depends on the network and the budget alone and never on a clock, so
 * the same command gives the same runs on every machine.
 */
import type { Model } from "../../net/index.ts";
import { secondsPerStep } from "../step-cost.ts";
import { mostRates } from "./rate-grid.ts";

/** One rung: every rate still in the race is trained up to `steps`, then the best `keep` go on. */
export interface Rung {
  readonly steps: number;
  readonly keep: number;
}

export interface TrainingPlan {
  /** Ascending; the same for all networks. */
  readonly learningRates: readonly number[];
  readonly batch: number;
  /** Seeds of the search over rates. */
  readonly searchSeeds: number;
  /** Seeds at the chosen rate: those of the search and more. */
  readonly seeds: number;
  readonly rungs: readonly Rung[];
  /** Steps of the whole schedule: the last rung's. */
  readonly steps: number;
  /** Predicted seconds of all networks together. */
  readonly seconds: number;
}

const searchSeeds = 3;
const seeds = 5;
/** When rates are compared, in fractions of the whole run, and how many stay. */
const halving: readonly Rung[] = [
  { steps: 1 / 8, keep: 4 },
  { steps: 1 / 3, keep: 2 },
  { steps: 1, keep: 1 },
];

/** Steps of one network's race in which nothing diverges: of all rates and seeds together. */
export function raceSteps(rates: number, rungs: readonly Rung[]): number {
  let running = rates * searchSeeds;
  let before = 0;
  let total = 0;
  for (const { steps, keep } of rungs) {
    total += running * (steps - before);
    before = steps;
    running = keep * searchSeeds;
  }
  return total + (seeds - searchSeeds) * before;
}

/** Rows of everything that a comparison looks at. */
export interface PlanRows {
  /** Of a step. */
  readonly batch: number;
  /** Held out, to choose rates by, and of the test. */
  readonly validation: number;
  readonly test: number;
  /** Of one call of an evaluation, which is filled up where there are fewer. */
  readonly perCall: number;
}

/** Predicted seconds that one step of the longest run costs over all networks, rates and seeds. */
function secondsPerPlannedStep(models: readonly Model[], rates: number, batch: number): number {
  return raceSteps(rates, halving) * models.reduce((sum, model) => sum + secondsPerStep(model, batch), 0);
}

/** A forward pass beside a step. */
const forwardShare = 1 / 3;

/** Predicted seconds of all evaluations. */
function evaluationSeconds(
  models: readonly Model[],
  rates: number,
  { validation, test, perCall }: Omit<PlanRows, "batch">,
): number {
  const kept = halving.slice(0, -1).reduce((total, { keep }) => total + keep, 0);
  const validations = (rates + kept) * searchSeeds + seeds - searchSeeds;
  const calls = validations * Math.ceil(validation / perCall) + seeds * Math.ceil(test / perCall);
  return calls * models.reduce((sum, model) => sum + forwardShare * secondsPerStep(model, perCall), 0);
}

/** Predicted seconds of a comparison over so many steps; of the shortest that is worth making unless said. */
export function comparisonSeconds(models: readonly Model[], rows: PlanRows, steps = minSteps): number {
  const rates = mostRates(models.length);
  return steps * secondsPerPlannedStep(models, rates, rows.batch) + evaluationSeconds(models, rates, rows);
}

/**
 * The plan for a budget.
 * @param models - the networks that race.
 * @param learningRates - ascending; all networks try the same.
 * @param seconds - for everything: all networks, rates and seeds.
 * @param train - training rows: a run visits each at most `maxEpochs` times.
 * @param rows - a step has fewer where there are not so many.
 * @example planTraining({ models: [model], learningRates: rateGrid([0.5]), seconds: 60, train: 54_000, rows }).steps
 */
export function planTraining({
  models,
  learningRates,
  seconds,
  train,
  rows,
}: {
  readonly models: readonly Model[];
  readonly learningRates: readonly number[];
  readonly seconds: number;
  readonly train: number;
  readonly rows: PlanRows;
}): TrainingPlan {
  const batch = Math.min(rows.batch, train);
  const perStep = secondsPerPlannedStep(models, learningRates.length, batch);
  const evaluating = evaluationSeconds(models, learningRates.length, rows);
  const longest = Math.ceil((maxEpochs * train) / batch);
  const steps = Math.max(minSteps, Math.min(longest, Math.floor((seconds - evaluating) / perStep)));
  return {
    learningRates,
    batch,
    searchSeeds,
    seeds,
    rungs: halving.map((rung) => ({ steps: Math.ceil(rung.steps * steps), keep: rung.keep })),
    steps,
    seconds: steps * perStep + evaluating,
  };
}

const maxEpochs = 3;
/** Below this nothing is learned and nothing can be compared. */
const minSteps = 24;
