/**
 * @file An ONNX model as the subject of questions: opened, bound to inputs of the data (or, without data, to random ones), and
 * looked over for examples that act on each other.
 */
import { type Dataset, labelsOf, rowsAsFloat, rowsAsIds } from "../../data/index.ts";
import { inputName } from "../../expr/index.ts";
import {
  batchesOf,
  examplesApart,
  type ForeignChain,
  foreignChain,
  type OpenedModel,
  type OpenOptions,
  openForeign,
} from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import {
  FathomError,
  type Key,
  type NdArray,
  ndarray,
  normal,
  permutation,
  sizeOf,
  uniform,
} from "../../tensor/index.ts";

/** Which model, with what is open fixed, on which data. */
export interface ForeignSource {
  readonly path: string;
  readonly dims?: Readonly<Record<string, number>>;
  readonly output?: string;
  /** Random inputs where there is none. */
  readonly dataset?: Dataset;
}

export interface ForeignSubject extends OpenedModel {
  readonly path: string;
  readonly chain: ForeignChain;
  readonly examples: "apart" | "together";
  /** Whole batches, `[n, ...]`. */
  readonly inputs: NdArray;
  readonly dataset: Dataset | undefined;
  /** What the inputs are, in words. */
  readonly inputsAre: string;
}

/** Examples that are measured, at least, where the file fixes a smaller batch. */
const fewest = 16;

/**
 * Opens a model and draws its inputs.
 * @throws FathomError as `openForeign`; bad-shape where the data do not fit the model.
 */
export async function openSubject(
  source: ForeignSource,
  settings: { readonly key: Key; readonly options?: CompileOptions },
): Promise<ForeignSubject> {
  const { dataset } = source;
  const opened = await openForeign(source.path, openOptions(source));
  const { model } = opened;
  const rows = rowsFor(model);
  const inputs = drawInputs(opened, dataset, { name: "probe", key: settings.key });
  const [batch] = batchesOf(model, inputs);
  const apart = await examplesApart(model, { ...settings, inputs: batch! });
  const examples = apart ? "apart" : "together";
  return {
    ...opened,
    path: source.path,
    chain: foreignChain(model, { examples }),
    examples,
    inputs,
    dataset,
    inputsAre:
      dataset !== undefined
        ? `${rows} training rows of ${dataset.name}`
        : isIds(opened)
          ? `${rows} rows of random token ids`
          : `${rows} standard normal inputs, no data`,
  };
}

function rowsFor({ samples }: OpenedModel["model"]): number {
  return Math.max(1, Math.floor(fewest / samples)) * samples;
}

/** Whole batches: rows of the data drawn under a name, or random ones. */
export function drawInputs(
  opened: OpenedModel,
  dataset: Dataset | undefined,
  { name, key }: { readonly name: string; readonly key: Key },
): NdArray {
  const rows = rowsFor(opened.model);
  if (dataset === undefined) return randomInputs(opened, rows, key);
  return dataBatch(opened, dataset, { name, rows, key }).inputs;
}

/** How `openForeign` is to read the source. */
export function openOptions({ dims, output, dataset }: ForeignSource): OpenOptions {
  return {
    ...(dims === undefined ? {} : { dims }),
    ...(output === undefined ? {} : { output }),
    ...(dataset === undefined ? {} : { example: dataset.inputShape, rows: dataset.train.labels.data.length }),
  };
}

function isIds({ model }: OpenedModel): boolean {
  return !model.x.dtype.startsWith("float");
}

/**
 * Training rows drawn under a name of their own, in the shape of the model's input, with their classes.
 * @throws FathomError bad-shape where an example of the data has another size than one of the model.
 */
export function dataBatch(
  opened: OpenedModel,
  dataset: Dataset,
  { name, rows, key }: { readonly name: string; readonly rows: number; readonly key: Key },
): { readonly inputs: NdArray; readonly labels: NdArray<"int32"> } {
  checkFits(opened, dataset);
  const { x, samples } = opened.model;
  const available = dataset.train.labels.data.length;
  if (available < samples) {
    throw new FathomError({
      code: "bad-input",
      message: `The model takes ${samples} examples at once, and ${dataset.name} has ${available} training rows.`,
      where: "--data",
      hint: "Export the model with an open or smaller batch, or give more data.",
    });
  }
  const whole = Math.floor(Math.min(rows, available) / samples) * samples;
  const chosen = permutation(key.split("rows").split(name), available).subarray(0, whole);
  const take = dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
  const { data } = take(dataset, "train", chosen);
  return {
    inputs: ndarray(x.dtype, [whole, ...x.shape.slice(1)], data),
    labels: labelsOf(dataset, "train", chosen),
  };
}

/** Shapes agree, or one of the two is flat, or they differ in axes of size 1: a reshape keeps the meaning then. */
function checkFits(opened: OpenedModel, dataset: Dataset): void {
  const { x } = opened.model;
  const example = x.shape.slice(1);
  const core = (shape: readonly number[]) => shape.filter((size) => size !== 1).join("x");
  const same = core(example) === core(dataset.inputShape);
  const flat =
    sizeOf(example) === sizeOf(dataset.inputShape) &&
    (example.length === 1 || dataset.inputShape.length === 1);
  const ids = dataset.kind === "ids";
  if ((same || flat) && ids === isIds(opened)) {
    checkVocabulary(opened, dataset);
    return;
  }
  const what = ids === isIds(opened) ? "" : ids ? ", and holds token ids" : ", and holds no token ids";
  throw new FathomError({
    code: "bad-shape",
    message: `An example of ${dataset.name} has the shape [${dataset.inputShape.join(", ")}]${what}; the model's input "${inputName(x)}" takes [${example.join(", ")}]${isIds(opened) ? " token ids" : ""}.`,
    where: "--data",
    hint: "Give data of the model's shape (--data), images as channels × height × width; or probe it without --data, on random inputs.",
  });
}

/** Rows of the table that token ids are looked up in; undefined where there is none. */
function vocabularyOf({ model }: OpenedModel): number | undefined {
  const lookup = model.flow.order.find(({ op }) => op.name === "gather");
  return lookup?.inputs[0]?.shape[0];
}

function checkVocabulary(opened: OpenedModel, dataset: Dataset): void {
  const vocabulary = isIds(opened) ? vocabularyOf(opened) : undefined;
  if (vocabulary === undefined) return;
  const largest = (dataset.train.inputs.data as Int32Array).reduce((most, id) => Math.max(most, id), 0);
  if (largest < vocabulary) return;
  throw new FathomError({
    code: "bad-input",
    message: `${dataset.name} has token ids up to ${largest}; the model's table has ${vocabulary} rows.`,
    where: "--data",
    hint: `Give ids below ${vocabulary}, as with --vocabulary ${vocabulary}.`,
  });
}

function randomInputs(opened: OpenedModel, rows: number, key: Key): NdArray {
  const { x } = opened.model;
  const shape = [rows, ...x.shape.slice(1)];
  if (x.dtype === "float32" || x.dtype === "float64") return normal(key.split("inputs"), x.dtype, shape);
  const vocabulary = vocabularyOf(opened) ?? 2;
  const draws = uniform(key.split("inputs"), "float64", shape);
  return ndarray(
    x.dtype,
    shape,
    Array.from(draws.data, (value) => Math.floor(value * vocabulary)),
  );
}
