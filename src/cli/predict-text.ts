/** @file The learning curve of a prediction as a table for terminals. */
import type { PredictOutcome } from "../analyses/index.ts";
import { alignedTable } from "./table.ts";

/** One line a number of training items; nothing where all of them are the only one. */
export function curveText({ setting, curve, scores, facts }: PredictOutcome["result"]): string {
  if (curve.length === 0) return "";
  const titles = ["items", "errors", "test error", "95 % interval", "log evidence"];
  const cells = [...curve, scores].map(({ errors: { count, value, ci } }, i) => {
    const evidence = facts[i]?.logEvidenceAtScale;
    return [
      setting.sizes[i]!.toLocaleString("en"),
      String(count),
      percent(value),
      `${(100 * ci[0]).toFixed(1)} to ${percent(ci[1])}`,
      typeof evidence === "number" ? evidence.toFixed(1).replace("-", "−") : "",
    ];
  });
  const shown = cells.every((row) => row.at(-1) === "") ? titles.slice(0, -1) : titles;
  return `\n${alignedTable(
    shown.map((title) => ({ title, align: "right" })),
    cells,
  )}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
