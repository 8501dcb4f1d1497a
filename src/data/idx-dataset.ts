/** @file A data set from the four IDX files of a training and a test split, wherever their bytes come from. */
import { FathomError, type NdArray, ndarray, type Shape, showShape, sizeOf } from "../tensor/index.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import { type IdxArray, readIdx } from "./idx.ts";

/** Bytes of a file, plain or gzip, and its name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface IdxFiles {
  readonly trainInputs: NamedBytes;
  readonly trainLabels: NamedBytes;
  readonly testInputs: NamedBytes;
  readonly testLabels: NamedBytes;
}

export interface IdxDatasetOptions {
  readonly name: string;
  readonly source: string;
  readonly files: IdxFiles;
  /** One more than the largest training label unless said. */
  readonly classes?: number | undefined;
}

/** More classes than this are taken for a file that holds no labels. */
const MAX_CLASSES = 65_536;

/**
 * Reads the four files. Inputs are images [N, height, width] or [N, channels, height, width], or vectors
 * [N, features]; unsigned bytes keep their dtype and get the scale 1/255, floats are taken as they are.
 * @throws FathomError what `readIdx` and `checkedDataset` throw; bad-file for arrays of another kind.
 * @example idxDataset({ name: "mine", source: "upload", files: { trainInputs, trainLabels, testInputs, testLabels } })
 */
export function idxDataset({ name, source, files, classes }: IdxDatasetOptions): Dataset {
  const trainInputs = readInputs(files.trainInputs);
  const trainLabels = readLabels(files.trainLabels);
  const test = { inputs: readInputs(files.testInputs), labels: readLabels(files.testLabels) };
  const train: Split = { inputs: trainInputs, labels: trainLabels };
  if (train.inputs.dtype !== test.inputs.dtype) {
    throw new FathomError({
      code: "bad-file",
      where: files.testInputs.name,
      message: `Its elements are ${test.inputs.dtype}, those of ${files.trainInputs.name} ${train.inputs.dtype}.`,
      hint: "Write both splits with one element type.",
    });
  }
  const inputShape = train.inputs.shape.slice(1);
  return checkedDataset({
    name,
    kind: inputShape.length === 1 ? "vector" : "image",
    inputShape,
    classes: classes ?? 1 + trainLabels.data.reduce((largest, label) => Math.max(largest, label), 0),
    scale: train.inputs.dtype === "uint8" ? 1 / 255 : 1,
    train,
    test,
    source,
  });
}

function readInputs({ name, bytes }: NamedBytes): NdArray<"uint8"> | NdArray<"float32"> {
  const array = readIdx(bytes, name);
  if (array.shape.length < 2 || array.shape.length > 4) {
    throw new FathomError({
      code: "bad-file",
      where: name,
      message: `Inputs of shape ${showShape(array.shape)} are neither images nor vectors.`,
      hint: "Inputs are [N, height, width], [N, channels, height, width] or [N, features]. Are these the labels?",
    });
  }
  const shape = imageShape(array.shape);
  if (array.dtype === "uint8") return ndarray("uint8", shape, array.data);
  return ndarray("float32", shape, Float32Array.from(array.data));
}

/** [N, height, width] gets its one channel. */
function imageShape(shape: Shape): Shape {
  return shape.length === 3 ? [shape[0]!, 1, shape[1]!, shape[2]!] : shape;
}

function readLabels({ name, bytes }: NamedBytes): NdArray<"int32"> {
  const array: IdxArray = readIdx(bytes, name);
  if (array.shape.length !== 1 || (array.dtype !== "uint8" && array.dtype !== "int32")) {
    throw new FathomError({
      code: "bad-file",
      where: name,
      message: `Labels are a list of integers, not ${array.dtype} ${showShape(array.shape)}.`,
      hint: "Is this the file of the inputs?",
    });
  }
  const row = array.data.findIndex((label) => label < 0 || label >= MAX_CLASSES);
  if (row >= 0) {
    throw new FathomError({
      code: "bad-file",
      where: `${name}, row ${row}`,
      message: `The label ${array.data[row]} is out of range.`,
      hint: `Labels count from 0 and stay below ${MAX_CLASSES}.`,
    });
  }
  return ndarray("int32", [sizeOf(array.shape)], Int32Array.from(array.data));
}
