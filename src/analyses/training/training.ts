/**
 * @file Does the advice help once each initialisation has the learning rate that suits it? Both are trained over the same
 * grid of rates by successive halving, chosen on held-out rows, and compared on the test rows over paired seeds. "No gain
 * at tuned rates" is a verdict like any other.
 */
import { type Estimate, pairedDifference } from "../../theory/index.ts";
import { applies, type Conclusion, defineAnalysis } from "../analysis.ts";
import { challenger, given } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import type { Verdict } from "../document.ts";
import { edgeSeconds, edgeValue, measuredEdges } from "../learning-rate/edges.ts";
import { count, percent, rate, signed } from "../words.ts";
import { trainingAdvice } from "./advice.ts";
import { bestError, bestOfRung, chanceError, stepsToTarget, usableRates } from "./compare.ts";
import { trainingFigures } from "./figures.ts";
import { measureTraining, type TrainingMeasurement } from "./measure.ts";
import { leastSeconds, planTraining, type TrainingPlan } from "./plan.ts";
import type { Tournament } from "./tournament.ts";

/** Rates from a 128th of the smaller measured edge up to the larger one: both optima lie inside. */
const below = 1 / 128;
const above = 1;

async function plan(context: SurveyContext): Promise<TrainingPlan> {
  const edges = (await measuredEdges(context)).map(edgeValue);
  const initialisations = challenger(context) === undefined ? 1 : 2;
  return planTraining({
    model: context.model,
    rates: [Math.min(...edges) * below, Math.max(...edges) * above],
    seconds: trainingShare * context.seconds,
    rows: context.dataset.train.labels.data.length,
    initialisations,
  });
}

/** Share of a survey's time that goes into the comparison. */
const trainingShare = 0.65;

export interface TrainingResults {
  readonly measured: TrainingMeasurement;
  readonly chance: number;
  readonly before: Estimate | undefined;
  readonly after: Estimate | undefined;
  readonly usableBefore: readonly [number, number] | undefined;
  readonly usableAfter: readonly [number, number] | undefined;
  /** After less before; undefined without a second initialisation or when a race has no finished run. */
  readonly difference: Estimate | undefined;
}

function summarise(context: SurveyContext, measured: TrainingMeasurement): TrainingResults {
  const { before, after } = measured;
  const chance = chanceError(context.dataset.classes);
  const first = (race: Tournament) => race.rungs[0] ?? [];
  const best = Math.min(...[before, after].map((race) => (race ? bestOfRung(first(race), chance) : chance)));
  const paired = after && pairedTestErrors(before, after, chance);
  return {
    measured,
    chance,
    before: bestError(before),
    after: after && bestError(after),
    usableBefore: usableRates(first(before), { chance, best }),
    usableAfter: after && usableRates(first(after), { chance, best }),
    difference: paired && paired.a.length > 1 ? pairedDifference(paired) : undefined,
  };
}

/** Test errors of the seeds that both races finished; a diverged run counts as chance. */
function pairedTestErrors(before: Tournament, after: Tournament, chance: number) {
  const seeds = before.finals.filter(({ seed }) => after.finals.some((run) => run.seed === seed));
  const errorOf = (race: Tournament, seed: number) =>
    race.finals.find((run) => run.seed === seed)?.testError ?? chance;
  return {
    a: seeds.map(({ seed }) => errorOf(after, seed)),
    b: seeds.map(({ seed }) => errorOf(before, seed)),
  };
}

function verdictOf({ before, after, difference, measured }: TrainingResults, label: string): Verdict {
  if (measured.after === undefined) {
    return before === undefined
      ? { sentence: "No learning rate of the grid trains this network.", tone: "bad" }
      : {
          sentence: `At its best learning rate it reaches ${percent(before.value)} test error.`,
          tone: "neutral",
        };
  }
  if (after === undefined || before === undefined || difference === undefined) {
    const works = after === undefined ? "the network as given" : `the ${label}`;
    return before === undefined && after === undefined
      ? { sentence: "No learning rate of the grid trains either network.", tone: "bad" }
      : { sentence: `Only ${works} trains at some learning rate of the grid.`, tone: "bad" };
  }
  const [low, high] = difference.ci ?? [difference.value, difference.value];
  const errors = `${percent(before.value)} against ${percent(after.value)} test error`;
  const interval = `difference ${signed(100 * difference.value)} points, 95 % interval ${signed(100 * low)} to ${signed(100 * high)}`;
  if (high < 0)
    return { sentence: `At tuned rates the ${label} wins: ${errors} (${interval}).`, tone: "warn" };
  if (low > 0)
    return {
      sentence: `At tuned rates the network as given is better: ${errors} (${interval}).`,
      tone: "good",
    };
  return { sentence: `No gain at tuned rates: ${errors} (${interval}).`, tone: "good" };
}

