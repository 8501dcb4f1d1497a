/** @file The result of `train` for people. */
import type { TrainResult } from "../train/index.ts";
import { alignedTable } from "./table.ts";

interface Run {
  readonly folder: string;
  /** Whether it was asked to go on with a run. */
  readonly resumed: boolean;
}

function resumption({ resumedFrom, steps }: TrainResult): string {
  if (resumedFrom === 0) return "There was no checkpoint to go on from: the run began anew.\n";
  return resumedFrom === steps
    ? "The run was finished already; it was evaluated again.\n"
    : `Went on from step ${resumedFrom}.\n`;
}

/** Loss and error of each part of the data, and where the run is. */
export function trainText(result: TrainResult, { folder, resumed }: Run): string {
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
  const begun = resumed ? resumption(result) : "";
  return `${begun}${table}\n${result.steps} steps, ${result.seconds.toFixed(1)} s\nRun: ${folder}\n`;
}
