/**
 * @file What a comparison by training comes to: the error of each initialisation at its own best rate, their paired
 * difference, and which one, if any, is the better.
 */
import { type Estimate, pairedDifference } from "../../theory/index.ts";
import type { SurveyContext } from "../context.ts";
import { bestError, chanceError, isLearning, type RateInterval, testErrors, usableRates } from "./compare.ts";
import type { TrainingMeasurement } from "./measure.ts";

export interface TrainingResults {
  readonly measured: TrainingMeasurement;
  /** Error of always answering the commonest class. */
  readonly chance: number;
  /** Test error at the best rate; undefined when every rate diverged. */
  readonly before: Estimate | undefined;
  readonly after: Estimate | undefined;
  /** Rates that learn within the first rung. */
  readonly usableBefore: RateInterval | undefined;
  readonly usableAfter: RateInterval | undefined;
  /** After less before; undefined without a second initialisation or when every rate of one diverged. */
  readonly difference: Estimate | undefined;
  readonly outcome: Outcome;
}

/**
 * Of an initialisation and its challenger: `alone` there is no challenger, and it learns; `neither` learns (nor does a
 * lone one); `after` or `before` is better by more than the scatter over seeds; `equal`: no gain above a point, with its
 * interval; `unclear`: the interval holds a gain and a loss.
 */
export type Outcome = "alone" | "neither" | "after" | "before" | "equal" | "unclear";

/** A gain of test error below this is none. */
const leastGain = 0.01;

/** The results of both races on the data of a survey. */
export function summarise({ dataset }: SurveyContext, measured: TrainingMeasurement): TrainingResults {
  const { before, after } = measured;
  const chance = chanceError(dataset.train.labels.data);
  const races = after === undefined ? [before] : [before, after];
  const [errorBefore, errorAfter] = races.map((race) => bestError(race, chance));
  const [usableBefore, usableAfter] = races.map(({ rungs, bestRate: best }) =>
    usableRates(rungs, { chance, best }),
  );
  const difference =
    errorBefore === undefined || errorAfter === undefined
      ? undefined
      : pairedDifference({ a: testErrors(after!, chance), b: testErrors(before, chance) });
  const errors = { chance, before: errorBefore, after: errorAfter, difference };
  return { ...errors, measured, usableBefore, usableAfter, outcome: outcomeOf(errors, races.length) };
}

function outcomeOf(
  { chance, before, after, difference }: Pick<TrainingResults, "chance" | "before" | "after" | "difference">,
  races: number,
): Outcome {
  const learns = { before: isLearning(before, chance), after: isLearning(after, chance) };
  if (!learns.before && !learns.after) return "neither";
  if (races === 1) return "alone";
  if (difference === undefined) return before === undefined ? "after" : "before";
  const [low, high] = difference.ci!;
  if (high < 0) return "after";
  if (low > 0) return "before";
  return low > -leastGain ? "equal" : "unclear";
}
