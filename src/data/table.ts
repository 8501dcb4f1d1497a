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

/** Rows of one file. */
export interface Rows {
  readonly count: number;
  readonly labels: LabelColumn;
}

/** Collects rows of one width. */
export class Table implements Rows {
  readonly labels: LabelColumn;
  readonly #values: Chunked<Float32Array>;
  #width: number | undefined;

  /**
   * @param name The file, for messages.
   * @param what What its labels are called in messages: `column "species"`.
   */
  constructor(name: string, what = "the label") {
    this.labels = new LabelColumn(what);
    this.#values = new Chunked(Float32Array, name);
  }

  get count(): number {
    return this.labels.codes.length;
  }

  get width(): number {
    return this.#width ?? 0;
  }

  /**
   * Adds a row.
   * @param place Where it stands, for messages: `mine.csv, line 3`.
   * @throws FathomError bad-input for a number of features other than before, a feature that is no finite float32, a label
   * that is missing or no class; too-large beyond 2 GiB.
   */
  add(features: ArrayLike<number>, label: string, place: string): void {
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
    this.labels.add(label, place);
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
  readonly facts: Pick<Dataset, "name" | "source" | "classes"> & {
    readonly classNames?: readonly string[];
    readonly train: Pick<Split, "labels">;
    readonly test: Pick<Split, "labels">;
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
    source:
      test === undefined
        ? `${files.train.name}, ${rows.test.length} of ${train.count} rows for testing`
        : `${files.train.name} and ${files.test!.name}`,
    classes: classes.count,
    ...(classes.names === undefined ? {} : { classNames: classes.names }),
    train: labelsOf(labels, rows.train),
    test: labelsOf(testLabels, rows.test),
  };
  return { trainRows: rows.train, testRows: rows.test, facts };
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
