/** @file Learning-rate transfer: the loss after some steps by rate, at every width, under both parameterisations. */
import { countParameters } from "../../net/index.ts";
import { Key } from "../../tensor/index.ts";
import { type Estimate, linearFit } from "../../theory/index.ts";
import { createTrainer, eventLoopTurn, type OptimizerSpec, type Trainer } from "../../train/index.ts";
import { secondsPerStep } from "../step-cost.ts";
import { rate } from "../words.ts";
import { bestExponent, logLoss, type RatePoint, searchRates } from "./rate-search.ts";
import { parameterisations, type Variant, type WidthParameterisation } from "./variants.ts";
import { stopIfAsked, type Work } from "./work.ts";

/** Rates that a search tries, on average: the best one, two on each side, and the way there. */
const pointsPerSearch = 7;
/** Fewer steps say nothing about training, more say little that is new. */
const leastSteps = 40;
const mostSteps = 400;
/** The loss of a run is the mean of its last steps: this share of them. */
const lateShare = 0.2;

export interface TransferPlan {
  /** Steps of every run. */
  readonly steps: number;
  readonly seeds: number;
  /** Rates are this one times powers of two. */
  readonly origin: number;
  /** Predicted seconds of one run of each variant. */
  readonly seconds: readonly number[];
}

/** The best rate of one network. */
export interface BestRate {
  readonly parameterisation: WidthParameterisation;
  readonly width: number;
  readonly points: readonly RatePoint[];
  /** log2 of the best rate over all seeds, and by seed; undefined when no rate trains. */
  readonly best: number | undefined;
  readonly bySeed: readonly (number | undefined)[];
  /** Mean loss at the best rate of the grid. */
  readonly loss: number | null;
}

/** What a plan is made from. */
interface Budgeted {
  readonly optimizer: OptimizerSpec["kind"];
  readonly seconds: number;
  readonly batch: number;
  readonly seeds: number;
  readonly origin: number;
}

/** The update of one parameter: Adam passes over the weights and its moments more often. */
const secondsPerParameter = { sgd: 0, adam: 8e-9, adamw: 8e-9 } as const;

/**
 * As many steps as a budget allows, or the minutes that would do.
 * @returns undefined in `plan` when the budget does not reach the least number of steps.
 */
export function planTransfer(
  variants: readonly Variant[],
  { optimizer, seconds, batch, seeds, origin }: Budgeted,
): { readonly plan: TransferPlan | undefined; readonly needs: number } {
  const perStep = variants.map(
    ({ model }) => secondsPerStep(model, batch) + secondsPerParameter[optimizer] * countParameters(model),
  );
  const perSteps = pointsPerSearch * seeds * perStep.reduce((sum, cost) => sum + cost, 0);
  const steps = Math.min(mostSteps, Math.floor(seconds / perSteps));
  const needs = leastSteps * perSteps;
  if (steps < leastSteps) return { plan: undefined, needs };
  return { plan: { steps, seeds, origin, seconds: perStep.map((cost) => steps * cost) }, needs };
}

/** Searches the best rate of every network, each from where that of the one before lay. */
export async function measureTransfer(
  work: Work,
  variants: readonly Variant[],
  plan: TransferPlan,
): Promise<BestRate[]> {
  const meter = new Meter(work, plan);
  const found: BestRate[] = [];
  for (const parameterisation of parameterisations) {
    let start = 0;
    for (const [i, variant] of variants.entries()) {
      if (variant.parameterisation !== parameterisation) continue;
      meter.begin(i);
      const points = await searchVariant(work, variant, { plan, start, meter });
      const best = bestRate(variant, points, plan);
      start = best.best === undefined ? start : Math.round(best.best - Math.log2(plan.origin));
      found.push(best);
      meter.end();
    }
  }
  return found;
}

interface Search {
  readonly plan: TransferPlan;
  readonly start: number;
  readonly meter: Meter;
}

