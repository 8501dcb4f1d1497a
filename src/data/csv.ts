/**
 * @file Tables as delimited text (CSV, TSV): one row an example, one column the label, all others numbers. Read line by line,
 * so that memory holds the numbers and not the text.
 */

import { eachRecord } from "./csv-records.ts";
import type { Dataset } from "./dataset.ts";
import { type DataFiles, defineFormat } from "./format.ts";
import { LabelColumn } from "./labels.ts";
import { linePlace } from "./lines.ts";
import { headers, labelledRows, type ReadOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";
import { badRow, Table, vectorDataset } from "./table.ts";
import { askedTargets, askedTask, TargetRows } from "./target-rows.ts";
import { checkTextOptions, type TextRows, textDataset } from "./text-dataset.ts";
import { Texts } from "./tokens.ts";

/** Columns taken for the label where none is named, in this order; else it is the last one. */
const USUAL_LABELS = ["label", "labels", "class", "target", "y"];
const MISSING = new Set(["", "na", "n/a", "nan", "null", "none", "?", "-"]);

export const csv = defineFormat({
  name: "csv",
  extensions: [".csv", ".tsv"],
  packing: "plain or gzip",
  summary: "a table: numbers, and a column of labels (named label, class, target or y, else the last)",
  options: [...labelledRows, "delimiter", "header"],
  read: readCsv,
});

/** The columns of a table. */
interface Layout {
  /** Names, or none without a header. */
  readonly names: readonly string[] | undefined;
  readonly width: number;
  /** The label's; -1 where there are targets. */
  readonly label: number;
  readonly targets: readonly number[];
}

/**
 * Reads a table, or one of training and one of test rows.
 * @throws FathomError bad-input naming file, line and column for a missing value, text that is no number, a row of another
 * length, a label column that is not there; bad-file for quotes that do not match; and as `vectorDataset`.
 * @example await readCsv({ name: "iris", train: bytesSource("iris.csv", bytes) }, { label: "species" })
 */
export async function readCsv(files: DataFiles, options: ReadOptions = {}): Promise<Dataset> {
  if (options.text !== undefined) return readTextColumn(files, options.text, options);
  for (const name of ["bag", "tokens", "length", "vocabulary"] as const) {
    if (options[name] !== undefined)
      throw badRow(
        `${files.name}, ${name}`,
        `The option ${name} is for texts.`,
        "Name the column of texts as text.",
      );
  }
  const train = await readTable(files.train, options);
  const test = files.test === undefined ? undefined : await readTable(files.test, options);
  return vectorDataset(files, { train, test }, options);
}

async function readTextColumn(files: DataFiles, column: string, options: ReadOptions): Promise<Dataset> {
  checkTextOptions(options, files.name);
  const train = await readTexts(files.train, column, options);
  const test = files.test === undefined ? undefined : await readTexts(files.test, column, options);
  return textDataset(files, { train, test }, options);
}

/** A column of texts and that of labels or targets; other columns are left out. */
async function readTexts(source: ByteSource, column: string, options: ReadOptions): Promise<TextRows> {
  checkOptions(source.name, options);
  let layout: Layout | undefined;
  let at = 0;
  let labels = new LabelColumn("the label");
  let targets: TargetRows | undefined;
  const texts = new Texts(source.name, options);
  await eachRecord(source, options.delimiter, (cells, line) => {
    const place = linePlace(source.name, line);
    if (layout === undefined) {
      layout = layoutOf(cells, place, options);
      at = namedColumn({ cells, names: layout.names, place }, column, "text");
      if (at === layout.label || layout.targets.includes(at)) {
        throw badRow(
          place,
          "One column is both the text and what is to be said of it.",
          "Name another label.",
        );
      }
      const table = tableOf(source.name, layout, options);
      ({ labels, targets } = table);
      if (layout.names !== undefined) return;
    }
    requireWidth(cells, layout, place);
    const answers = layout.targets.map((target) => numberAt(cells, target, layout!, place));
    texts.add(cells[at]!);
    if (targets === undefined) labels.add(cells[layout.label]!, place);
    else targets.add(answers, place);
  });
  return { count: targets?.count ?? labels.codes.length, labels, targets, texts };
}

async function readTable(source: ByteSource, options: ReadOptions): Promise<Table> {
  checkOptions(source.name, options);
  let layout: Layout | undefined;
  let table: Table | undefined;
  let features = new Float64Array(0);
  let answers = new Float64Array(0);
  await eachRecord(source, options.delimiter, (cells, line) => {
    if (layout === undefined) {
      layout = layoutOf(cells, linePlace(source.name, line), options);
      table = tableOf(source.name, layout, options);
      answers = new Float64Array(layout.targets.length);
      features = new Float64Array(layout.width - Math.max(1, layout.targets.length));
      if (layout.names !== undefined) return;
    }
    readNumbers(cells, layout, { features, answers }, { name: source.name, line });
    table!.add(features, cells[layout.label] ?? answers, linePlace(source.name, line));
  });
  return table ?? new Table(source.name);
}

function tableOf(name: string, layout: Layout, options: ReadOptions): Table {
  if (layout.targets.length === 0) return new Table(name, columnName(layout, layout.label));
  const names = layout.targets.map((column) => layout.names?.[column] || `column ${column + 1}`);
  return new Table(name, "the targets", new TargetRows(name, names, askedTask(options)));
}

function readNumbers(
  cells: readonly string[],
  layout: Layout,
  { features, answers }: { readonly features: Float64Array; readonly answers: Float64Array },
  { name, line }: { readonly name: string; readonly line: number },
): void {
  const place = linePlace(name, line);
  requireWidth(cells, layout, place);
  for (let column = 0, i = 0; column < cells.length; column++) {
    if (column === layout.label) continue;
    const value = numberAt(cells, column, layout, place);
    const target = layout.targets.indexOf(column);
    if (target < 0) features[i++] = value;
    else answers[target] = value;
  }
}

function requireWidth(cells: readonly string[], { width }: Layout, place: string): void {
  if (cells.length === width) return;
  throw badRow(
    place,
    `The row has ${cells.length} cells, the first line ${width}.`,
    "Give every row the same cells; text that holds the delimiter stands in quotes.",
  );
}

function numberAt(cells: readonly string[], column: number, layout: Layout, place: string): number {
  const value = numberOf(cells[column]!);
  if (Number.isFinite(Math.fround(value))) return value;
  throw badCell(cells[column]!, `${place}, ${columnName(layout, column)}`, layout);
}

/** Decimal numbers; NaN for anything else that `Number` would take: empty text, 0x10. */
function numberOf(cell: string): number {
  const value = Number(cell);
  if (value === 0 && cell.trim() === "") return Number.NaN;
  return cell.length > 1 && /^\s*0[xob]/i.test(cell) ? Number.NaN : value;
}

function badCell(cell: string, where: string, { names }: Layout): Error {
  const text = cell.trim();
  if (MISSING.has(text.toLowerCase())) {
    const what = text === "" ? "The value is missing" : `The value is missing (${text})`;
    return badRow(where, `${what}.`, "Fill in a number, or leave out the row or the column.");
  }
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  return Number.isNaN(numberOf(cell))
    ? badRow(where, `${shown} is no number.`, numberHint(text, names === undefined))
    : badRow(where, `${shown} is no finite float32 number.`, "Rescale the column, or correct the value.");
}

function numberHint(text: string, headerless: boolean): string {
  if (/^[+-]?\d*,\d+$/.test(text)) return "Write decimals with a point.";
  const header = headerless ? ", or that a header is present" : "";
  return `Write categories as numbers (one column of 0 and 1 each), or say which column is the label and what separates cells${header}.`;
}

function layoutOf(cells: readonly string[], place: string, options: ReadOptions): Layout {
  const header = options.header ?? (looksLikeHeader(cells) ? "present" : "absent");
  const names = header === "present" ? cells.map((cell) => cell.trim()) : undefined;
  if (cells.length < 2) {
    throw badRow(
      place,
      "The table has a single column.",
      "Give at least one feature and a label; say what separates the cells if it is neither comma, tab nor semicolon.",
    );
  }
  const columns = { cells, names, place };
  const asked = askedTargets(options, place);
  if (asked === undefined)
    return { names, width: cells.length, label: labelColumn(columns, options.label), targets: [] };
  const targets =
    asked === "label"
      ? [labelColumn(columns, options.label)]
      : asked.map((name) => namedColumn(columns, name, "target"));
  if (new Set(targets).size < targets.length || targets.length >= cells.length) {
    throw badRow(
      place,
      "Every column is a target, or one is named twice.",
      "Leave at least one column of features.",
    );
  }
  return { names, width: cells.length, label: -1, targets };
}

/**
 * Names are no numbers; but pandas numbers columns 0, 1, 2, 3, …, all or all beside a name, which no first row of data is
 * likely to be.
 */
function looksLikeHeader(cells: readonly string[]): boolean {
  const numbers = cells.filter((cell) => !Number.isNaN(numberOf(cell))).map(Number);
  if (numbers.length === 0) return true;
  return numbers.length >= 4 && numbers.length >= cells.length - 1 && numbers.every((n, i) => n === i);
}

interface Columns {
  readonly cells: readonly string[];
  readonly names: readonly string[] | undefined;
  /** Of the first line. */
  readonly place: string;
}

function labelColumn(columns: Columns, wanted: string | undefined): number {
  if (wanted !== undefined) return namedColumn(columns, wanted, "label");
  const { cells, names } = columns;
  const usual = USUAL_LABELS.map((name) => (names ?? []).findIndex((n) => n.toLowerCase() === name));
  return usual.find((column) => column >= 0) ?? cells.length - 1;
}

/** A column by its name, or its number from 1. */
function namedColumn(
  { cells, names, place }: Columns,
  wanted: string,
  what: "label" | "target" | "text",
): number {
  const named = (names ?? []).indexOf(wanted.trim());
  if (named >= 0) return named;
  const number = /^\d+$/.test(wanted.trim()) ? Number(wanted) : 0;
  if (number >= 1 && number <= cells.length) return number - 1;
  const known = (names ?? []).slice(0, 12).join(", ") + ((names ?? []).length > 12 ? ", …" : "");
  throw badRow(
    place,
    `There is no ${what} column ${JSON.stringify(wanted)}.`,
    names === undefined
      ? `The table has no header: give a number from 1 to ${cells.length}.`
      : `The columns are ${known}; a number from 1 to ${cells.length} does as well.`,
  );
}

function columnName({ names }: Layout, column: number): string {
  const name = names?.[column];
  return name === undefined || name === "" ? `column ${column + 1}` : `column ${JSON.stringify(name)}`;
}

function checkOptions(name: string, { delimiter, header }: ReadOptions): void {
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n]/.test(delimiter))) {
    throw badRow(
      `${name}, delimiter`,
      `${JSON.stringify(delimiter)} cannot separate cells.`,
      "Give one character.",
    );
  }
  if (header !== undefined && !headers.includes(header)) {
    throw badRow(
      `${name}, header`,
      `The header cannot be ${JSON.stringify(header)}.`,
      "Give present or absent.",
    );
  }
}
