/**
 * @file Does the advice help once each initialisation has the learning rate that suits it? Both are trained over the same
 * grid of rates by successive halving, chosen on held-out rows, and compared on the test rows over paired seeds. "No gain
 * at tuned rates" is a verdict like any other.
 */
import type { Estimate } from "../../theory/index.ts";
import { applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import { candidates, challenger, given } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { plannedRows } from "../effort.ts";
import { edgeSeconds, edgeValue, isTrainable, measuredEdges } from "../learning-rate/edges.ts";
import { count, rate } from "../words.ts";
import { trainingAdvice } from "./advice.ts";
import { chanceError, stepsToTarget } from "./compare.ts";
import { trainingFigures } from "./figures.ts";
import { comparisonRows, measureTraining, type TrainingMeasurement, trainingResult } from "./measure.ts";
import { comparisonSeconds, planTraining, type TrainingPlan } from "./plan.ts";
import { rateGrid } from "./rate-grid.ts";
import { summarise, type TrainingResults } from "./results.ts";
import { trainingFindings, trainingVerdict } from "./verdict.ts";

/** Share of a survey's budget that goes into the comparison, when the other questions leave so much. */
const trainingShare = 0.65;

const modelsOf = (context: SurveyContext) => candidates(context).map(({ model }) => model);

async function plan(context: SurveyContext): Promise<TrainingPlan> {
  const { budget } = context;
  const seconds = Math.min(trainingShare * budget.seconds, budget.secondsLeft - edgeSeconds(context));
  const edges = (await measuredEdges(context)).map(edgeValue);
  return planTraining({
    models: modelsOf(context),
    learningRates: rateGrid(edges),
    seconds,
    train: comparisonRows(context).train.length,
    rows: plannedRows(context),
  });
}

export const training = defineAnalysis<TrainingPlan, TrainingMeasurement>({
  id: "training",
  title: "Training at tuned rates",
  question: "Does it train, and does the change pay once both networks have their best learning rate?",
  source: "Jamieson and Talwalkar 2016, arXiv 1502.07943 (successive halving)",
  applies({ dataset, model }) {
    if (chanceError(dataset.train.labels.data) === 0)
      return doesNotApply("the training rows are of a single class: there is nothing to learn");
    return isTrainable(model) ? applies : doesNotApply("the network has no trainable parameters");
  },
  cost: (context) => comparisonSeconds(modelsOf(context), plannedRows(context)) + edgeSeconds(context),
  predict: plan,
  measure: (context, plan) =>
    context.share(trainingResult, () =>
      measureTraining(context, plan, { before: given(context), after: challenger(context) }),
    ),
  conclude(context, { measured }): Conclusion {
    const results = summarise(context, measured);
    const label = challenger(context)?.label ?? "advised initialisation";
    return {
      verdict: trainingVerdict(results, label),
      findings: trainingFindings(results, label),
      advice: trainingAdvice(context, results),
      numbers: numbersOf(results, label),
      figures: trainingFigures(results, label),
      notes: notesOf(measured),
      json: trainingJson(results),
    };
  },
});

function numbersOf({ before, after, difference }: TrainingResults, label: string): Conclusion["numbers"] {
  const row = (name: string, estimate: Estimate | undefined) =>
    estimate === undefined
      ? []
      : [{ ...estimate, name, kind: "measured" as const, note: estimate.assumptions.join("; ") }];
  return [
    ...row("test error, as given, best rate", before),
    ...row(`test error, ${label}, best rate`, after),
    ...row(`paired difference (${label} − as given)`, difference),
  ];
}

function notesOf({ plan, rows, after }: TrainingMeasurement): string[] {
  const paired =
    after === undefined
      ? ""
      : " The same seed has the same data order and the same random numbers behind its weights in both networks.";
  return [
    `Plain SGD, batch ${plan.batch}, constant rate, ${count(plan.steps)} steps on ${count(rows.train)} rows; rates are chosen on ${count(rows.validation)} held-out rows, errors are of ${count(rows.test)} test rows.`,
    `Successive halving over ${plan.learningRates.length} rates (${plan.learningRates.map(rate).join(", ")}) with ${plan.searchSeeds} seeds; ${plan.seeds} seeds at the chosen rate.${paired}`,
    `A rate is usable when, at the step where it left the race, it was at least half as far below chance as the network's best rate there, and at least 5 points (or a quarter of chance, if less) below it. Chance is the error of always answering the commonest class; a diverged run counts as chance.`,
  ];
}

/** The fields of cli.md: `training{grid, best, lrRange, paired}`, and what else is worth keeping. */
function trainingJson(results: TrainingResults) {
  const { measured, outcome, chance, before, after, usableBefore, usableAfter, difference } = results;
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
    outcome,
    chance,
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