async function searchVariant(
  work: Work,
  variant: Variant,
  { plan, start, meter }: Search,
): Promise<RatePoint[]> {
  let trainer: Promise<Trainer> | undefined;
  const compiled = () => (trainer ??= trainerOf(work, variant));
  try {
    return await searchRates(start, async (exponent) => {
      const losses: (number | null)[] = [];
      for (let seed = 0; seed < plan.seeds; seed++) {
        stopIfAsked(work);
        const learningRate = plan.origin * 2 ** exponent;
        meter.report(variant, learningRate);
        const name = work.nameOf(variant, { learningRate, steps: plan.steps, seed });
        losses.push(
          await work.journal.piece(name, async () =>
            lateLoss(work, await compiled(), { learningRate, steps: plan.steps, seed }),
          ),
        );
        meter.add();
      }
      return losses;
    });
  } finally {
    await (await trainer)?.dispose();
  }
}

function trainerOf({ common, options }: Work, { model, rates }: Variant): Promise<Trainer> {
  return createTrainer({
    model,
    dataset: common.dataset,
    optimizer: common.optimizer,
    batch: common.batch,
    rates,
    ...(options === undefined ? {} : { options }),
  });
}

/** Mean batch loss of the last steps; null for a run that diverged. Seeds have the same rows at every rate and width. */
async function lateLoss(
  work: Work,
  trainer: Trainer,
  { learningRate, steps, seed }: { learningRate: number; steps: number; seed: number },
): Promise<number | null> {
  const key = Key.fromSeed(work.common.seed).split("widths").split("transfer").split(seed);
  const run = trainer.start({ key, learningRate, steps });
  while (run.status === "running") {
    stopIfAsked(work);
    await run.advance();
    await eventLoopTurn();
  }
  if (run.status === "diverged") return null;
  const late = run.losses.slice(-Math.ceil(lateShare * steps));
  return late.reduce((sum, loss) => sum + loss, 0) / late.length;
}

function bestRate(
  { parameterisation, width }: Variant,
  points: readonly RatePoint[],
  { seeds, origin }: TransferPlan,
): BestRate {
  const place = (losses: (point: RatePoint) => number | null) => {
    const exponent = bestExponent(points, losses);
    return exponent === undefined ? undefined : exponent + Math.log2(origin);
  };
  const heights = points.map(({ losses }) => logLoss(losses)).filter(Number.isFinite);
  return {
    parameterisation,
    width,
    points,
    best: place(({ losses }) => finiteMean(losses)),
    bySeed: Array.from({ length: seeds }, (_, seed) => place(({ losses }) => losses[seed]!)),
    loss: heights.length === 0 ? null : 2 ** Math.min(...heights),
  };
}

/** Geometric mean over seeds, null where one diverged. */
export function finiteMean(losses: readonly (number | null)[]): number | null {
  const height = logLoss(losses);
  return Number.isFinite(height) ? 2 ** height : null;
}

/**
 * Octaves that the best rate moves a doubling of the width: the slope of log2 rate against log2 width over all seeds.
 * @returns undefined when fewer than two widths train.
 */
export function driftOf(found: readonly BestRate[]): Estimate | undefined {
  const points = found.flatMap(({ width, bySeed }) =>
    bySeed.flatMap((best) => (best === undefined ? [] : [[Math.log2(width), best] as const])),
  );
  if (new Set(points.map(([x]) => x)).size < 2) return undefined;
  return linearFit(
    points.map(([x]) => x),
    points.map(([, y]) => y),
  ).slope;
}

/** Progress in predicted seconds, which the time left is told from. */
class Meter {
  readonly #work: Work;
  readonly #plan: TransferPlan;
  #done = 0;
  #variant = 0;
  #runs = 0;

  constructor(work: Work, plan: TransferPlan) {
    this.#work = work;
    this.#plan = plan;
  }

  begin(variant: number): void {
    [this.#variant, this.#runs] = [variant, 0];
  }

  add(): void {
    this.#runs++;
  }

  end(): void {
    this.#done += this.#planned(this.#plan.seconds[this.#variant]!);
  }

  report({ parameterisation, width }: Variant, learningRate: number): void {
    const { seconds } = this.#plan;
    const own = seconds[this.#variant]!;
    const total = seconds.reduce((sum, each) => sum + this.#planned(each), 0);
    const done = this.#done + Math.min(this.#runs * own, this.#planned(own));
    this.#work.onProgress?.({
      label: "learning rates by width",
      detail: `${parameterisation === "mup" ? "µP" : "standard"}, width ${width}, rate ${rate(learningRate)}`,
      done: Math.round((1000 * done) / total),
      total: 1000,
    });
  }

  #planned(seconds: number): number {
    return pointsPerSearch * this.#plan.seeds * seconds;
  }
}
