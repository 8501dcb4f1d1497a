/**
 * @file Rows of a data set as numbers, and their second moments: theory starts at the measured mean square of
 * the inputs (conventions.md, Depth and K).
 */
import { FathomError, type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import type { Dataset, Split, SplitName } from "./dataset.ts";

/**
 * Inputs of the given rows as numbers: pixels times the data set's scale.
 * @param rows Indices into the split, in any order, repeats allowed.
 * @returns Array [rows.length, ...inputShape].
 * @throws FathomError bad-input naming a row that the split does not have.
 * @example rowsAsFloat(dataset, "train", [0, 1, 2]) // float32 [3, 1, 28, 28]
 */
export function rowsAsFloat(dataset: Dataset, split: SplitName, rows: ArrayLike<number>): NdArray<"float32"> {
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

/**
 * The data set shifted and scaled so that all inputs of the training split together have mean 0 and variance 1.
 * One mean and one deviation for the whole set: it keeps the picture of an image, and pixels that are always 0
 * need no exception. The result holds float32 numbers, with `scale` 1.
 * @throws FathomError bad-input when all training inputs are one number.
 * @example const mnist = standardized(await loadDataset("mnist"));
 */
export function standardized(dataset: Dataset): Dataset {
  const { mean, secondMoment } = inputMoments(dataset);
  const deviation = Math.sqrt(Math.max(0, secondMoment - mean * mean));
  // Differences below the rounding of the moments themselves are no spread.
  if (!(deviation > 1e-7 * Math.sqrt(secondMoment))) {
    throw new FathomError({
      code: "bad-input",
      where: `${dataset.name}, train`,
      message: `All inputs are ${mean}, so they cannot be standardised.`,
      hint: "Use the data as they are, or check the files.",
    });
  }
  const shift = (split: Split): Split => {
    const { data, shape } = split.inputs;
    const shifted = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) shifted[i] = (dataset.scale * data[i]! - mean) / deviation;
    return { inputs: ndarray("float32", shape, shifted), labels: split.labels };
  };
  return {
    ...dataset,
    scale: 1,
    train: shift(dataset.train),
    test: shift(dataset.test),
    source: `${dataset.source}, standardised (mean ${mean.toFixed(4)}, deviation ${deviation.toFixed(4)})`,
  };
}
