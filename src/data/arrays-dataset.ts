/**
 * @file Data sets as named arrays, in .npz and .safetensors files: x_train, y_train, x_test, y_test as Keras has them, or
 * inputs and labels under the usual names, which are then split.
 */
import {
  decodeNpz,
  decodeSafetensors,
  FathomError,
  type NdArray,
  type Shape,
  showShape,
  toInt32,
} from "../tensor/index.ts";
import { badArray, inputsOf, takeRows } from "./array-inputs.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import { type DataFiles, defineFormat } from "./format.ts";
import { LabelColumn } from "./labels.ts";
import { type ReadOptions, withInputShape } from "./options.ts";
import { readWhole } from "./source.ts";
import { badRow, partition } from "./table.ts";
import { askedTargets, askedTask, TargetRows } from "./target-rows.ts";

/** Arrays by name, wherever they are kept. */
interface NamedArrays {
  readonly where: string;
  readonly keys: readonly string[];
  read(key: string): NdArray;
  readText?(key: string): { readonly data: readonly string[]; readonly shape: Shape };
}

/** Names of inputs and of their labels, lower case; a pair that is there is taken, in this order. */
const PAIRS = [
  ["x", "y"],
  ["images", "labels"],
  ["data", "labels"],
  ["data", "target"],
  ["x", "labels"],
  ["features", "labels"],
  ["inputs", "labels"],
  ["x", "label"],
] as const;
const options = ["task", "split", "splitSeed", "shape"] as const;

export const npz = defineFormat({
  name: "npz",
  extensions: [".npz"],
  packing: "plain",
  summary: "NumPy arrays: x_train, y_train, x_test, y_test; or x and y (images and labels, data and target)",
  options,
  read: async (files, given) => {
    const open = async ({ train }: Pick<DataFiles, "train">) => decodeNpz(await readWhole(train), train.name);
    const test = files.test && (await open({ train: files.test }));
    return arraysDataset(files, { train: await open(files), test }, given);
  },
});

export const safetensors = defineFormat({
  name: "safetensors",
  extensions: [".safetensors"],
  packing: "plain",
  summary: "tensors by the same names as in .npz",
  options,
  read: async (files, given) => {
    const open = async ({ train }: Pick<DataFiles, "train">) => {
      const { tensors } = decodeSafetensors(await readWhole(train), train.name);
      return { where: train.name, keys: Object.keys(tensors), read: (key: string) => tensors[key]! };
    };
    const test = files.test && (await open({ train: files.test }));
    return arraysDataset(files, { train: await open(files), test }, given);
  },
});

/**
 * A data set from named arrays. Inputs are [N, features], [N, height, width], or [N, channels, height, width] with the
 * channels first or last; bytes keep their dtype and get the scale 1/255. Labels are [N] or [N, 1], whole numbers or text.
 * @throws FathomError bad-input listing the names there are; bad-shape for arrays that are no inputs or labels; what reading
 * an array throws.
 */
function arraysDataset(
  files: DataFiles,
  { train, test }: { readonly train: NamedArrays; readonly test?: NamedArrays | undefined },
  given: ReadOptions,
): Dataset {
  const parts = test === undefined ? findParts(train) : { train: findPair(train), test: findPair(test) };
  const whole = readPart(parts.train, given);
  const other = parts.test && readPart(parts.test, given);
  if (other !== undefined && other.inputs.dtype !== whole.inputs.dtype) {
    throw badArray(
      parts.test!.where,
      `Its inputs are ${other.inputs.dtype}, those for training ${whole.inputs.dtype}.`,
    );
  }
  const sources = parts.test === undefined ? files : { ...files, test: files.test ?? files.train };
  const { trainRows, testRows, facts } = partition(sources, { train: whole, test: other }, given);
  const inputShape = whole.inputs.shape.slice(1);
  const pick = (part: PartRows, rows: Int32Array) => ({ inputs: takeRows(part.inputs, rows) });
  const dataset = checkedDataset({
    ...facts,
    source: parts.test !== undefined && files.test === undefined ? files.train.name : facts.source,
    kind: inputShape.length === 1 ? "vector" : "image",
    inputShape,
    scale: whole.inputs.dtype === "uint8" ? 1 / 255 : 1,
    train: { ...facts.train, ...(other === undefined ? pick(whole, trainRows) : { inputs: whole.inputs }) },
    test: { ...facts.test, ...(other === undefined ? pick(whole, testRows) : { inputs: other.inputs }) },
  });
  return withInputShape(dataset, given.shape);
}

/** The arrays of one part. */
interface Part {
  readonly arrays: NamedArrays;
  readonly x: string;
  readonly y: string;
  readonly where: string;
}
interface PartRows {
  readonly count: number;
  readonly labels: LabelColumn;
  readonly targets?: TargetRows;
  readonly inputs: Split["inputs"];
}

function findParts(arrays: NamedArrays): { train: Part; test?: Part | undefined } {
  const training = findNamed(arrays, "train");
  if (training === undefined) return { train: findPair(arrays) };
  const test = findNamed(arrays, "test") ?? findNamed(arrays, "val");
  const stray = test === undefined && arrays.keys.find((key) => /(^|_)test(_|$)/i.test(key));
  if (!stray) return { train: training, test };
  throw badRow(
    arrays.where,
    `There are inputs or labels for testing (${stray}), but not both.`,
    "Name them x_test and y_test, or leave them out: then training rows are split.",
  );
}

