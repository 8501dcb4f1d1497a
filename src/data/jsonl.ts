/**
 * @file JSON lines: an object a line, with a label and either a text, which becomes token ids, or an array `x` of numbers.
 */
import { FathomError, type Shape, showShape } from "../tensor/index.ts";
import type { Dataset } from "./dataset.ts";
import { type DataFiles, defineFormat } from "./format.ts";
import { LabelColumn } from "./labels.ts";
import { lineBatches, linePlace } from "./lines.ts";
import { labelledRows, type ReadOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";
import { badRow, Table, vectorDataset } from "./table.ts";
import { askedTargets, askedTask, TargetRows } from "./target-rows.ts";
import { checkTextOptions, type TextRows, textDataset } from "./text-dataset.ts";
import { Texts } from "./tokens.ts";

const TEXT_FIELDS = ["text", "sentence", "content", "review"];
const NUMBER_FIELDS = ["x", "features", "inputs"];
const LABEL_FIELDS = ["label", "y", "class", "target"];

export const jsonl = defineFormat({
  name: "jsonl",
  extensions: [".jsonl", ".ndjson"],
  packing: "plain or gzip",
  summary:
    'an object a line: {"text": "…", "label": …} becomes token ids, {"x": [numbers], "label": …} vectors',
  options: labelledRows,
  read: readJsonl,
});

/**
 * Reads JSON lines, or one file of training and one of test rows. The first line says whether rows are texts or numbers.
 * Numbers may be nested, [channels][time] or [channels][height][width].
 * @throws FathomError bad-input naming file, line and field for what is missing or of another kind; bad-file for lines that
 * are no JSON objects.
 * @example await readJsonl({ name: "reviews", train: bytesSource("reviews.jsonl", bytes) }, { tokens: "words", length: 64 })
 */
export async function readJsonl(files: DataFiles, options: ReadOptions = {}): Promise<Dataset> {
  checkTextOptions(options, files.name);
  const train = await readRows(files.train, options);
  const test = files.test === undefined ? undefined : await readRows(files.test, options);
  if (test !== undefined && typeof test.inputs !== typeof train.inputs) throw mixed(files);
  if (train.table !== undefined && (test === undefined || test.table !== undefined)) {
    const shape = options.shape ?? (train.shape.length > 1 ? train.shape : undefined);
    const tables = { train: train.table, test: test?.table };
    return vectorDataset(files, tables, shape === undefined ? options : { ...options, shape });
  }
  if (train.texts === undefined || (test !== undefined && test.texts === undefined)) throw mixed(files);
  return textDataset(files, { train: train as TextRows, test: test as TextRows | undefined }, options);
}

interface ReadRows {
  readonly count: number;
  readonly labels: LabelColumn;
  readonly targets: TargetRows | undefined;
  readonly inputs: "text" | "numbers";
  readonly table?: Table;
  /** Of one row of numbers. */
  readonly shape: Shape;
  readonly texts?: Texts;
}
/** Which fields hold what, as the first line shows. */
interface Fields {
  readonly input: string;
  readonly kind: "text" | "numbers";
  readonly label: string;
  /** Fields of numbers to predict, in place of the label. */
  readonly targets: readonly string[];
}

async function readRows(source: ByteSource, options: ReadOptions): Promise<ReadRows> {
  let fields: Fields | undefined;
  let shape: Shape | undefined;
  let labels = new LabelColumn("the label");
  let table: Table | undefined;
  let targets: TargetRows | undefined;
  const texts = new Texts(source.name, options);
  await eachObject(source, (row, place) => {
    fields ??= fieldsOf(row, place, options);
    if (fields.targets.length > 0)
      targets ??= new TargetRows(source.name, fields.targets, askedTask(options));
    if (fields.kind === "text") {
      texts.add(textOf(row, fields.input, place));
      if (targets === undefined) labels.add(labelText(row, fields.label, place), place);
      else targets.add(targetsOf(row, targets, place), place);
      return;
    }
    table ??= new Table(source.name, `field ${JSON.stringify(fields.label)}`, targets);
    labels = table.labels;
    const numbers = flattened(row[fields.input], `${place}, field ${JSON.stringify(fields.input)}`);
    shape ??= numbers.shape;
    if (numbers.shape.join() !== shape.join()) {
      throw badRow(
        `${place}, field ${JSON.stringify(fields.input)}`,
        `Its shape is ${showShape(numbers.shape)}, that of the first row ${showShape(shape)}.`,
        "Give every row arrays of one shape.",
      );
    }
    const answer =
      targets === undefined ? labelText(row, fields.label, place) : targetsOf(row, targets, place);
    table.add(numbers.values, answer, place);
  });
  const inputs =
    table === undefined ? { inputs: "text" as const, texts } : { inputs: "numbers" as const, table };
  const count = targets?.count ?? labels.codes.length;
  return { count, labels, targets, shape: shape ?? [], ...inputs };
}

type JsonObject = Readonly<Record<string, unknown>>;

async function eachObject(source: ByteSource, take: (row: JsonObject, place: string) => void): Promise<void> {
  for await (const { first, lines } of lineBatches(source)) {
    for (const [i, line] of lines.entries()) {
      if (line.trim() !== "")
        take(parsed(line, linePlace(source.name, first + i)), linePlace(source.name, first + i));
    }
  }
}

function parsed(line: string, place: string): JsonObject {
  let value: unknown;
  let cause: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    cause = error;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new FathomError({
    code: "bad-file",
    where: place,
    message:
      cause instanceof Error ? `The line is no JSON: ${cause.message}.` : "The line is no JSON object.",
    hint: 'Write an object on each line: {"text": "…", "label": 0}.',
    cause,
  });
}

function fieldsOf(row: JsonObject, place: string, options: ReadOptions): Fields {
  const has = (name: string) => Object.hasOwn(row, name);
  const asked = askedTargets(options, place);
  const wanted = Array.isArray(asked) ? (asked.find((name) => !has(name)) ?? asked[0]) : options.label;
  const label = wanted ?? LABEL_FIELDS.find(has);
  const numbers = NUMBER_FIELDS.find((name) => has(name) && name !== label && Array.isArray(row[name]));
  const text = [options.text ?? TEXT_FIELDS].flat().find((name) => has(name) && name !== label);
  const input = options.text === undefined ? (text ?? numbers) : text;
  if (label !== undefined && has(label) && input !== undefined) {
    const targets = asked === undefined ? [] : asked === "label" ? [label] : asked;
    return { input, kind: text === undefined ? "numbers" : "text", label, targets };
  }
  const there = Object.keys(row).slice(0, 12).join(", ") || "none";
  const missing =
    label === undefined || !has(label)
      ? `no field ${(wanted === undefined ? LABEL_FIELDS : [wanted]).join(", ")} for the label`
      : `no field ${(options.text === undefined ? [...TEXT_FIELDS, ...NUMBER_FIELDS] : [options.text]).join(", ")} for the input`;
  throw badRow(
    place,
    `The row has ${missing}.`,
    `Its fields are: ${there}. Rename them, or name the label's.`,
  );
}

function textOf(row: JsonObject, field: string, place: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  throw badField(row, field, place, "a text");
}

function targetsOf(row: JsonObject, { names }: TargetRows, place: string): number[] {
  return names.map((name) => {
    const value = row[name];
    if (typeof value === "number" || typeof value === "boolean") return Number(value);
    throw badField(row, name, place, "a number");
  });
}

function labelText(row: JsonObject, field: string, place: string): string {
  const value = row[field];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return typeof value === "boolean" ? String(Number(value)) : String(value);
  }
  throw badField(row, field, place, "a whole number or a name");
}

