/**
 * @file One case, seed by seed: the base optimiser once and SAM at every ρ, each run giving its last weights and their
 * average. A seed fixes the data, the initial weights and the order of the rows for all methods, so differences are paired.
 */
import { type Key, permutation } from "../../../tensor/index.ts";
import { createTrainer, stepsOf, type Trainer, type TrainingRun } from "../../../train/index.ts";
import { measureFlatness, openSurface } from "../../flat/flatness.ts";
import { type GradientNoise, measureNoise } from "../../flat/noise.ts";
import { averageName, type Method, type Solution, scoresOf } from "../../flat/solutions.ts";
import type { ExperimentContext } from "../paper.ts";
import { batch, type Case, extents, measuredSeeds, modelOf } from "./cases.ts";
import type { CaseData, Draw } from "./data.ts";
import { type Path, pathBetween } from "./path.ts";

/** What one seed of a case gives. Plain JSON. */
export interface SeedOutcome {
  readonly seed: number;
  /** Without those of runs that diverged. */
  readonly solutions: readonly Solution[];
  /** `sam, ρ = 0.4`: runs that did. */
  readonly diverged: readonly string[];
  /** Of measured seeds: noise of the gradient at the last weights of the base optimiser, and the way from there to WASAM. */
  readonly noise?: GradientNoise;
  readonly path?: Path;
}

export interface CaseOutcome {
  readonly id: string;
  /** Why it was left out. */
  readonly missing?: string;
  readonly seeds: readonly SeedOutcome[];
  readonly seconds: number;
}

interface Trainers {
  readonly base: Trainer;
  readonly sam: Trainer;
}

/** A case at the scale of the experiment: its seeds are pieces of the journal. */
export async function runCase(one: Case, context: ExperimentContext): Promise<CaseOutcome> {
  const start = performance.now();
  const { seeds } = extents[context.scale];
  const key = context.common.split(one.id);
  const data = await one.data(key.split("data"), seeds);
  if (typeof data === "string") return { id: one.id, missing: data, seeds: [], seconds: 0 };
  await using trainers = await openTrainers(one, data, context);
  const outcomes: SeedOutcome[] = [];
  for (const seed of data.draws.keys()) {
    context.progress(`${one.id}, seed ${seed + 1} of ${seeds}`);
    outcomes.push(
      await context.piece(`${one.id}/seed=${seed}`, () =>
        runSeed({ one, data, seed, key, trainers, context }),
      ),
    );
  }
  return { id: one.id, seeds: outcomes, seconds: (performance.now() - start) / 1000 };
}

/** Compiled at the first seed that is not in the journal. */
async function openTrainers(
  one: Case,
  { dataset }: CaseData,
  { options }: ExperimentContext,
): Promise<AsyncDisposable & { get(): Promise<Trainers> }> {
  let opened: Promise<Trainers> | undefined;
  const open = async () => {
    const shared = {
      model: modelOf(one),
      dataset,
      optimizer: one.optimizer,
      batch,
      averages: [{ name: averageName }],
      options,
    };
    const rho = one.rhos[0]!;
    return { base: await createTrainer(shared), sam: await createTrainer({ ...shared, sam: { rho } }) };
  };
  return {
    get: () => {
      opened ??= open();
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      const trainers = await opened;
      await trainers?.base.dispose();
      await trainers?.sam.dispose();
    },
  };
}

interface SeedWork {
  readonly one: Case;
  readonly data: CaseData;
  readonly seed: number;
  readonly key: Key;
  readonly trainers: { get(): Promise<Trainers> };
  readonly context: ExperimentContext;
}

/** A run that came to its end. */
interface Finished {
  readonly rho: number;
  readonly run: TrainingRun;
}

