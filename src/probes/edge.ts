/**
 * @file The largest stable learning rate, measured: short training runs from fresh weights, bracketed rate by rate.
 *
 * A run is stable when every loss is finite, none is above 30 times the loss it started from (the mean over its first
 * step's batch), and the mean of its last quarter is not above 1.5 times that. So a catapult that rises and comes down again
 * counts as stable; a network blown into a flat place, where the loss stands high and nothing moves, does not, nor does one
 * whose loss comes down only because its rectifiers died.
 */

import { Key, type NdArray } from "../tensor/index.ts";
import { type Estimate, meanEstimate, meanOf } from "../theory/index.ts";
import {
  createTrainer,
  eventLoopTurn,
  type RunOptions,
  type Trainer,
  type TrainerOptions,
  type TrainingRun,
} from "../train/index.ts";
import { positiveCount } from "./checks.ts";
import { bracketEdge, type EdgeBracket, type EdgeSearchOptions } from "./edge-search.ts";

/** A run whose late losses exceed its first by more than this is unstable. */
export const unstableAbove = 1.5;
/** A run with a loss above its first by more than this is unstable, whatever comes after. */
export const blownAbove = 30;

export interface EdgeRunOptions extends EdgeSearchOptions {
  /** Steps of each run; 40 unless said. */
  readonly steps?: number;
  /** Runs differ in initial weights and in the order of the data; at least 2, 3 unless said. */
  readonly seeds?: number;
  /** Initial weights instead of fresh ones: one entry takes the place of one seed. */
  readonly parameters?: readonly Readonly<Record<string, NdArray>>[];
  /** What counts as stable; `survives` unless said. */
  readonly criterion?: StabilityCriterion;
  readonly key?: Key;
  /** Rows of the training split that runs may visit; all unless said. */
  readonly rows?: ArrayLike<number>;
  readonly signal?: AbortSignal;
}

/** A rule by which a run is stable or not. */
export interface StabilityCriterion {
  /** What counts, in words. */
  readonly meaning: string;
  /** Once broken it stays so, whatever comes: runs are left at once. */
  readonly early?: true;
  holds(run: Pick<TrainingRun, "status" | "losses">): boolean;
}

export type EdgeOptions = TrainerOptions & EdgeRunOptions;

/** The largest learning rates at which training is stable. */
export interface EdgeMeasurement {
  /** One bracket per seed. */
  readonly brackets: readonly EdgeBracket[];
  /** From the smallest stable end to the largest unstable end over seeds. */
  readonly interval: readonly [lastStable: number, firstUnstable: number];
  /** Geometric mean over seeds of the brackets' middles; absent when a seed found no edge in reach. */
  readonly edge?: Estimate;
  /** Training runs used. */
  readonly trials: number;
}

/**
 * Measures the largest stable rate of a network, compiling a trainer for it.
 * @throws FathomError bad-input for seeds below 2 and what the trainer refuses.
 * @example (await measureEdge({ model, dataset, batch: 128, guess: 0.1 })).interval
 */
export async function measureEdge(settings: EdgeOptions): Promise<EdgeMeasurement> {
  await using trainer = await createTrainer(settings);
  return await measureEdgeWith(trainer, settings);
}

/** The same with a trainer that is there already. */
export async function measureEdgeWith(trainer: Trainer, settings: EdgeRunOptions): Promise<EdgeMeasurement> {
  const seeds = positiveCount("seeds", settings.parameters?.length ?? settings.seeds ?? 3, 2);
  const { key = Key.fromSeed(0), rows } = settings;
  const steps = positiveCount("steps", settings.steps ?? 40, 4);
  const starts = Array.from({ length: seeds }, (_, seed): StartRun => {
    const initial = { key: key.split("edge").split(seed), ...initialOf(settings, seed) };
    return (learningRate) => trainer.start({ ...initial, learningRate, steps, ...(rows ? { rows } : {}) });
  });
  return await measureEdgeOf(starts, settings);
}

/** A run of so many steps at its first one, at a learning rate. */
export type StartRun = (learningRate: number) => Pick<TrainingRun, "status" | "losses" | "advance">;

export interface EdgeTrialOptions extends EdgeSearchOptions, Pick<EdgeRunOptions, "criterion" | "signal"> {
  /** Called before each trial. */
  readonly onTrial?: (done: number) => void;
}

