/** @file What to do about the initialisation and the learning rate, with what training showed as evidence. */

import { type InitialisationAdvice, initialisationAdvice } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { initialisationReason, initialisationText } from "../criticality/advice.ts";
import type { Advice } from "../document.ts";
import { percent, rate, signed } from "../words.ts";
import type { TrainingResults } from "./training.ts";

/** How much wider the usable interval must be, as a ratio of its ends, to be a reason of its own. */
const widerBy = 3;

export function trainingAdvice(context: SurveyContext, results: TrainingResults): Advice[] {
  const advised = context.versus === undefined ? initialisationAdvice(context) : undefined;
  const initialisation = advised === undefined ? [] : [initialisationPiece(advised, results)];
  return [...initialisation, ...ratePiece(results)];
}

/** Whether the challenger is better in error; false also when nothing can be said. */
export function challengerWins({ difference, before, after }: TrainingResults): boolean {
  if (before === undefined) return after !== undefined;
  const high = difference?.ci?.[1];
  return high !== undefined && high < 0;
}

function initialisationPiece(advised: InitialisationAdvice, results: TrainingResults): Advice {
  const what = initialisationText(advised);
  const evidence = evidenceText(results);
  if (challengerWins(results)) {
    const { difference, after, before } = results;
    const gain =
      before === undefined || difference === undefined
        ? "trains at all"
        : `${signed(100 * difference.value)} points of test error`;
    const expected = `${gain}, to ${percent(after!.value)}, at tuned rates.`;
    return { about: "initialisation", what, why: initialisationReason(advised), evidence, expected };
  }
  if (isWider(results)) {
    const why = "The error at tuned rates is no better, but more learning rates work.";
    return {
      about: "initialisation",
      what,
      why,
      evidence,
      expected: "less search for a rate, not a lower error.",
    };
  }
  return {
    about: "initialisation",
    what: "Keep the initialisation.",
    why: "At tuned rates the critical initialisation brings no gain over this many steps.",
    evidence,
    expected: "nothing is lost.",
  };
}

function isWider({ usableBefore, usableAfter }: TrainingResults): boolean {
  if (usableAfter === undefined) return false;
  if (usableBefore === undefined) return true;
  return usableAfter[1] / usableAfter[0] >= (widerBy * usableBefore[1]) / usableBefore[0];
}

/** `83.1 % against 25.0 % test error over 5 paired seeds (−58.1 points, 95 % interval −60.0 to −56.2)`. */
export function evidenceText({ before, after, difference }: TrainingResults): string {
  const error = (value: number | undefined) =>
    value === undefined ? "no run that finished" : percent(value);
  const errors = `${error(before?.value)} as given, ${error(after?.value)} advised, test error at tuned rates`;
  if (difference?.ci === undefined) return `${errors}.`;
  const [low, high] = difference.ci;
  return `${errors}; over ${difference.n} paired seeds ${signed(100 * difference.value)} points (95 % interval ${signed(100 * low)} to ${signed(100 * high)}).`;
}

function ratePiece(results: TrainingResults): Advice[] {
  const { measured } = results;
  const wins = challengerWins(results);
  const race = wins ? measured.after : measured.before;
  const usable = wins ? results.usableAfter : results.usableBefore;
  const error = wins ? results.after : results.before;
  if (race?.bestRate === undefined || usable === undefined || error === undefined) return [];
  return [
    {
      about: "learningRate",
      what: `Train with plain SGD at a rate near ${rate(race.bestRate)} (batch ${measured.plan.batch}).`,
      why: "It has the smallest held-out error of the grid.",
      evidence: `${measured.plan.learningRates.length} rates by successive halving; ${rate(usable[0])} to ${rate(usable[1])} are usable.`,
      expected: `${percent(error.value)} test error after ${measured.plan.steps} steps.`,
    },
  ];
}
