/** @file What to do about the initialisation and the learning rate, with what training showed as evidence. */

import type { Net } from "../../net/index.ts";
import { initialisationAdvice } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { type AdvisedChange, theoryChange, tunedChange } from "../criticality/advice.ts";
import { describeNet } from "../describe.ts";
import type { Advice } from "../document.ts";
import { tunedAdvice } from "../tuned.ts";
import { percent, rate, signed } from "../words.ts";
import { isLearning } from "./compare.ts";
import type { TrainingResults } from "./results.ts";
import { rateText } from "./verdict.ts";

/** How much wider the usable interval must be, as a ratio of its ends, to be a reason of its own. */
const widerBy = 3;

export function trainingAdvice(context: SurveyContext, results: TrainingResults): Advice[] {
  return [...networkPieces(context, results), ...ratePiece(results)];
}

/** What to change about the network: to the one it was compared with, or to the advised initialisation. */
function networkPieces(context: SurveyContext, results: TrainingResults): Advice[] {
  if (context.versus !== undefined)
    return results.outcome === "after" ? [switchPiece(context.versus, results)] : [];
  const [theory, tuned] = [initialisationAdvice(context), tunedAdvice(context)];
  if (theory !== undefined) return [initialisationPiece(theoryChange(theory), results)];
  return tuned === undefined ? [] : [initialisationPiece(tunedChange(tuned), results)];
}

function switchPiece(versus: Net, results: TrainingResults): Advice {
  return {
    about: "initialisation",
    what: `Use the other network: ${describeNet(versus)}.`,
    why: "It has the lower test error once both have their best learning rate.",
    evidence: evidenceText(results),
    expected: `${percent(results.after!.value)} test error at its best rate.`,
  };
}

function initialisationPiece(
  { what, why, after: promised }: AdvisedChange,
  results: TrainingResults,
): Advice {
  const { outcome, difference, after, measured } = results;
  const evidence = evidenceText(results);
  const change = { about: "initialisation" as const, what, why, evidence };
  if (outcome === "after") {
    const gain =
      difference === undefined
        ? "it trains at all"
        : `${signed(100 * difference.value)} points of test error`;
    return { ...change, expected: `${gain}, to ${percent(after!.value)}, at tuned rates.` };
  }
  if (outcome !== "before" && isWider(results)) {
    return { ...change, expected: "less search for a rate; a lower error is not seen." };
  }
  if (outcome === "neither" || outcome === "unclear") {
    return { ...change, expected: `${promised}; a lower error is not seen in ${measured.plan.steps} steps.` };
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

/** `83.1 % as given, 25.0 % after the change, test error at tuned rates; over 5 paired seeds −58.1 points (95 % interval …)`. */
function evidenceText({ before, after, difference }: TrainingResults): string {
  const error = (value: number | undefined) =>
    value === undefined ? "divergence at every rate" : percent(value);
  const errors = `${error(before?.value)} as given, ${error(after?.value)} after the change, test error at tuned rates`;
  if (difference === undefined) return `${errors}.`;
  const [low, high] = difference.ci!;
  return `${errors}; over ${difference.n} paired seeds ${signed(100 * difference.value)} points (95 % interval ${signed(100 * low)} to ${signed(100 * high)}).`;
}

/** The best rate of the network that the other advice leaves; none where that does not learn. */
function ratePiece(results: TrainingResults): Advice[] {
  const { measured, outcome, chance } = results;
  const wins = outcome === "after";
  const race = wins ? measured.after : measured.before;
  const usable = wins ? results.usableAfter : results.usableBefore;
  const error = wins ? results.after : results.before;
  if (race?.bestRate === undefined || !isLearning(error, chance)) return [];
  const { batch, learningRates, steps } = measured.plan;
  return [
    {
      about: "learningRate",
      what: `Train with plain SGD at a rate near ${rate(race.bestRate)} (batch ${batch}).`,
      why: "It has the smallest held-out error of the grid.",
      evidence: `${learningRates.length} rates by successive halving; usable: ${rateText(usable)}.`,
      expected: `${percent(error!.value)} test error after ${steps} steps.`,
    },
  ];
}