async function runSeed(work: SeedWork): Promise<SeedOutcome> {
  const { one, seed, data, context } = work;
  const finished: Finished[] = [];
  const diverged: string[] = [];
  for (const rho of [0, ...one.rhos]) {
    context.progress(`${one.id}, seed ${seed + 1}, ${rho === 0 ? "base" : `SAM ρ = ${rho}`}`);
    const run = await train(work, rho);
    if (run.status === "diverged") diverged.push(rho === 0 ? "base" : `SAM, ρ = ${rho}`);
    else finished.push({ rho, run });
  }
  const solutions = await solutionsOf(finished, data.draws[seed]!);
  if (seed >= measuredSeeds(one, context.scale)) return { seed, solutions, diverged };
  return { seed, diverged, ...(await surroundings(work, finished, solutions)) };
}

async function train({ one, seed, data, key, trainers }: SeedWork, rho: number): Promise<TrainingRun> {
  const { train: rows } = data.draws[seed]!;
  const { base, sam } = await trainers.get();
  const settings = {
    key: key.split("run").split(seed),
    learningRate: one.learningRate,
    schedule: "swa" as const,
    steps: stepsOf(one.epochs, rows.length, batch),
    rows,
  };
  const run = rho === 0 ? base.start(settings) : sam.start({ ...settings, rho });
  while (run.status === "running") await run.advance();
  return run;
}

async function solutionsOf(finished: readonly Finished[], draw: Draw): Promise<Solution[]> {
  const solutions: Solution[] = [];
  for (const { rho, run } of finished) {
    const evaluations = run.steps * (rho === 0 ? 1 : 2);
    for (const which of ["last", "average"] as const) {
      solutions.push({
        method: methodOf(rho, which),
        rho,
        evaluations,
        ...(await scoresOf(run, draw, which)),
      });
    }
  }
  return solutions;
}

function methodOf(rho: number, which: "last" | "average"): Method {
  if (rho === 0) return which === "last" ? "base" : "swa";
  return which === "last" ? "sam" : "wasam";
}

/** Flatness of every solution, and what may explain the cases that are lost. */
async function surroundings(
  { one, seed, data, key, context }: SeedWork,
  finished: readonly Finished[],
  solutions: readonly Solution[],
): Promise<Pick<SeedOutcome, "solutions" | "noise" | "path">> {
  const { dataset, draws } = data;
  const { options } = context;
  const model = modelOf(one);
  const rows = draws[seed]!.train.slice(0, mostRows);
  await using surface = await openSurface({ model, dataset, rows, options });
  const pointOf = ({ method, rho }: Solution) => {
    const { run } = finished.find((other) => other.rho === rho)!;
    return method === "swa" || method === "wasam" ? run.average(averageName) : run.parameters;
  };
  const measured: Solution[] = [];
  for (const solution of solutions) {
    context.progress(`${one.id}, seed ${seed + 1}, around ${solution.method} ρ = ${solution.rho}`);
    const flatness = await measureFlatness(surface, pointOf(solution), {
      rho: one.rhos[1]!,
      key: key.split("flatness").split(seed),
    });
    measured.push({ ...solution, flatness });
  }
  const base = solutions.find(({ method }) => method === "base");
  const best = chosen(solutions, "wasam");
  if (base === undefined || best === undefined) return { solutions: measured };
  const order = permutation(key.split("noise").split(seed), rows.length);
  const noise = await measureNoise({
    model,
    dataset,
    rows: order.map((at) => rows[at]!),
    parameters: pointOf(base),
    batch,
    options,
  });
  const path = { rho: best.rho, ...(await pathBetween(surface, pointOf(base), pointOf(best))) };
  return { solutions: measured, noise, path };
}

/** Rows that the loss is looked at around solutions. */
const mostRows = 1000;

/** The solution of a method with the least validation error of one seed, of equals the smallest ρ. */
function chosen(solutions: readonly Solution[], method: Method): Solution | undefined {
  return solutions
    .filter((solution) => solution.method === method)
    .sort((a, b) => a.validation.error - b.validation.error || a.rho - b.rho)[0];
}
