/** @file The result of `train` for people. */
import type { TrainResult } from "../train/index.ts";
import type { Context } from "./context.ts";
import { alignedTable } from "./table.ts";

/** Loss and error of each part of the data, and where the run is. */
export function trainText(result: TrainResult, context: Context): string {
  const parts = [
    ["training", result.train],
    ["validation", result.validation],
    ["test", result.test],
  ] as const;
  const rows = parts.flatMap(([name, evaluation]) =>
    evaluation === undefined
      ? []
      : [[name, evaluation.loss.toPrecision(4), `${(100 * evaluation.error).toFixed(2)} %`]],
  );
  const table = alignedTable(
    [
      { title: "data", align: "left" },
      { title: "loss", align: "right" },
      { title: "error", align: "right" },
    ],
    rows,
  );
  return `${table}\n${result.steps} steps in ${result.seconds.toFixed(1)} s\nRun: ${context.folder}\n`;
}
