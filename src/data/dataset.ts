/**
 * @file What a data set is: a training and a test split of inputs with class labels, kept in their own dtype
 * (pixels stay bytes) with the scale that turns them into numbers (conventions.md: pixels / 255, not centred).
 */
import {
  type DType,
  FathomError,
  type NdArray,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../tensor/index.ts";
import { checkedTargets, type Task } from "./tasks.ts";

/** Pixels, numbers, token ids. */
export type InputDType = "uint8" | "float32" | "int32";

/** Inputs with their classes, or with targets. */
export interface Split<D extends InputDType = InputDType> {
  /** [N, ...inputShape] */
  readonly inputs: NdArray<D>;
  /** [N], in 0 … classes - 1; all 0 where the task has no classes. */
  readonly labels: NdArray<"int32">;
  /** [N, outputs] of a task of numbers (regression), or of yes and no (binary). */
  readonly targets?: NdArray<"float32">;
}
export type SplitName = "train" | "test";

/** A data set in memory: two splits of inputs with classes. */
export interface Dataset {
  readonly name: string;
  /** What one input is; the kinds are those of a network's input. */
  readonly kind: "image" | "vector" | "signal" | "ids";
  /**
   * Shape of one input: [channels, height, width] of an image, [features] of a vector, [channels, time] of a signal,
   * [positions] of token ids, which are int32.
   */
  readonly inputShape: Shape;
  /** What a network is asked for; classes unless said. */
  readonly task?: Task;
  /** 1 where the task has no classes. */
  readonly classes: number;
  /** What the targets are called where the data say so. */
  readonly targetNames?: readonly string[];
  /** What the classes are called where the data say so. */
  readonly classNames?: readonly string[];
  /** Of token ids: how many there are (0 is padding), and the words of those from 2 on where ids are words. */
  readonly vocabulary?: { readonly size: number; readonly words?: readonly string[] };
  /** The number that a stored 1 stands for: an input is `scale * stored`. */
  readonly scale: number;
  readonly train: Split;
  readonly test: Split;
  /** Where it comes from: a folder, or how it was generated. */
  readonly source: string;
}

/**
 * Refuses a data set that does not hold together, naming the split and row at fault; returns it otherwise.
 * @throws FathomError bad-input for an empty split, labels out of range, inputs that are not finite; bad-shape
 * when inputs and labels or targets do not meet; as `checkedTargets`.
 * @example const checked = checkedDataset({ ...dataset, train: mySplit });
 */
export function checkedDataset(dataset: Dataset): Dataset {
  const { name, classes, scale, inputShape } = dataset;
  if (!Number.isInteger(classes) || classes < 1) throw badDataset(name, `It cannot have ${classes} classes.`);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY))
    throw badDataset(name, `Its scale ${scale} is unusable.`);
  if ((dataset.kind === "ids") !== (dataset.train.inputs.dtype === "int32")) {
    throw badDataset(name, `Its inputs are ${dataset.train.inputs.dtype} but of kind ${dataset.kind}.`);
  }
  if (sizeOf(inputShape) < 1) throw badDataset(name, `Its inputs are empty: shape ${showShape(inputShape)}.`);
  for (const split of ["train", "test"] as const) checkSplit(dataset, split);
  return checkedTargets(dataset);
}

function checkSplit({ name, classes, inputShape, ...splits }: Dataset, which: SplitName): void {
  const { inputs, labels } = splits[which];
  const where = `${name}, ${which}`;
  const [count, ...shape] = inputs.shape;
  if (count === undefined || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FathomError({
      code: "bad-shape",
      where,
      message: `There are ${count ?? 0} inputs but labels of shape ${showShape(labels.shape)}.`,
      hint: "Give one label for each input; check that the two files belong together.",
    });
  }
  if (count === 0) throw badDataset(where, "There is no data: 0 inputs.");
  if (!sameShape(shape, inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      where,
      message: `Its inputs have the shape ${showShape(shape)}, not ${showShape(inputShape)}.`,
      hint: "Both splits need inputs of one shape.",
    });
  }
  checkLabels(labels.data, classes, where);
  if (inputs.dtype === "float32") checkFinite(inputs.data as Float32Array, sizeOf(shape), where);
}

function checkLabels(labels: Int32Array, classes: number, where: string): void {
  const row = labels.findIndex((label) => label < 0 || label >= classes);
  if (row < 0) return;
  throw new FathomError({
    code: "bad-input",
    where: `${where}, row ${row}`,
    message: `The label ${labels[row]} is out of range: there are ${classes} classes, 0 to ${classes - 1}.`,
    hint: "Correct the label, or check that the label file belongs to this data set.",
  });
}

function checkFinite(inputs: Float32Array, width: number, where: string): void {
  const bad = inputs.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  throw new FathomError({
    code: "bad-input",
    where: `${where}, row ${Math.floor(bad / width)}`,
    message: `Feature ${bad % width} is ${inputs[bad]}.`,
    hint: "Inputs must be finite numbers.",
  });
}

/**
 * The first rows of each split, in the original order (views, not copies).
 * @throws FathomError bad-input when a split has fewer rows than asked for, or for a size below 1.
 * @example firstRows(mnist, { trainSize: 5000 })
 */
export function firstRows(
  dataset: Dataset,
  {
    trainSize,
    testSize,
  }: { readonly trainSize?: number | undefined; readonly testSize?: number | undefined },
): Dataset {
  return {
    ...dataset,
    train: head(dataset.train, trainSize, `${dataset.name}, trainSize`),
    test: head(dataset.test, testSize, `${dataset.name}, testSize`),
  };
}

function head(split: Split, size: number | undefined, where: string): Split {
  const count = split.inputs.shape[0]!;
  if (size === undefined || size === count) return split;
  if (!Number.isInteger(size) || size < 1 || size > count) {
    throw badDataset(where, `Cannot take ${size} rows of ${count}.`, `Give an integer from 1 to ${count}.`);
  }
  return {
    inputs: leading(split.inputs, size),
    labels: leading(split.labels, size),
    ...(split.targets === undefined ? {} : { targets: leading(split.targets, size) }),
  };
}

function leading<D extends DType>({ dtype, shape, data }: NdArray<D>, size: number): NdArray<D> {
  const rest = shape.slice(1);
  return { dtype, shape: [size, ...rest], data: data.subarray(0, size * sizeOf(rest)) as typeof data };
}

function badDataset(
  where: string,
  message: string,
  hint = "Check the files that it was read from.",
): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}