function badField(row: JsonObject, field: string, place: string, wanted: string): FathomError {
  const value = JSON.stringify(row[field])?.slice(0, 40);
  return badRow(
    `${place}, field ${JSON.stringify(field)}`,
    Object.hasOwn(row, field) ? `It is ${value}, not ${wanted}.` : "The field is missing.",
    `Give every row ${wanted} there.`,
  );
}

/** Nested arrays of numbers, row-major. */
function flattened(value: unknown, place: string): { values: number[]; shape: number[] } {
  const shape: number[] = [];
  let level = value;
  for (; Array.isArray(level) && shape.length < 4; level = level[0]) shape.push(level.length);
  const values: number[] = [];
  const walk = (part: unknown, depth: number) => {
    if (depth === shape.length) {
      if (typeof part !== "number") {
        throw badRow(
          place,
          `It holds ${JSON.stringify(part)?.slice(0, 40)}, no number.`,
          "Give numbers only.",
        );
      }
      values.push(part);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) {
      throw badRow(place, "Its arrays differ in length.", "Give arrays of numbers that form a block.");
    }
    for (const inner of part) walk(inner, depth + 1);
  };
  if (shape.length < 1 || shape.length > 3) {
    throw badRow(place, "It is no array of numbers of one to three axes.", "Give an array of numbers.");
  }
  walk(value, 0);
  return { values, shape };
}

function mixed(files: DataFiles): FathomError {
  return badRow(
    files.test?.name ?? files.name,
    "One file holds texts, the other numbers.",
    "Give training and test rows of one kind.",
  );
}
