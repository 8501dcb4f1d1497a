/**
 * @file What is tried, and how long its runs are within a budget: a race over learning rates for every optimiser and every ρ of
 * SAM, then runs for averages at the rate that won. It depends on the network, the data and the budget alone, never on a clock.
 */
import type { Model } from "../../net/index.ts";
import type { OptimizerSpec } from "../../train/index.ts";
import { secondsPerStep } from "../step-cost.ts";
import { type Rung, raceSteps, type TrainingPlan } from "../training/plan.ts";

export const optimizerNames = ["sgd", "adam", "adamw"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** Of every optimiser: its settings as they are usual, and learning rates about three apart. */
export const optimizers: Readonly<
  Record<OptimizerName, { readonly spec: OptimizerSpec; readonly rates: readonly number[] }>
> = {
  sgd: { spec: { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 }, rates: [0.003, 0.01, 0.03, 0.1, 0.3] },
  adam: { spec: { kind: "adam" }, rates: [3e-4, 1e-3, 3e-3, 0.01, 0.03] },
  adamw: { spec: { kind: "adamw", weightDecay: 0.01 }, rates: [3e-4, 1e-3, 3e-3, 0.01, 0.03] },
};

/** An optimiser, alone (ρ = 0) or with SAM around it. */
export interface Candidate {
  readonly optimizer: OptimizerName;
  readonly rho: number;
}

export interface ChoicePlan {
  readonly candidates: readonly Candidate[];
  /** Gradients of a batch that a whole run takes, with SAM or without it. */
  readonly evaluations: number;
  readonly batch: number;
  readonly epochs: number;
  /** Predicted seconds of everything. */
  readonly seconds: number;
}

/** Every comparison of rates, in parts of the run; how many of five rates go on. */
const rungs: readonly Rung[] = [
  { steps: 1 / 8, keep: 3 },
  { steps: 1 / 3, keep: 2 },
  { steps: 1, keep: 1 },
];
export const searchSeeds = 3;
export const seeds = 5;
const ratesOfEach = 5;
/** Evaluations and the surroundings of solutions, beside the steps. */
const besides = 1.3;
/** Passes over the data after which more bring nothing here. */
const mostEpochs = 100;
/** Gradients below which nothing is learned. */
const fewest = 32;

/**
 * The plan for a budget.
 * @param rows - training rows.
 * @example planChoice({ model, optimizers: ["sgd", "adamw"], rhos: [0.05, 0.1, 0.2], rows: 9000, batch: 64, seconds: 120 }).evaluations
 */
export function planChoice({
  model,
  optimizers,
  rhos,
  rows,
  batch: wanted,
  seconds,
}: {
  readonly model: Model;
  readonly optimizers: readonly OptimizerName[];
  readonly rhos: readonly number[];
  readonly rows: number;
  readonly batch: number;
  readonly seconds: number;
}): ChoicePlan {
  const batch = Math.min(wanted, rows);
  const candidates = optimizers.flatMap((optimizer) => [0, ...rhos].map((rho) => ({ optimizer, rho })));
  const each = raceSteps(ratesOfEach, rungs) + seeds;
  const perEvaluation = besides * candidates.length * each * secondsPerStep(model, batch);
  const longest = Math.ceil((mostEpochs * rows) / batch);
  const bought = Math.min(longest, Math.floor(seconds / perEvaluation));
  // Even, so that SAM's half as many steps take exactly as many gradients.
  const evaluations = 2 * Math.max(fewest / 2, Math.floor(bought / 2));
  return {
    candidates,
    evaluations,
    batch,
    epochs: (evaluations * batch) / rows,
    seconds: evaluations * perEvaluation,
  };
}

/** Steps of a whole run of a candidate: SAM's take two gradients each. */
export function stepsOfRun({ evaluations }: Pick<ChoicePlan, "evaluations">, { rho }: Candidate): number {
  return rho === 0 ? evaluations : evaluations / 2;
}

/** The race over a candidate's rates. */
export function racePlan(plan: ChoicePlan, candidate: Candidate): TrainingPlan {
  const steps = stepsOfRun(plan, candidate);
  return {
    learningRates: optimizers[candidate.optimizer].rates,
    batch: plan.batch,
    searchSeeds,
    seeds,
    rungs: rungs.map((rung) => ({ steps: Math.max(1, Math.ceil(rung.steps * steps)), keep: rung.keep })),
    steps,
    seconds: plan.seconds / plan.candidates.length,
  };
}
