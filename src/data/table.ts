/**
 * @file Rows of numbers with a label each, collected one after the other and made into a data set: what every text format
 * of vectors ends in.
 */
import { FathomError, type NdArray, ndarray } from "../tensor/index.ts";
import { Chunked, MAX_VALUES, tooMany } from "./chunked.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import type { DataFiles } from "./format.ts";
import { classesOf, LabelColumn } from "./labels.ts";
import { type ReadOptions, withInputShape } from "./options.ts";
import { type SplitOptions, stratifiedSplit } from "./split.ts";
import type { TargetRows } from "./target-rows.ts";

/** Rows of one file. */
export interface Rows {
  readonly count: number;
  readonly labels: LabelColumn;
  /** In place of labels. */
  readonly targets?: TargetRows | undefined;
}

/** Collects rows of one width. */
export class Table implements Rows {
  readonly labels: LabelColumn;
  readonly targets: TargetRows | undefined;
  readonly #values: Chunked<Float32Array>;
  #width: number | undefined;

  /**
   * @param name The file, for messages.
   * @param what What its labels are called in messages: `column "species"`.
   * @param targets Collects targets in place of labels.
   */
  constructor(name: string, what = "the label", targets?: TargetRows) {
    this.labels = new LabelColumn(what);
    this.targets = targets;
    this.#values = new Chunked(Float32Array, name);
  }

  get count(): number {
    return this.targets?.count ?? this.labels.codes.length;
  }

  get width(): number {
    return this.#width ?? 0;
  }

  /**
   * Adds a row.
   * @param answer Its label, or its targets where the table has them.
   * @param place Where it stands, for messages: `mine.csv, line 3`.
   * @throws FathomError bad-input for a number of features other than before, a feature that is no finite float32, a label
   * that is missing or no class; too-large beyond 2 GiB.
   */
  add(features: ArrayLike<number>, answer: string | ArrayLike<number>, place: string): void {
    this.#width ??= features.length;
    if (features.length !== this.#width || features.length === 0) {
      const message =
        features.length === 0
          ? "The row has no features."
          : `The row has ${features.length} features, the first one ${this.#width}.`;
      throw badRow(place, message, "Give every row one label and the same number of features.");
    }
    for (let i = 0; i < features.length; i++) {
      const value = Math.fround(features[i]!);
      if (!Number.isFinite(value)) {
        throw badRow(place, `Feature ${i + 1} is ${features[i]}.`, "Features are finite float32 numbers.");
      }
      this.#values.push(value);
    }
    if (typeof answer === "string") this.labels.add(answer, place);
    else this.targets!.add(answer, place);
  }

  /** Inputs of the given rows, [rows.length, width], in their order. */
  take(rows: Int32Array): NdArray<"float32"> {
    const width = this.width;
    const data = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries()) this.#values.copy(row * width, (row + 1) * width, data, i * width);
    return ndarray("float32", [rows.length, width], data);
  }
}

/** Refuses rows and features that make more than 2 GiB of float32. */
export function checkDenseSize(count: number, features: number, where: string): void {
  if (count * features <= MAX_VALUES) return;
  throw tooMany(where, `${count} rows of ${features} features are more than ${MAX_VALUES} numbers.`);
}

/**
 * A data set of vectors: the rows of the training file split where there are no test rows.
 * @throws FathomError bad-input for a file without rows, a test label that no training row has, and as `stratifiedSplit`.
 */
export function vectorDataset(
  files: DataFiles,
  { train, test }: { readonly train: Table; readonly test?: Table | undefined },
  options: ReadOptions,
): Dataset {
  const { trainRows, testRows, facts } = partition(files, { train, test }, options);
  if (test !== undefined && test.width !== train.width) {
    throw new FathomError({
      code: "bad-shape",
      where: files.test!.name,
      message: `Its rows have ${test.width} features, those of ${files.train.name} ${train.width}.`,
      hint: "Both parts need the same columns.",
    });
  }
  const dataset = checkedDataset({
    ...facts,
    kind: "vector",
    inputShape: [train.width],
    scale: 1,
    train: { ...facts.train, inputs: train.take(trainRows) },
    test: { ...facts.test, inputs: (test ?? train).take(testRows) },
  });
  return withInputShape(dataset, options.shape);
}

interface Partition {
  readonly trainRows: Int32Array;
  /** Of the test file where there is one, else of the training file. */
  readonly testRows: Int32Array;
  /** What a data set takes from labels and files. */
  readonly facts: Omit<Dataset, "kind" | "inputShape" | "scale" | "vocabulary" | "train" | "test"> & {
    readonly train: Omit<Split, "inputs">;
    readonly test: Omit<Split, "inputs">;
  };
}

/** Which rows are for training and which for testing, and their classes. */
export function partition(
  files: DataFiles,
  { train, test }: { readonly train: Rows; readonly test?: Rows | undefined },
  options: SplitOptions,
): Partition {
  requireRows(train, files.train.name);
  if (test !== undefined) requireRows(test, files.test!.name);
  if (train.targets !== undefined) return targetPartition(files, train, test, options);
  const classes = classesOf(train.labels);
  const labels = classes.ofCodes(train.labels);
  const testLabels = test === undefined ? labels : classes.ofCodes(test.labels);
  const rows =
    test === undefined
      ? stratifiedSplit(labels, options, files.train.name)
      : { train: allRows(train.count), test: allRows(test.count) };
  const labelsOf = (from: Int32Array, chosen: Int32Array): Pick<Split, "labels"> => ({
    labels: ndarray(
      "int32",
      [chosen.length],
      chosen.map((row) => from[row]!),
    ),
  });
  const facts = {
    name: files.name,
    source: sourceOf(files, rows.test.length, train.count),
    classes: classes.count,
    ...(classes.names === undefined ? {} : { classNames: classes.names }),
    train: labelsOf(labels, rows.train),
    test: labelsOf(testLabels, rows.test),
  };
  return { trainRows: rows.train, testRows: rows.test, facts };
}

function sourceOf({ train, test }: DataFiles, testing: number, all: number): string {
  if (test !== undefined) return `${train.name} and ${test.name}`;
  return `${train.name}, ${testing} of ${all} rows for testing`;
}

/** Rows with targets have no classes to keep together: any row may be for testing. */
function targetPartition(
  files: DataFiles,
  train: Rows,
  test: Rows | undefined,
  options: SplitOptions,
): Partition {
  const [of, testOf] = [train.targets!, test === undefined ? train.targets! : test.targets];
  if (testOf?.names.join() !== of.names.join()) {
    throw badRow(
      files.test!.name,
      "Its targets are not those of the training rows.",
      "Give both parts the same targets.",
    );
  }
  const { train: trainRows, test: testRows } =
    test === undefined
      ? stratifiedSplit(new Int32Array(train.count), options, files.train.name)
      : { train: allRows(train.count), test: allRows(test.count) };
  const answers = (from: TargetRows, rows: Int32Array) => ({
    labels: ndarray("int32", [rows.length], new Int32Array(rows.length)),
    targets: from.take(rows),
  });
  const facts = {
    name: files.name,
    source: sourceOf(files, testRows.length, train.count),
    task: of.task,
    classes: 1,
    targetNames: of.names,
    train: answers(of, trainRows),
    test: answers(testOf, testRows),
  };
  return { trainRows, testRows, facts };
}

function requireRows({ count }: Rows, name: string): void {
  if (count > 0) return;
  throw badRow(name, "The file has no rows.", "Check that it is the right file, and whole.");
}

function allRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row);
}

export function badRow(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}
