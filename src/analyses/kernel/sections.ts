/** @file What a kernel matrix says, in sentences and numbers. */
import type { KernelValue } from "../../kernels/index.ts";
import type { DataTable, Finding, NumberRow, ReportSection, Verdict } from "../document.ts";
import { count, counted, significant } from "../words.ts";
import type { KernelAnswer, MatrixSummary } from "./question.ts";

const names: Readonly<Record<KernelValue, string>> = {
  nngp: "K, the covariance of initial outputs (NNGP)",
  ntk: "Θ, the tangent kernel (NTK)",
};

/** Mean correlation from which items are hardly told apart. */
const alike = 0.99;
/** Rows and columns of a matrix that are shown. */
const corner = 6;

export function verdictOf({ setting, result, matrices, store }: KernelAnswer): Verdict {
  const { rows, columns } = setting;
  const broken = matrices.some(({ entries }) => entries.notFinite > 0);
  const size = `${count(rows.count)} × ${count((columns ?? rows).count)}`;
  const work =
    result.pairs === 0
      ? "all of it was there already"
      : `${counted(result.pairs, "pair")}, ${count(Math.round(result.pairsPerSecond))} a second`;
  const place = store === undefined ? "" : `; kept in ${store.path}`;
  return {
    sentence: broken
      ? `The ${size} kernel has entries that are no finite numbers: variances leave the range of ${setting.precision}.`
      : `The ${size} kernel is computed: ${work}${place}.`,
    tone: broken ? "bad" : "good",
  };
}

export function sectionsOf(answer: KernelAnswer): ReportSection[] {
  const { matrices, setting } = answer;
  const warnings = setting.warnings.map((text): Finding => ({ tone: "warn", text }));
  return matrices.map((summary, index) => ({
    id: `kernel-${summary.value}`,
    title: names[summary.value],
    question: "How similar are the items to the infinitely wide network?",
    findings: [...(index === 0 ? warnings : []), ...findingsOf(summary)],
    figures: [],
    numbers: numbersOf(summary),
    ...(summary.dense === undefined ? {} : { tables: [cornerOf(summary, setting)] }),
    source: "kernels.md §2",
  }));
}

function findingsOf({ value, entries, spectrum, noSpectrum }: MatrixSummary): Finding[] {
  const name = value === "nngp" ? "K" : "Θ";
  const { least, largest, meanDiagonal, meanCorrelation, notFinite } = entries;
  const found: Finding[] = [];
  if (least === 0 && largest === 0)
    return [
      {
        tone: "warn",
        text: `${name} is 0 everywhere: inputs or weights are 0, or variances are below what the precision holds. Larger sw2, or precision float64, would show it.`,
      },
    ];
  if (notFinite > 0)
    found.push({ tone: "bad", text: `${count(notFinite)} entries of ${name} are not finite.` });
  if (least !== null && largest !== null) {
    const diagonal =
      meanDiagonal === undefined ? "" : `; its diagonal is ${significant(meanDiagonal)} on average`;
    found.push({
      tone: "neutral",
      text: `Entries of ${name} go from ${significant(least)} to ${significant(largest)}${diagonal}.`,
    });
  }
  if (typeof meanCorrelation === "number") {
    const hard = meanCorrelation > alike;
    found.push({
      tone: hard ? "warn" : "neutral",
      text: `Two different items have correlation ${significant(meanCorrelation, 4)} in ${name} on average${hard ? ": the network hardly tells them apart" : ""}.`,
    });
  }
  if (spectrum !== undefined) found.push(conditionFinding(name, spectrum));
  else if (noSpectrum !== undefined)
    found.push({ tone: "neutral", text: `The condition number of ${name} is ${noSpectrum}.` });
  return found;
}

function conditionFinding(name: string, { condition }: NonNullable<MatrixSummary["spectrum"]>): Finding {
  if (condition !== null)
    return { tone: "neutral", text: `The condition number of ${name} is ${significant(condition, 2)}.` };
  return {
    tone: "warn",
    text: `${name} is singular to rounding: copies among the items, or items that it cannot tell apart. To solve with it takes a jitter.`,
  };
}

function numbersOf({ value, entries, spectrum }: MatrixSummary): NumberRow[] {
  const rows: readonly (readonly [string, number | null | undefined])[] = [
    ["least entry", entries.least],
    ["largest entry", entries.largest],
    ["mean of the diagonal", entries.meanDiagonal],
    [entries.meanDiagonal === undefined ? "mean entry" : "mean off the diagonal", entries.mean],
    ["mean correlation of different items", entries.meanCorrelation],
    ["largest eigenvalue", spectrum?.largestEigenvalue],
    ["smallest eigenvalue", spectrum?.smallestEigenvalue],
    ["condition number", spectrum?.condition],
  ];
  return rows.flatMap(([name, number]) =>
    number === undefined
      ? []
      : [
          {
            name: `${value}: ${name}`,
            value: number,
            kind: "theory" as const,
            ...(number === null && { status: "undefined" }),
          },
        ],
  );
}

/** The first rows and columns, by their numbers in the data. */
function cornerOf({ value, dense }: MatrixSummary, setting: KernelAnswer["setting"]): DataTable {
  const [rows, columns] = dense!.shape as [number, number];
  const [down, along] = [setting.rows, setting.columns ?? setting.rows].map((items) => items.rows) as [
    readonly number[],
    readonly number[],
  ];
  const across = Math.min(corner, columns);
  const cell = (r: number, c: number) => {
    const number = dense!.data[r * columns + c]!;
    return Number.isFinite(number) ? Number(number.toPrecision(6)) : null;
  };
  return {
    title: `${value}, the first items`,
    columns: ["", ...Array.from({ length: across }, (_, c) => String(along[c]))],
    rows: Array.from({ length: Math.min(corner, rows) }, (_, r) => [
      String(down[r]),
      ...Array.from({ length: across }, (_, c) => cell(r, c)),
    ]),
  };
}
