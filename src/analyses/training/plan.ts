/**
 * @file How a training comparison spends its budget: a grid of learning rates, the rungs of successive halving, and
 * the number of steps that a time buys. The plan depends on the network and the budget alone and never on a clock, so
 * the same command gives the same runs on every machine.
 */
import { countParameters, type Model, type ModelLayer } from "../../net/index.ts";

/** One rung: every rate still in the race is trained up to `steps`, then the best `keep` go on. */
export interface Rung {
  readonly steps: number;
  readonly keep: number;
}

export interface TrainingPlan {
  /** Ascending, evenly spaced in the logarithm. */
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

const rateCount = 8;
const searchSeeds = 3;
const seeds = 5;
const batch = 128;
/** Sustained float32 rate of a training step on two cores, and the overhead of one layer in it; measured, rounded down. */
const flopsPerSecond = 1e11;
const secondsPerLayer = 3e-5;
/** Fractions of the whole run at which rates are compared, and how many stay. */
const halving = [
  { fraction: 1 / 8, keep: 4 },
  { fraction: 1 / 3, keep: 2 },
  { fraction: 1, keep: 1 },
] as const;

/** Predicted seconds of one training step: forward and backward are 6 operations per weight and example. */
export function secondsPerStep(model: Model): number {
  return (6 * batch * countParameters(model)) / flopsPerSecond + countLayers(model.layers) * secondsPerLayer;
}

/** Layers of a list, those inside branches included. */
function countLayers(layers: readonly ModelLayer[]): number {
  const inside = layers.flatMap(({ chains }) => Object.values(chains));
  return layers.length + inside.reduce((total, chain) => total + countLayers(chain), 0);
}

/** Run lengths, in multiples of the longest run, that one initialisation costs. */
function costInRuns(): number {
  let running = rateCount * searchSeeds;
  let before = 0;
  let total = 0;
  for (const { fraction, keep } of halving) {
    total += running * (fraction - before);
    before = fraction;
    running = keep * searchSeeds;
  }
  return total + seeds - searchSeeds;
}

/** Predicted seconds that one step of the whole run costs over all networks, rates and seeds. */
function secondsPerPlannedStep(models: readonly Model[]): number {
  return costInRuns() * models.reduce((sum, model) => sum + secondsPerStep(model), 0);
}

/** Predicted seconds of the shortest comparison that is worth making. */
export function leastSeconds(models: readonly Model[]): number {
  return minSteps * secondsPerPlannedStep(models);
}

/** Evenly spaced in the logarithm, both ends included. */
export function logGrid(from: number, to: number, count: number): number[] {
  const ratio = Math.log(to / from) / (count - 1);
  return Array.from({ length: count }, (_, i) => from * Math.exp(i * ratio));
}

/**
 * The plan for a budget.
 * @param models - the networks that race.
 * @param rates - range that the grid covers; all networks share it.
 * @param seconds - for everything: all networks, rates and seeds.
 * @param rows - training rows: a run visits each at most `maxEpochs` times.
 * @example planTraining({ models: [model], rates: [1e-3, 1], seconds: 60, rows: 54_000 }).steps
 */
export function planTraining({
  models,
  rates,
  seconds,
  rows,
}: {
  readonly models: readonly Model[];
  readonly rates: readonly [number, number];
  readonly seconds: number;
  readonly rows: number;
}): TrainingPlan {
  const perStep = secondsPerPlannedStep(models);
  const affordable = seconds / perStep;
  const longest = Math.ceil((maxEpochs * rows) / batch);
  const steps = Math.max(minSteps, Math.min(longest, Math.floor(affordable)));
  return {
    learningRates: logGrid(...rates, rateCount),
    batch: Math.min(batch, rows),
    searchSeeds,
    seeds,
    rungs: halving.map(({ fraction, keep }) => ({ steps: Math.ceil(fraction * steps), keep })),
    steps,
    seconds: steps * perStep,
  };
}

const maxEpochs = 3;
/** Below this nothing is learned and nothing can be compared. */
const minSteps = 24;
