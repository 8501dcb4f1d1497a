/**
 * @file What two races over the same learning rates say: best error, usable rates, steps to a common target, and the
 * paired difference over seeds with its interval.
 */
import { type Estimate, meanEstimate } from "../../theory/index.ts";
import type { FinalRun, RungResult, Tournament } from "./tournament.ts";

/** Error of always answering the commonest class: what a rate must clearly beat to count as usable. */
export function chanceError(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  return 1 - Math.max(...counts.values()) / labels.length;
}

/** Test errors at the chosen rate, one a seed; a diverged run counts as chance. */
export function testErrors({ finals }: Tournament, chance: number): number[] {
  return finals.map(({ testError }) => testError ?? chance);
}

/** Mean of the test errors; undefined when every rate diverged. */
export function bestError(race: Tournament, chance: number): Estimate | undefined {
  if (race.finals.length === 0) return undefined;
  const estimate = meanEstimate(testErrors(race, chance));
  const lost = race.finals.filter(({ diverged }) => diverged).length;
  const assumptions = [...estimate.assumptions, ...(lost > 0 ? [`${lost} diverged, counted as chance`] : [])];
  return { ...estimate, assumptions };
}

/** Errors above this are no sign of learning: five points below chance, or a quarter of it where classes are so unequal. */
function learningBar(chance: number): number {
  return chance - Math.min(0.05, chance / 4);
}

/** Whether an error is clearly below chance. */
export function isLearning(error: Pick<Estimate, "value"> | undefined, chance: number): boolean {
  return error !== undefined && error.value <= learningBar(chance);
}

/** Ascending learning rates, both included. */
export type RateInterval = readonly [low: number, high: number];

/**
 * The usable learning rates of one race: those that, at the last rung they reached, were at least half as far below chance
 * as the best rate of that rung, and at least five points. A run of neighbours around the winner; undefined when no rate is
 * usable.
 * @param rungs - from the first, in which every rate is, to the last.
 */
export function usableRates(
  rungs: readonly (readonly RungResult[])[],
  { chance, best }: { readonly chance: number; readonly best: number | undefined },
): RateInterval | undefined {
  const rates = (rungs[0] ?? []).map(({ learningRate }) => learningRate).sort((a, b) => a - b);
  const usable = rates.map((rate) => isUsable(rungs, rate, chance));
  let from = best === undefined ? -1 : rates.indexOf(best);
  if (!usable[from]) return undefined;
  let to = from;
  while (usable[from - 1]) from--;
  while (usable[to + 1]) to++;
  return [rates[from]!, rates[to]!];
}

function isUsable(rungs: readonly (readonly RungResult[])[], rate: number, chance: number): boolean {
  const rung = rungs.findLast((results) => results.some(({ learningRate }) => learningRate === rate))!;
  const errorOf = ({ validationError }: RungResult) => validationError ?? chance;
  const best = Math.min(chance, ...rung.map(errorOf));
  const error = errorOf(rung.find(({ learningRate }) => learningRate === rate)!);
  return error <= Math.min((chance + best) / 2, learningBar(chance));
}

/** Batch losses averaged over the seeds and over a trailing window, so that a target is not met by one lucky batch. */
export function smoothedLoss(finals: readonly FinalRun[]): number[] {
  const runs = finals.filter(({ diverged }) => !diverged).map(({ losses }) => losses);
  if (runs.length === 0) return [];
  const steps = Math.min(...runs.map((losses) => losses.length));
  const mean = Array.from(
    { length: steps },
    (_, i) => runs.reduce((sum, losses) => sum + losses[i]!, 0) / runs.length,
  );
  const window = Math.max(1, Math.round(steps / 20));
  let sum = 0;
  return mean.map((loss, i) => {
    sum += loss - (i >= window ? mean[i - window]! : 0);
    return sum / Math.min(window, i + 1);
  });
}

export interface StepsToTarget {
  /** The smoothed training loss that both initialisations reach: the higher of their two lowest. */
  readonly target: number;
  readonly before: number | null;
  readonly after: number | null;
}

/** Steps until the smoothed training loss first is at the target; null where a race has no finished run. */
export function stepsToTarget(
  before: readonly FinalRun[],
  after: readonly FinalRun[],
): StepsToTarget | undefined {
  const curves = [smoothedLoss(before), smoothedLoss(after)];
  const lowest = curves.filter((curve) => curve.length > 0).map((curve) => Math.min(...curve));
  if (lowest.length === 0) return undefined;
  const target = Math.max(...lowest);
  const [first, second] = curves.map((curve) => {
    const at = curve.findIndex((loss) => loss <= target);
    return at < 0 ? null : at + 1;
  });
  return { target, before: first!, after: second! };
}
