/**
 * @file What a data set asks of a network: a class, numbers (regression), or yes and no for each output (binary). Targets of
 * the last two are kept beside the inputs, [N, outputs] float32.
 */
import { FathomError, type NdArray, ndarray, showShape } from "../tensor/index.ts";
import type { Dataset, Split, SplitName } from "./dataset.ts";

export const tasks = ["classes", "regression", "binary"] as const;
export type Task = (typeof tasks)[number];

/**
 * The task of a data set.
 * @example taskOf(mnist) // "classes"
 */
export function taskOf({ task = "classes" }: Pick<Dataset, "task">): Task {
  return task;
}

/**
 * What the outputs of a network are held against: classes [N] int32, or targets [N, outputs] float32.
 * @example answersOf(dataset, "train").shape[0] // training rows
 */
export function answersOf(dataset: Dataset, split: SplitName): NdArray<"int32"> | NdArray<"float32"> {
  const { labels, targets } = dataset[split];
  return taskOf(dataset) === "classes" ? labels : targets!;
}

/**
 * How many outputs a network for the data has: at least as many as there are classes, exactly as many as there are targets.
 * @example outputsOf(housePrices) // 1
 */
export function outputsOf(dataset: Dataset): number {
  return taskOf(dataset) === "classes" ? dataset.classes : dataset.train.targets!.shape[1]!;
}

/**
 * Refuses data without classes where something acts on classes only.
 * @throws FathomError unsupported naming the data and their task.
 * @example requireClasses(dataset, "A survey")
 */
export function requireClasses(dataset: Dataset, what: string): void {
  if (taskOf(dataset) === "classes") return;
  throw new FathomError({
    code: "unsupported",
    where: dataset.name,
    message: `${what} needs classes, but the task of the data is ${dataset.task}.`,
    hint: "Name a column of classes as the label, or train on the data as they are (fathom train).",
  });
}

/**
 * Two classes as one output that says yes (1) or no (0): the second class is yes.
 * @throws FathomError bad-input unless there are two classes.
 * @example asBinary(reviews).train.targets // float32 [N, 1]
 */
export function asBinary(dataset: Dataset): Dataset {
  if (dataset.classes !== 2) {
    throw badTargets(
      dataset.name,
      `It has ${dataset.classes} classes, and a binary task has two.`,
      "Leave out the task, or name the columns of 0 and 1 as targets.",
    );
  }
  const answered = (split: Split): Split => {
    const yes = Float32Array.from(split.labels.data, (label) => Number(label === 1));
    return { ...split, targets: ndarray("float32", [yes.length, 1], yes) };
  };
  const name = dataset.classNames?.[1] ?? "1";
  const { train, test } = dataset;
  return checkedTargets({
    ...dataset,
    task: "binary",
    targetNames: [name],
    train: answered(train),
    test: answered(test),
  });
}

/**
 * Refuses targets that do not hold together, naming split, row and target at fault; returns the data set otherwise.
 * @throws FathomError bad-shape when inputs and targets do not meet; bad-input for a target that is not finite, is neither 0
 * nor 1 in a binary task, or is the same in all training rows, and for targets beside classes.
 * @example checkedTargets({ ...dataset, task: "regression" })
 */
export function checkedTargets(dataset: Dataset): Dataset {
  const { name, train, test } = dataset;
  if (!tasks.includes(taskOf(dataset))) {
    throw badTargets(name, `There is no task ${JSON.stringify(dataset.task)}.`, `Give ${tasks.join(", ")}.`);
  }
  if (taskOf(dataset) === "classes") {
    if (train.targets === undefined && test.targets === undefined) return dataset;
    throw badTargets(
      name,
      "It has targets, but its task is classes.",
      "Say that it is regression or binary.",
    );
  }
  for (const split of ["train", "test"] as const) checkSplit(dataset, split);
  if (test.targets!.shape[1] !== train.targets!.shape[1]) {
    throw badShape(
      `${name}, test`,
      `Its rows have ${test.targets!.shape[1]} targets, those for training ${train.targets!.shape[1]}.`,
    );
  }
  requireSpread(dataset);
  return dataset;
}

function checkSplit(dataset: Dataset, split: SplitName): void {
  const { inputs, targets } = dataset[split];
  const where = `${dataset.name}, ${split}`;
  if (targets === undefined) {
    throw badTargets(
      where,
      `There are no targets, which ${dataset.task} needs.`,
      "Give both splits targets [N, outputs].",
    );
  }
  const [rows, width] = targets.shape;
  if (targets.dtype !== "float32" || targets.shape.length !== 2 || rows !== inputs.shape[0] || width! < 1) {
    throw badShape(
      where,
      `Its targets are ${targets.dtype} ${showShape(targets.shape)} for ${inputs.shape[0]} inputs.`,
    );
  }
  const allowed = dataset.task === "binary" ? isAnswer : Number.isFinite;
  const bad = targets.data.findIndex((value) => !allowed(value));
  if (bad < 0) return;
  const row = Math.floor(bad / width!);
  throw badTargets(
    `${where}, row ${row}`,
    `The target ${targetName(dataset, bad % width!)} is ${targets.data[bad]}.`,
    dataset.task === "binary"
      ? "Targets of a binary task are 0 or 1."
      : "Targets are finite float32 numbers.",
  );
}

function isAnswer(value: number): boolean {
  return value === 0 || value === 1;
}

/** A regression cannot learn what never changes; of several yes-or-no questions some may be rare, but not all constant. */
function requireSpread(dataset: Dataset): void {
  const { data, shape } = dataset.train.targets!;
  const width = shape[1]!;
  const constant = Array.from({ length: width }, (_, column) => {
    for (let i = column; i < data.length; i += width) if (data[i] !== data[column]) return false;
    return true;
  });
  const first = constant.indexOf(true);
  if (first < 0 || (dataset.task === "binary" && constant.includes(false))) return;
  throw badTargets(
    `${dataset.name}, train`,
    `The target ${targetName(dataset, first)} is ${data[first]} in all ${shape[0]} rows: there is nothing to learn.`,
    width === 1 ? "Name another column as the target." : "Leave that target out.",
  );
}

function targetName({ targetNames }: Dataset, column: number): string {
  return targetNames?.[column] === undefined ? String(column + 1) : JSON.stringify(targetNames[column]);
}

function badShape(where: string, message: string): FathomError {
  return new FathomError({
    code: "bad-shape",
    where,
    message,
    hint: "Targets are float32 [N, outputs], a row for each input, alike in both splits.",
  });
}

function badTargets(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}