/** `x_train`, `train_images`, `X_train` … */
function findNamed(arrays: NamedArrays, part: string): Part | undefined {
  for (const [x, y] of PAIRS) {
    const named = (name: string) => keyOf(arrays, [`${name}_${part}`, `${part}_${name}`, `${name}${part}`]);
    const [xKey, yKey] = [named(x), named(y)];
    if (xKey !== undefined && yKey !== undefined) return partOf(arrays, xKey, yKey);
  }
  return undefined;
}

function findPair(arrays: NamedArrays): Part {
  for (const [x, y] of PAIRS) {
    const [xKey, yKey] = [keyOf(arrays, [x]), keyOf(arrays, [y])];
    if (xKey !== undefined && yKey !== undefined) return partOf(arrays, xKey, yKey);
  }
  const keys = arrays.keys.slice(0, 30).join(", ") + (arrays.keys.length > 30 ? ", …" : "");
  throw badRow(
    arrays.where,
    `There are no inputs with labels among its arrays: ${keys || "it has none"}.`,
    "Name them x_train, y_train, x_test and y_test, or x and y.",
  );
}

function partOf(arrays: NamedArrays, x: string, y: string): Part {
  return { arrays, x, y, where: `${arrays.where}: ${x}` };
}

/** @throws FathomError bad-input where two arrays could be meant. */
function keyOf({ keys, where }: NamedArrays, names: readonly string[]): string | undefined {
  const [key, other] = keys.filter((found) => names.includes(found.toLowerCase()));
  if (other === undefined) return key;
  throw badRow(where, `Two arrays could be meant, ${key} and ${other}.`, "Keep one of them.");
}

function readPart({ arrays, x, y, where }: Part, given: ReadOptions): PartRows {
  const inputs = inputsOf(arrays.read(x), where);
  if (askedTargets(given, where) !== undefined || (given.task === "binary" && isWide(arrays, y))) {
    return { inputs, ...targetsOf(arrays, { x, y }, { given, inputs }) };
  }
  const labels = labelsOf(arrays, y);
  if (labels.codes.length !== inputs.shape[0]) {
    throw new FathomError({
      code: "bad-shape",
      where: `${arrays.where}: ${y}`,
      message: `There are ${labels.codes.length} labels for the ${inputs.shape[0]} inputs of ${x}.`,
      hint: "Give one label for each input.",
    });
  }
  return { count: labels.codes.length, labels, inputs };
}

/** Whether an array has several columns: yes and no of each. */
function isWide(arrays: NamedArrays, key: string): boolean {
  try {
    return (arrays.read(key).shape[1] ?? 1) > 1;
  } catch (error) {
    if (arrays.readText !== undefined && error instanceof FathomError) return false;
    throw error;
  }
}

/** Targets [N] or [N, targets]. */
function targetsOf(
  arrays: NamedArrays,
  { x, y }: Pick<Part, "x" | "y">,
  { given, inputs }: { readonly given: ReadOptions; readonly inputs: Split["inputs"] },
): { readonly count: number; readonly labels: LabelColumn; readonly targets: TargetRows } {
  const { shape, data } = arrays.read(y);
  const where = `${arrays.where}: ${y}`;
  if (shape.length < 1 || shape.length > 2 || shape[0] !== inputs.shape[0] || shape[1] === 0) {
    throw new FathomError({
      code: "bad-shape",
      where,
      message: `Targets of shape ${showShape(shape)} do not go with the ${inputs.shape[0]} inputs of ${x}.`,
      hint: "Give [N] or [N, targets] numbers, a row for each input.",
    });
  }
  const width = shape[1] ?? 1;
  const names = Array.from({ length: width }, (_, i) => (width === 1 ? y : `${y}[${i}]`));
  const targets = new TargetRows(arrays.where, names, askedTask(given));
  for (let row = 0; row < shape[0]!; row++) {
    const values = Array.from({ length: width }, (_, i) => Number(data[row * width + i]));
    targets.add(values, `${where}, row ${row}`);
  }
  return { count: shape[0]!, labels: new LabelColumn(`array ${y}`), targets };
}

function labelsOf(arrays: NamedArrays, key: string): LabelColumn {
  const where = `${arrays.where}: ${key}`;
  const column = new LabelColumn(`array ${key}`);
  const { shape, texts } = labelTexts(arrays, key, where);
  if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    throw new FathomError({
      code: "bad-shape",
      where,
      message: `Labels are [N], not ${showShape(shape)}.`,
      hint: "Give one class for each input; numpy.argmax(y, axis=1) turns one-hot rows into classes.",
    });
  }
  for (const [row, text] of texts.entries()) column.add(text, `${where}, row ${row}`);
  return column;
}

function labelTexts(
  arrays: NamedArrays,
  key: string,
  where: string,
): { shape: Shape; texts: readonly string[] } {
  try {
    const array = toInt32(arrays.read(key), where);
    return { shape: array.shape, texts: Array.from(array.data, String) };
  } catch (error) {
    const text = error instanceof FathomError && error.message.startsWith("It holds text");
    if (!text || arrays.readText === undefined) throw error;
    const { shape, data } = arrays.readText(key);
    return { shape, texts: data };
  }
}
