/**
 * @file Successive halving over learning rates for one initialisation: all rates start, the better half by validation
 * error goes on, and the winner is run on more seeds. Every initialisation runs the same rates on the same seeds, and
 * a seed fixes the order of the data and the random numbers behind the weights, so differences are paired.
 */
import type { Key } from "../../tensor/index.ts";
import type { Trainer, TrainingRun } from "../../train/index.ts";
import type { TrainingPlan } from "./plan.ts";

/** A run as it stands when it left the race. */
export interface RunRecord {
  readonly learningRate: number;
  readonly seed: number;
  readonly steps: number;
  readonly diverged: boolean;
  /** On the held-out rows; null when the run diverged. */
  readonly validationError: number | null;
}

/** What one rate reached at one rung, over the seeds. */
export interface RungResult {
  readonly learningRate: number;
  readonly steps: number;
  /** Mean over seeds; null when a seed diverged. */
  readonly validationError: number | null;
}

export interface Tournament {
  readonly runs: readonly RunRecord[];
  readonly rungs: readonly (readonly RungResult[])[];
  readonly bestRate: number | undefined;
  /** Runs at the best rate, one a seed, trained to the end. */
  readonly finals: readonly FinalRun[];
}

export interface FinalRun {
  readonly seed: number;
  readonly diverged: boolean;
  readonly testError: number | null;
  /** Batch loss of each step. */
  readonly losses: Float64Array;
}

export interface TournamentOptions {
  /** What starts its runs: a trainer, or one with settings of its own. */
  readonly trainer: Pick<Trainer, "start">;
  readonly plan: TrainingPlan;
  readonly key: Key;
  /** Rows to train on, rows held out to choose by, and rows of the test split. */
  readonly rows: ArrayLike<number>;
  readonly validation: ArrayLike<number>;
  readonly test: ArrayLike<number>;
  readonly signal?: AbortSignal | undefined;
  /** Called as steps are taken, with how many. */
  onSteps(steps: number): void;
  /** Looks at a run at the chosen rate when it has come to its end, diverged or not. */
  readonly onFinal?: (run: TrainingRun, seed: number) => Promise<void>;
}

interface Entrant {
  readonly learningRate: number;
  readonly seed: number;
  readonly run: TrainingRun;
  validationError: number | null;
}

/**
 * Runs the race.
 * @throws the reason of `signal` when it is aborted.
 */
export async function runTournament(options: TournamentOptions): Promise<Tournament> {
  const { plan } = options;
  const seeds = Array.from({ length: plan.searchSeeds }, (_, seed) => seed);
  let racing = plan.learningRates.flatMap((rate) => seeds.map((seed) => enter(options, rate, seed)));
  const everyone = racing;
  const rungs: RungResult[][] = [];
  for (const { steps, keep } of plan.rungs) {
    for (const entrant of racing) await trainTo(options, entrant, steps);
    const results = compareRates(racing, steps);
    rungs.push(results);
    const kept = bestRates(results, keep);
    racing = racing.filter(({ learningRate }) => kept.includes(learningRate));
  }
  const bestRate = racing[0]?.learningRate;
  const finals = bestRate === undefined ? [] : await runFinals(options, racing, bestRate);
  return { runs: everyone.map(recordOf), rungs, bestRate, finals };
}

function enter({ trainer, plan, key, rows }: TournamentOptions, learningRate: number, seed: number): Entrant {
  const run = trainer.start({ key: key.split(seed), learningRate, steps: plan.steps, rows });
  return { learningRate, seed, run, validationError: null };
}

async function trainTo(options: TournamentOptions, entrant: Entrant, steps: number): Promise<void> {
  const { run } = entrant;
  while (run.status === "running" && run.step < steps) {
    options.signal?.throwIfAborted();
    const before = run.step;
    await run.advance(Math.min(run.stretch, steps - run.step));
    options.onSteps(run.step - before);
  }
  if (run.status === "diverged") entrant.validationError = null;
  else {
    const { error } = await run.evaluate({ split: "train", rows: options.validation });
    entrant.validationError = error;
  }
}

/** One result a rate; a rate with a diverged seed has none, whatever the others did. */
function compareRates(racing: readonly Entrant[], steps: number): RungResult[] {
  const rates = [...new Set(racing.map(({ learningRate }) => learningRate))];
  return rates.map((learningRate) => {
    const errors = racing
      .filter((entrant) => entrant.learningRate === learningRate)
      .map((e) => e.validationError);
    const finite = errors.filter((error) => error !== null);
    const mean = finite.reduce((sum, error) => sum + error, 0) / finite.length;
    return { learningRate, steps, validationError: finite.length === errors.length ? mean : null };
  });
}

/** The rates with the smallest errors; of equals the smaller rate, which is the safer one. */
function bestRates(results: readonly RungResult[], keep: number): number[] {
  return results
    .filter(({ validationError }) => validationError !== null)
    .sort((a, b) => a.validationError! - b.validationError! || a.learningRate - b.learningRate)
    .slice(0, keep)
    .map(({ learningRate }) => learningRate);
}

async function runFinals(
  options: TournamentOptions,
  racing: readonly Entrant[],
  rate: number,
): Promise<FinalRun[]> {
  const { plan } = options;
  const more = Array.from({ length: plan.seeds - plan.searchSeeds }, (_, i) =>
    enter(options, rate, plan.searchSeeds + i),
  );
  for (const entrant of more) await trainTo(options, entrant, plan.steps);
  const finals: FinalRun[] = [];
  for (const { run, seed } of [...racing, ...more]) {
    const diverged = run.status === "diverged";
    const testError = diverged ? null : (await run.evaluate({ split: "test", rows: options.test })).error;
    finals.push({ seed, diverged, testError, losses: run.losses.slice() });
    await options.onFinal?.(run, seed);
  }
  return finals;
}

function recordOf({ learningRate, seed, run, validationError }: Entrant): RunRecord {
  return { learningRate, seed, steps: run.step, diverged: run.status === "diverged", validationError };
}
