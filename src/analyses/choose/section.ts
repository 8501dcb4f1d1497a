/** @file The choice as a section of a report, and as the JSON of cli.md. */
import type { DataTable, ReportSection } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { percent, rate, significant } from "../words.ts";
import { choiceFigures } from "./figures.ts";
import type { Choice, MethodResult } from "./judge.ts";
import { type ChoicePlan, searchSeeds, seeds } from "./plan.ts";
import type { CandidateResult } from "./race.ts";
import { choiceFindings, differenceText, nameOf, reasonOf } from "./words.ts";

export function choiceSection(
  choice: Choice,
  plan: ChoicePlan,
  results: readonly CandidateResult[],
): ReportSection {
  return {
    id: "choose",
    title: "Which optimiser",
    question: "Which optimiser errs least here, and is the difference more than the scatter of seeds?",
    source: "Kaddour et al. 2022, arXiv 2202.00661; Foret et al. 2021, arXiv 2010.01412",
    findings: choiceFindings(choice, plan),
    figures: choiceFigures(choice, results),
    numbers: [],
    tables: [
      methodsTable("Methods, by rising validation error", choice.methods, plan),
      methodsTable("Every ρ", choice.all, plan),
    ],
    notes: [
      `All runs take ${plan.evaluations} gradients of ${plan.batch} rows: with SAM, which takes two a step, half as many steps. Learning rates are searched for every optimiser and ρ by successive halving with ${searchSeeds} seeds, and ${seeds} seeds run at the best.`,
      "Last weights are those of a cosine schedule that ends at 0; averages are over the last quarter of runs whose rate stays at half, at the same learning rate.",
      "ρ and method are picked on validation rows; test errors are only reported. Intervals are over seeds: rows are the same for all.",
    ],
  };
}

function methodsTable(title: string, methods: readonly MethodResult[], plan: ChoicePlan): DataTable {
  return {
    title,
    columns: [
      "method",
      "learning rate",
      "validation error",
      "test error",
      "beside the plain optimiser",
      "λ_max",
      "trace",
      "sharpness",
      "train loss",
      "gradients",
    ],
    rows: methods.map((one) => [
      nameOf(one),
      rate(one.rate),
      percent(one.validation),
      percent(one.error.value),
      differenceText(one),
      ...aroundCells(one),
      plan.evaluations,
    ]),
  };
}

function aroundCells({ around }: MethodResult): (string | null)[] {
  if (around === undefined) return [null, null, null, null];
  const { lambdaMax, trace, worst, trainLoss } = around;
  return [lambdaMax, trace, worst, trainLoss].map((value) =>
    Number.isFinite(value) ? significant(value) : null,
  );
}

/** The fields of cli.md, `methods[{name, error, ci, evaluations}]`, `recommend`, `reason`, and what else is worth keeping. */
export function choiceJson(choice: Choice, plan: ChoicePlan): Record<string, unknown> {
  const { methods, all, recommended, plain, outcome } = choice;
  return {
    methods: methods.map((one) => methodJson(one, plan)),
    recommend: recommended === undefined ? null : nameOf(recommended),
    reason: reasonOf(choice, plan),
    outcome,
    plain: plain === undefined ? null : nameOf(plain),
    settings: recommended === undefined ? null : settingsOf(recommended),
    grid: all.map((one) => methodJson(one, plan)),
    plan: { evaluations: plan.evaluations, batch: plan.batch, epochs: plan.epochs, seeds },
  };
}

/** What `fathom train` takes. */
function settingsOf({ optimizer, method, rho, rate: lr }: MethodResult) {
  const averages = method === "swa" || method === "wasam";
  return { optimizer, lr, ...(rho === 0 ? {} : { sam: rho }), ...(averages ? { average: 0.75 } : {}) };
}

function methodJson(one: MethodResult, { evaluations }: ChoicePlan) {
  const { optimizer, method, rho, error, validation, difference, around } = one;
  return {
    name: nameOf(one),
    optimizer,
    method,
    rho,
    lr: one.rate,
    error: error.value,
    ci: error.ci ?? null,
    validation,
    difference: difference === undefined ? null : { value: difference.value, ci: difference.ci ?? null },
    evaluations,
    testErrors: one.finals.map(({ scores }) => scores?.test.error ?? null),
    lambdaMax: finiteOrNull(around?.lambdaMax),
    trace: finiteOrNull(around?.trace),
    sharpness: finiteOrNull(around?.worst),
    trainLoss: finiteOrNull(around?.trainLoss),
    noiseScale: finiteOrNull(around?.noiseScale),
  };
}