/**
 * The same for runs that anything may start, a trainer or an imported graph.
 * @param starts One for each seed, or whatever the edges scatter over; one alone has no interval.
 * @example await measureEdgeOf([(learningRate) => trainer.start({ key, learningRate, steps: 7 })], { guess: 0.1 })
 */
export async function measureEdgeOf(
  starts: readonly StartRun[],
  settings: EdgeTrialOptions,
): Promise<EdgeMeasurement> {
  const brackets: EdgeBracket[] = [];
  let search: EdgeSearchOptions = settings;
  let trials = 0;
  for (const start of starts) {
    const works = stability(start, { ...settings, onTrial: () => settings.onTrial?.(trials++) });
    const bracket = await bracketEdge(works, search);
    brackets.push(bracket);
    const middle = middleOf(bracket);
    if (Number.isFinite(middle) && middle > 0) search = { ...settings, guess: middle, stride: 1.5 };
  }
  const middles = brackets.map(middleOf);
  const found = middles.every((middle) => middle > 0 && Number.isFinite(middle));
  return {
    brackets,
    interval: [
      Math.min(...brackets.map(({ lastStable }) => lastStable)),
      Math.max(...brackets.map(({ firstUnstable }) => firstUnstable)),
    ],
    ...(found ? { edge: geometricMean(middles, settings.criterion ?? survives) } : {}),
    trials: brackets.reduce((sum, { trials }) => sum + trials, 0),
  };
}

function initialOf({ parameters }: EdgeRunOptions, seed: number): Pick<RunOptions, "parameters"> {
  const given = parameters?.[seed];
  return given === undefined ? {} : { parameters: given };
}

function stability(start: StartRun, { signal, criterion = survives, onTrial }: EdgeTrialOptions) {
  return async (learningRate: number): Promise<boolean> => {
    onTrial?.(0);
    const run = start(learningRate);
    while (run.status === "running") {
      await eventLoopTurn();
      signal?.throwIfAborted();
      await run.advance();
      if (criterion.early && !criterion.holds(run)) return false;
    }
    return criterion.holds(run);
  };
}

/** The criterion of this file's head. */
export function isStable({ status, losses }: Pick<TrainingRun, "status" | "losses">): boolean {
  if (status === "diverged" || losses.length === 0) return false;
  const late = losses.slice(-Math.ceil(losses.length / 4));
  return (
    meanOf(late) <= unstableAbove * losses[0]! && losses.every((loss) => loss <= blownAbove * losses[0]!)
  );
}

/** Every loss is finite and the run ends about where it began, or below: what happens between is forgiven. */
export const survives: StabilityCriterion = {
  meaning: `late loss ≤ ${unstableAbove} × first loss, and none above ${blownAbove} ×, counts as stable`,
  holds: isStable,
};

/** Losses of a run of `descends`: more would see what training does to the curvature. */
export const descentSteps = 7;

/** A rise smaller than this part of the loss is rounding. */
const rounding = 1e-5;

/**
 * Gradient descent on one batch lowers its loss at every step: below 2/λ_max on a quadratic, and never for long above, where
 * the sharpest direction grows by |1 − ηλ| a step. Runs are to be short (`descentSteps`): long enough for that direction to
 * show, short enough that the curvature is still that of the weights they start from.
 */
export const descends: StabilityCriterion = {
  meaning: `each of the first ${descentSteps - 1} steps on one batch lowers its loss`,
  early: true,
  holds: ({ status, losses }) =>
    status !== "diverged" &&
    losses.every((loss, i) => Number.isFinite(loss) && (i === 0 || loss <= losses[i - 1]! * (1 + rounding))),
};

function middleOf({ lastStable, firstUnstable }: EdgeBracket): number {
  return Math.sqrt(lastStable * firstUnstable);
}

/** The interval is that of the logarithms, which is where rates are compared. */
function geometricMean(values: readonly number[], { meaning }: StabilityCriterion): Estimate {
  const { value, ci, n } = meanEstimate(values.map(Math.log));
  return {
    value: Math.exp(value),
    ...(ci ? { ci: [Math.exp(ci[0]), Math.exp(ci[1])] } : {}),
    ...(n ? { n } : {}),
    kind: "measured",
    assumptions: ["geometric mean over seeds", "Student's t on the logarithms", meaning],
  };
}
