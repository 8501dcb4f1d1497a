/** @file The tables of the benchmark: every method and ρ of every case, and the cases in a line each. */
import type { DataTable } from "../../document.ts";
import type { BenchmarkResult } from "./benchmark.ts";
import { armName, errorText, methodName, numberText, pointsText } from "./names.ts";
import { type CaseSummary, wins } from "./summary.ts";

/** Every ρ that was tried, with what is around its solutions and what it cost. */
export function armsTable({ one, arms }: CaseSummary): DataTable {
  return {
    title: `${one.id}: ${one.about} (${one.origin})`,
    columns: [
      "method",
      "test error, %",
      `less ${methodName("base", one)}, points (95 %)`,
      "λ_max",
      "trace",
      `S_ρ at ρ = ${one.rhos[1]}`,
      "mean rise at that ρ",
      "train loss",
      "gradients",
      "diverged",
    ],
    rows: arms.map((arm) => [
      armName(arm, one),
      errorText(arm.error),
      arm.difference === undefined ? "–" : pointsText(arm.difference),
      numberText(arm.flatness?.lambdaMax.value),
      numberText(arm.flatness?.trace),
      numberText(arm.flatness?.worst),
      numberText(arm.flatness?.average),
      numberText(arm.trainLoss),
      arm.evaluations,
      arm.diverged,
    ]),
  };
}

/** A case a line, at the ρ that validation picks. */
export function casesTable({ summaries, missing, lost }: BenchmarkResult): DataTable {
  const difference = ({ picked }: CaseSummary, method: "swa" | "sam" | "wasam") => {
    const arm = picked[method];
    return `${pointsText(arm.difference!)}${arm.rho === 0 ? "" : ` at ρ = ${arm.rho}`}`;
  };
  return {
    title: "Cases: points of test error less the base optimiser, ρ picked on validation rows",
    columns: ["case", "data", "base", "error, %", "SWA", "SAM", "WASAM", "WASAM best"],
    rows: [
      ...summaries.map((summary) => [
        summary.one.id,
        summary.one.origin,
        methodName("base", summary.one),
        errorText(summary.picked.base.error),
        difference(summary, "swa"),
        difference(summary, "sam"),
        difference(summary, "wasam"),
        wins(summary) ? "yes" : "no",
      ]),
      ...missing.map(({ id, because }) => [id, "real", "–", because, "–", "–", "–", "left out"]),
      ...lost.map((id) => [id, "–", "–", "diverged", "–", "–", "–", "left out"]),
    ],
  };
}
