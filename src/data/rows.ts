/**
 * @file Rows of a data set as numbers, and their second moments: theory starts at the measured mean square of
 * the inputs (conventions.md, Depth and K).
 */
import { FathomError, type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import type { Dataset, SplitName } from "./dataset.ts";

/**
 * Inputs of the given rows as numbers: pixels times the data set's scale.
 * @param rows Indices into the split, in any order, repeats allowed.
 * @returns Array [rows.length, ...inputShape].
 * @throws FathomError bad-input naming a row that the split does not have; unsupported for token ids, which are no numbers.
 * @example rowsAsFloat(dataset, "train", [0, 1, 2]) // float32 [3, 1, 28, 28]
 */
export function rowsAsFloat(dataset: Dataset, split: SplitName, rows: ArrayLike<number>): NdArray<"float32"> {
  requireNumbers(dataset);
  const { inputs } = dataset[split];
  const width = sizeOf(dataset.inputShape);
  const data = new Float32Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    const from = checkedRow(rows[r]!, inputs.shape[0]!, `${dataset.name}, ${split}, rows[${r}]`) * width;
    for (let i = 0; i < width; i++) data[r * width + i] = dataset.scale * inputs.data[from + i]!;
  }
  return ndarray("float32", [rows.length, ...dataset.inputShape], data);
}

/**
 * Token ids of the given rows, as they are.
 * @param rows Indices into the split, in any order, repeats allowed.
 * @returns Array [rows.length, ...inputShape].
 * @throws FathomError bad-input naming a row that the split does not have, or a data set of numbers.
 * @example rowsAsIds(texts, "train", [0]) // int32 [1, 128]
 */
export function rowsAsIds(dataset: Dataset, split: SplitName, rows: ArrayLike<number>): NdArray<"int32"> {
  const { name, kind, inputShape } = dataset;
  if (kind !== "ids") {
    throw new FathomError({
      code: "bad-input",
      where: name,
      message: "Its inputs are numbers, not token ids.",
      hint: "Take them by rowsAsFloat.",
    });
  }
  const { inputs } = dataset[split];
  const width = sizeOf(inputShape);
  const data = new Int32Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    const from = checkedRow(rows[r]!, inputs.shape[0]!, `${name}, ${split}, rows[${r}]`) * width;
    data.set(inputs.data.subarray(from, from + width), r * width);
  }
  return ndarray("int32", [rows.length, ...inputShape], data);
}

/** Ids name words: their size means nothing, so they have no moments and cannot be scaled. */
export function requireNumbers({ name, kind }: Dataset): void {
  if (kind !== "ids") return;
  throw new FathomError({
    code: "unsupported",
    where: name,
    message: "Its inputs are token ids, not numbers.",
    hint: "Use what acts on numbers behind an embedding layer, or train with the ids as they are.",
  });
}

/**
 * Labels of the given rows.
 * @returns Array [rows.length].
 * @throws FathomError bad-input naming a row that the split does not have.
 * @example labelsOf(dataset, "test", [0]).data[0] // 7, for MNIST
 */
export function labelsOf(dataset: Dataset, split: SplitName, rows: ArrayLike<number>): NdArray<"int32"> {
  const { labels } = dataset[split];
  const where = `${dataset.name}, ${split}`;
  const chosen = Int32Array.from(
    rows,
    (row, r) => labels.data[checkedRow(row, labels.data.length, `${where}, rows[${r}]`)]!,
  );
  return ndarray("int32", [rows.length], chosen);
}

function checkedRow(row: number, count: number, where: string): number {
  if (Number.isInteger(row) && row >= 0 && row < count) return row;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `There is no row ${row}: the split has rows 0 to ${count - 1}.`,
    hint: `Give integers from 0 to ${count - 1}.`,
  });
}

export interface InputMoments {
  /** Mean over rows and coordinates of x. */
  readonly mean: number;
  /** q0: mean over rows and coordinates of x^2. */
  readonly secondMoment: number;
  /** |x|^2 / N0 of each row; their mean is `secondMoment`. */
  readonly meanSquares: Float64Array;
}

export interface InputMomentsOptions {
  /** The training split unless said. */
  readonly split?: SplitName;
  /** All rows unless said. */
  readonly rows?: ArrayLike<number>;
}

/**
 * First and second moments of the inputs, where theory starts: K^1 = sw2 q0 + sb2.
 * @throws FathomError bad-input for no rows or a row that the split does not have.
 * @example inputMoments(dataset).secondMoment // 0.1120 for the training images of MNIST
 */
export function inputMoments(
  dataset: Dataset,
  { split = "train", rows }: InputMomentsOptions = {},
): InputMoments {
  requireNumbers(dataset);
  const { inputs } = dataset[split];
  const width = sizeOf(dataset.inputShape);
  const count = rows?.length ?? inputs.shape[0]!;
  if (count === 0) {
    throw new FathomError({
      code: "bad-input",
      where: `${dataset.name}, ${split}, rows`,
      message: "There are no rows to take moments of.",
      hint: "Give at least one row.",
    });
  }
  const meanSquares = new Float64Array(count);
  let sum = 0;
  let squares = 0;
  for (let r = 0; r < count; r++) {
    const row = rows === undefined ? r : rows[r]!;
    const from = checkedRow(row, inputs.shape[0]!, `${dataset.name}, ${split}, rows[${r}]`) * width;
    let rowSum = 0;
    let rowSquares = 0;
    for (let i = from; i < from + width; i++) {
      const x = inputs.data[i]!;
      rowSum += x;
      rowSquares += x * x;
    }
    sum += dataset.scale * rowSum;
    meanSquares[r] = (dataset.scale ** 2 * rowSquares) / width;
    squares += meanSquares[r]!;
  }
  return { mean: sum / (count * width), secondMoment: squares / count, meanSquares };
}
