/** @file The baseline as numbers, a table, notes and JSON. */
import type { Conclusion } from "../analysis.ts";
import type { DataTable, NumberRow } from "../document.ts";
import { count } from "../words.ts";
import type { Fitted } from "./curve.ts";
import type { BaselineResults } from "./kernel-baseline.ts";
import { fewestBetter } from "./trained.ts";

/** ln p of one target, at the kernel's likeliest factor. */
function eachTarget({ likeliest, n }: Fitted, classes: number): number | null {
  return likeliest === null ? null : likeliest / (n * classes);
}

export function numbersOf({ network, linear, difference, trained, plan }: BaselineResults): NumberRow[] {
  const rows: NumberRow[] = [];
  const add = (name: string, fitted: Fitted | undefined) => {
    if (fitted === undefined) return;
    const { errors, n } = fitted;
    rows.push({
      name: `test error, ${name}, ${count(n)} rows`,
      value: errors.value,
      ci: errors.ci,
      n: errors.total,
      kind: "measured",
    });
  };
  add("infinitely wide", network.at(-1));
  add("linear model", linear?.at(-1));
  if (difference !== undefined)
    rows.push({
      ...difference,
      name: "paired difference (linear model − infinitely wide)",
      kind: "measured",
    });
  if (trained !== undefined)
    rows.push({
      name: `test error, trained as given, ${count(trained.rows)} rows`,
      value: trained.error,
      ci: trained.ci,
      n: trained.networks,
      kind: "measured",
    });
  const evidence = (name: string, fitted: Fitted | undefined): NumberRow[] =>
    fitted === undefined
      ? []
      : [
          {
            name: `log evidence a target, ${name}`,
            value: eachTarget(fitted, plan.classes),
            kind: "theory",
            note: "at the factor of the kernel that makes the targets most likely",
          },
        ];
  return [
    ...rows,
    ...evidence("infinitely wide", network.at(-1)),
    ...evidence("linear model", linear?.at(-1)),
  ];
}

export function tableOf({ network, linear, plan }: BaselineResults): DataTable {
  const columns = ["training rows", "errors", "test error", "log evidence a target", "jitter"];
  return {
    title: `By number of training rows, on ${count(plan.test.length)} test rows`,
    columns: linear === undefined ? columns : [...columns, "linear model"],
    rows: network.map((fitted, i) => [
      fitted.n,
      fitted.errors.count,
      fitted.errors.value,
      eachTarget(fitted, plan.classes),
      fitted.jitter,
      ...(linear === undefined ? [] : [linear[i]!.errors.value]),
    ]),
  };
}

export function notesOf({ plan, linear, trained }: BaselineResults): NonNullable<Conclusion["notes"]> {
  const rows = `Exact regression with the kernel of the network's initial outputs on ${count(plan.sizes.at(-1)!)} rows drawn from those that training has, with targets +1 for the class of a row and −1 for the others; errors are counted on ${count(plan.test.length)} test rows.`;
  const straight =
    linear &&
    "The linear model is ridge regression on all numbers of an input, with a ridge of a part of the mean diagonal that evidence chooses.";
  const beside =
    trained &&
    "Kernel and training differ in rows, loss and width: training that is worse is a sign of short training or a poor rate, training that is better has seen more rows or learned features.";
  return [rows, straight, beside, ...plan.warnings].filter((note) => note !== undefined);
}

/** `{rows[], test, chance, linear, difference, trained, betterThanTrained}`. */
export function baselineJson(results: BaselineResults): Record<string, unknown> {
  const { network, linear, difference, trained, chance, plan } = results;
  return {
    rows: network.map(fittedJson),
    test: plan.test.length,
    chance,
    precision: plan.precision,
    linear: linear === undefined ? null : { rows: linear.map(fittedJson) },
    difference: difference ? { diff: difference.value, ci: difference.ci ?? null } : null,
    trained: trained ?? null,
    betterThanTrained: fewestBetter(network, trained)?.n ?? null,
  };
}

function fittedJson({ n, errors, logEvidence, likeliest, jitter }: Fitted) {
  return {
    n,
    errors: errors.count,
    errorRate: errors.value,
    ci: errors.ci,
    logEvidence,
    likeliestLogEvidence: likeliest,
    jitter,
  };
}
