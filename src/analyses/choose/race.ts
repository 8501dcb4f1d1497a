/**
 * @file One candidate from its rates to its solutions: a race over learning rates on a cosine schedule, whose last weights are
 * the candidate without averages, and at the rate that won as many runs whose rate stays up at the end, for the average. Seeds
 * fix initial weights and the order of rows for all candidates, so differences are paired.
 */
import type { Dataset } from "../../data/index.ts";
import type { Model } from "../../net/index.ts";
import type { Surface } from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import type { Key } from "../../tensor/index.ts";
import { createTrainer, type RunOptions, type Trainer, type TrainingRun } from "../../train/index.ts";
import { measureFlatness } from "../flat/flatness.ts";
import { type GradientNoise, measureNoise } from "../flat/noise.ts";
import { averageName, type Flatness, type JudgedRows, type Score, scoresOf } from "../flat/solutions.ts";
import { type RungResult, type RunRecord, runTournament } from "../training/tournament.ts";
import { type Candidate, type ChoicePlan, optimizers, racePlan, seeds, stepsOfRun } from "./plan.ts";

/** A run at the chosen rate. */
export interface FinalScore {
  readonly seed: number;
  /** Null of a run that diverged. */
  readonly scores: { readonly train: Score; readonly validation: Score; readonly test: Score } | null;
  readonly flatness?: Flatness;
  readonly noise?: GradientNoise;
}

/** What a candidate came to. Plain JSON. */
export interface CandidateResult {
  readonly candidate: Candidate;
  readonly bestRate: number | null;
  readonly runs: readonly RunRecord[];
  readonly rungs: readonly (readonly RungResult[])[];
  /** Last weights of the cosine schedule. */
  readonly last: readonly FinalScore[];
  /** Averages over the last quarter of runs whose rate stays at half. */
  readonly averaged: readonly FinalScore[];
}

export interface RaceWork {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly plan: ChoicePlan;
  readonly key: Key;
  readonly rows: JudgedRows & { readonly test: ArrayLike<number> };
  /** The loss on training rows, and the radius of its sharpness. */
  readonly surface: Surface;
  readonly radius: number;
  /** Training rows in random order, for the gradient's noise. */
  readonly noiseRows: ArrayLike<number>;
  readonly options: CompileOptions;
  readonly signal: AbortSignal | undefined;
  /** Gradients that steps took. */
  onEvaluations(count: number): void;
}

/** Seeds whose solutions' surroundings are measured. */
export const measuredSeeds = 2;

/** Runs one candidate. @throws the reason of `signal` when it is aborted; FathomError as `createTrainer`. */
export async function raceCandidate(work: RaceWork, candidate: Candidate): Promise<CandidateResult> {
  const { model, dataset, plan, options } = work;
  await using trainer = await createTrainer({
    model,
    dataset,
    optimizer: optimizers[candidate.optimizer].spec,
    batch: plan.batch,
    averages: [{ name: averageName, every: stretchOfAverages(stepsOfRun(plan, candidate)) }],
    options,
    ...(candidate.rho === 0 ? {} : { sam: { rho: candidate.rho } }),
  });
  const last: FinalScore[] = [];
  const perStep = candidate.rho === 0 ? 1 : 2;
  const { runs, rungs, bestRate } = await runTournament({
    trainer: withSchedule(trainer, "cosine"),
    plan: racePlan(plan, candidate),
    key: work.key.split("run"),
    rows: work.rows.train,
    validation: work.rows.validation,
    test: work.rows.test,
    signal: work.signal,
    onSteps: (steps) => work.onEvaluations(perStep * steps),
    onFinal: async (run, seed) => {
      last.push(await finalScore(work, run, seed, "last"));
    },
  });
  const averaged = bestRate === undefined ? [] : await averages(work, trainer, candidate, bestRate);
  return { candidate, bestRate: bestRate ?? null, runs, rungs, last, averaged };
}

/** Steps between two weights that an average takes: ten in its quarter of the run, which may be less than an epoch. */
function stretchOfAverages(steps: number): number {
  return Math.max(1, Math.floor(steps / 40));
}

function withSchedule(trainer: Trainer, schedule: "cosine" | "swa"): Pick<Trainer, "start"> {
  return { start: (options: RunOptions) => trainer.start({ ...options, schedule }) };
}

async function averages(
  work: RaceWork,
  trainer: Trainer,
  candidate: Candidate,
  learningRate: number,
): Promise<FinalScore[]> {
  const { plan, key, rows, signal } = work;
  const steps = stepsOfRun(plan, candidate);
  const found: FinalScore[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const run = withSchedule(trainer, "swa").start({
      key: key.split("run").split(seed),
      learningRate,
      steps,
      rows: rows.train,
    });
    while (run.status === "running") {
      signal?.throwIfAborted();
      const before = run.step;
      await run.advance();
      work.onEvaluations((run.step - before) * (candidate.rho === 0 ? 1 : 2));
    }
    found.push(await finalScore(work, run, seed, "average"));
  }
  return found;
}

async function finalScore(
  work: RaceWork,
  run: TrainingRun,
  seed: number,
  which: "last" | "average",
): Promise<FinalScore> {
  if (run.status === "diverged") return { seed, scores: null };
  const scores = await scoresOf(run, work.rows, which);
  if (seed >= measuredSeeds) return { seed, scores };
  const { surface, radius, key, model, dataset, noiseRows, plan, options } = work;
  const parameters = which === "average" ? run.average(averageName) : run.parameters;
  const flatness = await measureFlatness(surface, parameters, {
    rho: radius,
    key: key.split("flatness").split(seed),
  });
  const noise = await measureNoise({
    model,
    dataset,
    rows: noiseRows,
    parameters,
    batch: plan.batch,
    options,
  });
  return { seed, scores, flatness, noise };
}