export const training = defineAnalysis<TrainingPlan, TrainingMeasurement>({
  id: "training",
  title: "Training, given against advised",
  question: "Does the advised initialisation train better once both have their best learning rate?",
  source: "Jamieson and Talwalkar 2016, arXiv 1502.07943 (successive halving)",
  applies: () => applies,
  cost: (context) =>
    Math.max(trainingShare * context.seconds, leastSeconds(context.model, 2)) + edgeSeconds(context),
  predict: plan,
  measure: (context, plan) =>
    measureTraining(context, plan, { before: given(context), after: challenger(context) }),
  conclude(context, { measured }): Conclusion {
    const results = summarise(context, measured);
    const label = challenger(context)?.label ?? "advised initialisation";
    const verdict = verdictOf(results, label);
    return {
      verdict,
      findings: [
        { text: verdict.sentence, tone: verdict.tone },
        ...rateFindings(results, label),
        ...speedFindings(measured, label),
      ],
      advice: trainingAdvice(context, results),
      numbers: numbersOf(results),
      figures: trainingFigures(results, label),
      notes: notesOf(measured),
      json: trainingJson(results),
    };
  },
});

function rateFindings(
  { usableBefore, usableAfter, measured }: TrainingResults,
  label: string,
): Conclusion["findings"] {
  const interval = (rates: readonly [number, number] | undefined) =>
    rates ? `${rate(rates[0])} to ${rate(rates[1])}` : "none of the grid";
  const given = `Usable learning rates as given: ${interval(usableBefore)}`;
  const text = measured.after === undefined ? `${given}.` : `${given}; ${label}: ${interval(usableAfter)}.`;
  return [{ text, tone: usableBefore === undefined ? "bad" : "neutral" }];
}

function speedFindings({ before, after }: TrainingMeasurement, label: string): Conclusion["findings"] {
  const target = after && stepsToTarget(before.finals, after.finals);
  if (target === undefined || target.before === null || target.after === null) return [];
  const text = `Steps to a training loss of ${target.target.toFixed(3)}: ${target.before} as given, ${target.after} with the ${label}.`;
  return [{ text, tone: "neutral" }];
}

function numbersOf({ before, after, difference }: TrainingResults): Conclusion["numbers"] {
  const row = (name: string, estimate: Estimate | undefined) =>
    estimate === undefined
      ? []
      : [{ ...estimate, name, kind: "measured" as const, note: estimate.assumptions.join("; ") }];
  return [
    ...row("test error as given, best rate", before),
    ...row("test error after, best rate", after),
    ...row("paired difference (after − before)", difference),
  ];
}

function notesOf({ plan, rows }: TrainingMeasurement): string[] {
  return [
    `Plain SGD, batch ${plan.batch}, constant rate, ${count(plan.steps)} steps on ${count(rows.train)} rows; rates are chosen on ${count(rows.validation)} held-out rows, errors are of ${count(rows.test)} test rows.`,
    `Successive halving over ${plan.learningRates.length} rates with ${plan.searchSeeds} seeds; ${plan.seeds} seeds at the chosen rate. The same seed has the same data order and the same random numbers behind its weights in both networks.`,
    "A rate is usable when, after the first rung, it is at least half as far below chance as the best rate of both networks, and at least 5 points below it.",
  ];
}

/** The fields of cli.md: `training{grid, best, lrRange, paired}`, and what else is worth keeping. */
function trainingJson({ measured, before, after, usableBefore, usableAfter, difference }: TrainingResults) {
  const { plan, rows } = measured;
  const grid = (["before", "after"] as const).flatMap((init) =>
    (measured[init]?.runs ?? []).map(({ learningRate, seed, steps, diverged, validationError }) => ({
      init,
      lr: learningRate,
      seed,
      steps,
      error: validationError,
      ...(diverged ? { status: "diverged" } : {}),
    })),
  );
  return {
    grid,
    best: { before: before?.value ?? null, after: after?.value ?? null },
    bestRate: { before: measured.before.bestRate ?? null, after: measured.after?.bestRate ?? null },
    lrRange: { before: usableBefore ?? null, after: usableAfter ?? null },
    paired: difference
      ? { diff: difference.value, ci: difference.ci ?? null, n: difference.n ?? null }
      : null,
    stepsToTarget: (measured.after && stepsToTarget(measured.before.finals, measured.after.finals)) ?? null,
    testErrors: {
      before: measured.before.finals.map(({ testError }) => testError),
      after: measured.after?.finals.map(({ testError }) => testError) ?? null,
    },
    plan: { steps: plan.steps, batch: plan.batch, learningRates: plan.learningRates, rows },
  };
}
