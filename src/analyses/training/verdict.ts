/** @file What the comparison by training says, in sentences. */
import type { Finding, Tone, Verdict } from "../document.ts";
import { count, percent, rate, signed } from "../words.ts";
import { isLearning, type RateInterval, stepsToTarget } from "./compare.ts";
import type { Outcome, TrainingResults } from "./results.ts";

/** @param label - of the challenger: `advised initialisation`. */
export function trainingVerdict(results: TrainingResults, label: string): Verdict {
  return { sentence: `${sentences[results.outcome](results, label)}.`, tone: toneOf(results) };
}

const sentences: Readonly<Record<Outcome, (results: TrainingResults, label: string) => string>> = {
  alone: (results) =>
    `At its best learning rate it reaches ${percent(results.before!.value)} ${errorAfter(results)}`,
  neither: (results) =>
    `No learning rate of the grid trains ${results.measured.after ? "either network" : "this network"} in so short a run: ${errorsText(results)} of ${results.measured.plan.batch} rows, where guessing the commonest class gives ${percent(results.chance)}`,
  after: (results, label) => `At tuned rates the ${label} wins: ${comparison(results)}`,
  before: (results) => `At tuned rates the network as given is better: ${comparison(results)}`,
  equal: (results) => `No gain at tuned rates: ${comparison(results)}`,
  unclear: (results) => `No clear gain at tuned rates: ${comparison(results)}`,
};

function toneOf({ outcome, before, chance }: TrainingResults): Tone {
  if (outcome === "alone") return before!.value < chance / 2 ? "good" : "neutral";
  if (!isLearning(before, chance)) return "bad";
  return outcome === "after" ? "warn" : "good";
}

function errorAfter({ measured }: TrainingResults): string {
  return `test error in ${count(measured.plan.steps)} steps`;
}

function errorsText(results: TrainingResults): string {
  const { before, after, measured } = results;
  const errors = (measured.after === undefined ? [before] : [before, after]).map((error) =>
    error === undefined ? "divergence at every rate" : percent(error.value),
  );
  if (before === undefined && after === undefined)
    return `${errors.join(" against ")} within ${count(measured.plan.steps)} steps`;
  return `${errors.join(" against ")} ${errorAfter(results)}`;
}

function comparison(results: TrainingResults): string {
  const { difference } = results;
  if (difference === undefined) return errorsText(results);
  const [low, high] = difference.ci!;
  return `${errorsText(results)} (difference ${signed(100 * difference.value)} points, 95 % interval ${signed(100 * low)} to ${signed(100 * high)})`;
}

export function trainingFindings(results: TrainingResults, label: string): Finding[] {
  const { sentence, tone } = trainingVerdict(results, label);
  return [
    { text: sentence, tone },
    ...rateFindings(results, label),
    ...endFindings(results, label),
    ...speedFindings(results, label),
  ];
}

/** `0.12`, `0.12 to 0.5`, or `none`. */
export function rateText(rates: RateInterval | undefined): string {
  if (rates === undefined) return "none";
  const [low, high] = rates.map(rate);
  return low === high ? low! : `${low} to ${high}`;
}

function rateFindings(
  { usableBefore, usableAfter, measured, before, chance }: TrainingResults,
  label: string,
): Finding[] {
  const given = `Usable learning rates: ${rateText(usableBefore)} as given`;
  const text =
    measured.after === undefined ? `${given}.` : `${given}, ${rateText(usableAfter)} with the ${label}.`;
  const unusable = isLearning(before, chance) ? "warn" : "bad";
  return [{ text, tone: usableBefore === undefined ? unusable : "neutral" }];
}

/** The best rate at the lower end of the grid need not be the best there is. */
function endFindings({ measured: { plan, before, after } }: TrainingResults, label: string): Finding[] {
  const [smallest] = plan.learningRates;
  const names = [
    ...(before.bestRate === smallest ? ["as given"] : []),
    ...(after?.bestRate === smallest ? [`with the ${label}`] : []),
  ];
  return names.map((name) => ({
    text: `The best learning rate ${name}, ${rate(smallest!)}, is the smallest that was tried: a smaller one may be better.`,
    tone: "warn",
  }));
}

function speedFindings({ measured: { before, after } }: TrainingResults, label: string): Finding[] {
  const target = after && stepsToTarget(before.finals, after.finals);
  if (target === undefined || target.before === null || target.after === null) return [];
  const text = `Steps to a training loss of ${target.target.toFixed(3)}: ${target.before} as given, ${target.after} with the ${label}.`;
  return [{ text, tone: "neutral" }];
}
