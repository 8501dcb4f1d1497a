/** @file The report of a prediction: findings, pictures, numbers, and the items it is least certain of. */
import type { DataTable, NumberRow, ReportSection } from "../document.ts";
import { figuresOf } from "./figures.ts";
import { findingsOf } from "./findings.ts";
import type { Result } from "./result.ts";

/** Items in the table of the least certain ones. */
const mostShown = 12;

export function sectionsOf(result: Result): ReportSection[] {
  const { facts } = result;
  return [
    {
      id: "predict",
      title: "Prediction",
      question: "What does the infinitely wide network predict, and how often is it wrong?",
      findings: findingsOf(result),
      figures: figuresOf(result),
      numbers: numbersOf(result),
      tables: [leastCertain(result), ...(facts.length > 1 ? [curveTable(result)] : [])],
      notes: notesOf(result),
      source:
        "Garriga-Alonso, Rasmussen, Aitchison 2019, arXiv 1808.05587; Lee et al. 2019, arXiv 1902.06720",
    },
  ];
}

function numbersOf({ scores, facts, seconds }: Result): NumberRow[] {
  const { errors, loss } = scores;
  const fit = facts.at(-1);
  const rows: NumberRow[] = [
    { name: "test error", value: errors.value, ci: errors.ci, n: errors.total, kind: "measured" },
    { name: "loss ½(f − y)²", value: loss, kind: "measured" },
  ];
  if (fit !== undefined) {
    rows.push({ name: "jitter", value: fit.jitter, kind: "setting" });
    if (fit.condition !== null)
      rows.push({ name: "condition number", value: fit.condition, kind: "theory", note: "an estimate" });
    if (fit.logEvidence !== null) {
      rows.push(
        {
          name: "log evidence",
          value: fit.logEvidenceAtScale,
          kind: "theory",
          note: "at the most likely scale",
        },
        { name: "most likely scale of the kernel", value: fit.scale, kind: "theory", note: "times its own" },
        {
          name: "raw log evidence",
          value: fit.logEvidence,
          kind: "theory",
          note: "at the kernel's own scale",
        },
      );
    }
  }
  for (const work of ["kernel", "solve", "predict"] as const)
    rows.push({ name: `time: ${work}`, value: seconds[work], unit: "s", kind: "measured" });
  return rows;
}

function leastCertain({ scores, setting }: Result): DataTable {
  const { margin, predicted, probabilities } = scores;
  const { test, classes } = setting;
  const order = Array.from(margin.data.keys())
    .sort((a, b) => margin.data[a]! - margin.data[b]!)
    .slice(0, mostShown);
  return {
    title: "Least certain test items",
    columns: ["row", "class", "predicted", "gap of means", ...(probabilities ? ["P(predicted)"] : [])],
    rows: order.map((i) => [
      test.rows[i]!,
      test.labels.data[i]!,
      predicted.data[i]!,
      margin.data[i]!,
      ...(probabilities ? [probabilities.data[i * classes + predicted.data[i]!]!] : []),
    ]),
  };
}

function curveTable({ facts, curve, scores }: Result): DataTable {
  return {
    title: "By number of training items",
    columns: ["items", "errors", "test error", "log evidence", "condition", "relative jitter"],
    rows: [...curve, scores].map(({ errors }, i) => {
      const { n, logEvidenceAtScale, condition, relativeJitter } = facts[i]!;
      return [n, errors.count, errors.value, logEvidenceAtScale, condition, relativeJitter];
    }),
  };
}

function notesOf({ setting, scores }: Result): string[] {
  return [
    "Targets are +1 for the class of an item and −1 for the others; the prediction is the class of the largest mean, the first of equal ones.",
    ...(scores.probabilities
      ? [
          "P is the probability that a class has the largest output under the posterior, outputs independent and the kernel scaled to what the targets make most likely. It speaks of the uncertainty of the regression, and was not calibrated on data. Variances in JSON and in predictions.csv are of the kernel as it is: times the scale beside them they are those of the probabilities.",
        ]
      : []),
    ...(setting.get === "ntk"
      ? ["Variances are those over random initial weights, each network trained; they are no posterior."]
      : []),
  ];
}
