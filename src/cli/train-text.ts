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

type Evaluations = Pick<TrainResult, "train" | "validation" | "test">;

const percent = (error: number) => `${(100 * error).toFixed(2)} %`;

/** Loss and error of each part of the data. */
function partsTable({ train, validation, test }: Evaluations): string {
  const parts = [
    ["training", train],
    ["validation", validation],
    ["test", test],
  ] as const;
  return alignedTable(
    [
      { title: "data", align: "left" },
      { title: "loss", align: "right" },
      { title: "error", align: "right" },
    ],
    parts.flatMap(([name, evaluation]) =>
      evaluation === undefined ? [] : [[name, evaluation.loss.toPrecision(4), percent(evaluation.error)]],
    ),
  );
}

/** One row a model: the last weights, and the averages. */
function modelsTable(result: TrainResult): string {
  const parts = (["train", "validation", "test"] as const).filter((part) => result[part] !== undefined);
  const models: (readonly [string, string, Evaluations])[] = [
    ["last", "1", result],
    ...Object.entries(result.averaged ?? {}).map(
      ([name, model]) => [name, String(model.count), model] as const,
    ),
  ];
  const titles = { train: "training", validation: "validation", test: "test" };
  return alignedTable(
    [
      { title: "weights", align: "left" },
      { title: "of", align: "right" },
      ...parts.flatMap((part) => [
        { title: `${titles[part]} loss`, align: "right" } as const,
        { title: "error", align: "right" } as const,
      ]),
    ],
    models.map(([name, count, model]) => [
      name,
      count,
      ...parts.flatMap((part) => [model[part]!.loss.toPrecision(4), percent(model[part]!.error)]),
    ]),
  );
}

function bestLine({ best }: TrainResult): string {
  if (best === undefined) return "";
  const what = best.of === "last" ? "the weights" : `the average ${best.of}`;
  const { validation, test } = best;
  return `Best by validation: ${what} at step ${best.step}, loss ${validation.loss.toPrecision(4)}; test error ${percent(test.error)}.\n`;
}

/** Loss and error of each part of the data and each model, and where the run is. */
export function trainText(result: TrainResult, { folder, resumed }: Run): string {
  const { steps, gradientEvaluations, seconds, averaged, stoppedEarly, series } = result;
  const begun = resumed ? resumption(result) : "";
  const ended = stoppedEarly ? "Validation no longer improved: the run ended before its last step.\n" : "";
  const skipped = series["skipped"]?.reduce((total, value) => total + value, 0) ?? 0;
  const left = skipped === 0 ? "" : `${skipped} steps were left out: a gradient was not finite.\n`;
  const table = averaged === undefined ? partsTable(result) : modelsTable(result);
  const cost = gradientEvaluations === steps ? "" : `, ${gradientEvaluations} gradients`;
  return `${begun}${ended}${left}${table}\n${bestLine(result)}${steps} steps${cost}, ${seconds.toFixed(1)} s\nRun: ${folder}\n`;
}
