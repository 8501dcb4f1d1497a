/** @file The options of data: `--data`, a name or a path (cli.md), and how files are read. */
import { type Command, Option } from "commander";
import type { Dataset, LoadOptions } from "../data/index.ts";
import { FathomError, Key } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import { badUsage } from "./errors.ts";
import { choiceOption, integerOption, numberOption } from "./options.ts";
import type { RowRange } from "./rows.ts";

export interface DataOptions {
  readonly data: string;
  readonly standardize?: true;
  readonly label?: string;
  readonly task?: "classes" | "regression" | "binary";
  readonly target?: string[];
  /** A file of test rows; rows, where the command asks for them by this name and for the file by `--test-file`. */
  readonly test?: string | RowRange[];
  readonly testFile?: string;
  readonly split?: number;
  readonly splitSeed?: number;
  readonly shape?: number[];
  readonly delimiter?: string;
  readonly header?: "present" | "absent";
  readonly labelColumn?: string;
  readonly textColumn?: string;
  readonly bag?: "counts" | "tfidf";
  readonly tokens?: "words" | "bytes";
  readonly length?: number;
  readonly vocabulary?: number;
}

const heading = "Options of data:";
const dataText =
  "digits (generated), mnist, fashion-mnist, cifar10, or a path: .csv .tsv .libsvm .jsonl (or these .gz) .npz .safetensors, or a folder of IDX, CIFAR-10, train and test files, or pictures by class";

/** The flag that names a file of test rows. */
interface DataFlags {
  readonly testFile?: "--test" | "--test-file";
  /** Whether the command takes numbers and yes and no too; classes only unless said. */
  readonly tasks?: "any" | "classes";
}

/** Of commands whose `--test` names rows. */
export const besideRows: DataFlags = { testFile: "--test-file" };

/** Adds the options of a command that needs data. */
export function withData(command: Command, flags: DataFlags = {}): Command {
  return withDataOption(command, new Option("--data <name>", dataText).default("digits"), flags);
}

/** The same where a command does without data when none are named. */
export function withOptionalData(command: Command): Command {
  return withDataOption(command, new Option("--data <name>", dataText));
}

function withDataOption(command: Command, data: Option, { testFile = "--test" }: DataFlags = {}): Command {
  const options = [
    data,
    new Option(
      "--standardize",
      "shift and scale inputs to mean 0 and variance 1: tables by column, pictures as a whole (pixels are /255 unless said)",
    ),
    new Option("--label <column>", "column (name, or number from 1) or field of the labels"),
    new Option(
      "--task <name>",
      "classes, regression (numbers) or binary (yes and no) (default classes)",
    ).argParser(choiceOption("--task", ["classes", "regression", "binary"] as const)),
    new Option("--target <columns>", "columns or fields of numbers to predict, as price,area").argParser(
      (text) => text.split(",").map((name) => name.trim()),
    ),
    new Option(`${testFile} <file>`, "file of test rows (default: a companion called test, else a split)"),
    new Option(
      "--split <share>",
      "share of the rows for testing, where no test rows are given (default 0.2)",
    ).argParser(numberOption("--split", { above: 0, max: 0.99 })),
    new Option("--split-seed <n>", "another split (default 0, whatever --seed)").argParser(
      integerOption("--split-seed", { min: 0 }),
    ),
    new Option("--shape <sizes>", "rows of numbers as pictures 1x28x28 or signals 2x100").argParser(
      sizesOption,
    ),
    new Option(
      "--delimiter <character>",
      "what separates cells: comma, tab, semicolon or another (default: seen)",
    ).argParser(delimiterOption),
    new Option("--header <is>", "present or absent (default: seen from the first line)").argParser(
      choiceOption("--header", ["present", "absent"] as const),
    ),
    new Option("--text-column <column>", "column or field of texts (tables: none unless said)"),
    new Option("--label-column <column>", "the same as --label"),
    new Option(
      "--bag <weights>",
      "texts as bags of words, not token ids: counts (/ √length) or tfidf",
    ).argParser(choiceOption("--bag", ["counts", "tfidf"] as const)),
    new Option("--tokens <by>", "texts by words or bytes (default words)").argParser(
      choiceOption("--tokens", ["words", "bytes"] as const),
    ),
    new Option("--length <n>", "token ids a text (default: the longest, at most 256)").argParser(
      integerOption("--length", { min: 1 }),
    ),
    new Option("--vocabulary <n>", "most token ids of words (default 20000)").argParser(
      integerOption("--vocabulary", { min: 3 }),
    ),
  ];
  for (const option of options) command.addOption(option.helpGroup(heading));
  return command;
}

/** `1x28x28` as [1, 28, 28]. */
function sizesOption(text: string): number[] {
  const sizes = text.split("x").map((part) => (/^[1-9]\d{0,8}$/.test(part) ? Number(part) : Number.NaN));
  if (sizes.length <= 3 && sizes.every(Number.isFinite)) return sizes;
  throw badUsage(`--shape is "${text}".`, "--shape", "Give up to three sizes, as 1x28x28.");
}

/** A character, by itself or by name: tabs are hard to type in a shell. */
function delimiterOption(text: string): string {
  const named: Record<string, string> = { comma: ",", tab: "\t", "\\t": "\t", semicolon: ";", space: " " };
  const delimiter = Object.hasOwn(named, text) ? named[text]! : text;
  if (delimiter.length === 1) return delimiter;
  throw badUsage(`--delimiter is "${text}".`, "--delimiter", "Give one character, or comma, tab, semicolon.");
}

/** The data set with its generated parts drawn from the command's seed. */
export async function readDataset(
  options: DataOptions,
  context: Context,
  { testFile = "--test", tasks = "classes" }: DataFlags = {},
): Promise<Dataset> {
  const { loadDataset, requireClasses } = await import("../data/index.ts");
  const { data, standardize } = options;
  context.progress.report({ label: `reading ${data}`, done: 0, total: null });
  const key = Key.fromSeed(context.seed).split("data");
  const dataset = await loadDataset(data, {
    key,
    standardize: standardize === true,
    signal: context.signal,
    onProgress: ({ label, done, total, unit }) =>
      context.progress.report({
        label: `reading ${label}`,
        // The unit belongs to a number, and at the start there is none.
        ...(done === 0 ? {} : { detail: unit === "bytes" ? "MB" : "pictures" }),
        done: unit === "bytes" ? inMega(done) : done,
        total: unit === "bytes" ? total && inMega(total) : total,
      }),
    ...readingOptions(
      inReaderNames(testFile === "--test" ? options : { ...options, test: options.testFile }),
    ),
  }).catch((error) => {
    throw inDataFlags(error, (name) => (name === "test" ? testFile : flagOf(name)));
  });
  if (tasks === "classes") requireClasses(dataset, "The command");
  return dataset;
}

/** What a data set is, for scripts: where it comes from and what its classes are called. */
export function dataFacts({ source, task, targetNames, classes, classNames }: Dataset) {
  const answers = task === undefined ? { classes } : { task, targetNames };
  return { source, ...answers, ...(classNames === undefined ? {} : { classNames }) };
}

const namesShown = 20;

/** The same for people: labels that are no plain numbers with the class that each became. */
export function dataLines({ source, classNames }: Dataset): string {
  if (classNames === undefined) return `Data: ${source}\n`;
  const shown = classNames.slice(0, namesShown).map((name, i) => `${i} ${name}`);
  const more = classNames.length > namesShown ? ", …" : "";
  return `Data: ${source}\nClasses: ${shown.join(", ")}${more}\n`;
}

/** Bytes in MB, one decimal. */
export function inMega(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

const readingNames = [
  "label",
  "task",
  "target",
  "test",
  "split",
  "splitSeed",
  "shape",
  "delimiter",
  "header",
  "text",
  "bag",
  "tokens",
  "length",
  "vocabulary",
] as const;

/** Flags that readers know by other names. @throws FathomError bad-usage where both names of the label are given. */
function inReaderNames({
  labelColumn,
  textColumn,
  ...options
}: Omit<DataOptions, "test"> & { readonly test?: DataOptions["test"] | undefined }) {
  if (labelColumn !== undefined && options.label !== undefined)
    throw badUsage("Both --label and --label-column are given.", "--label-column", "Give one of the two.");
  return { ...options, label: options.label ?? labelColumn, text: textColumn };
}

/** Only what was given: a format refuses what it has no use for. */
function readingOptions(
  options: { readonly [name in (typeof readingNames)[number]]?: unknown },
): Partial<LoadOptions> {
  return Object.fromEntries(
    readingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/** Names of options are in the middle of what a reader of data says. */
function inDataFlags(error: unknown, flagOfName: (name: string) => string): unknown {
  if (!(error instanceof FathomError) || error.where === undefined) return error;
  const [, place, name] = /^(.*), (\w+)$/.exec(error.where) ?? [];
  const option = readingNames.find((known) => known === name);
  if (option === undefined) return error;
  const flag = flagOfName(option);
  return new FathomError({
    code: error.code,
    message: error.message.replace(`The option ${option}`, flag),
    where: `${place}, ${flag}`,
    ...(error.hint === undefined ? {} : { hint: withFlags(error.hint, flagOfName) }),
    cause: error,
  });
}

function flagOf(option: string): string {
  return option === "text" ? "--text-column" : `--${option.replace("S", "-s")}`;
}

/** Only the list of what applies names options; elsewhere these words mean what they say. */
function withFlags(hint: string, flagOfName: (name: string) => string): string {
  return hint.replace(/(?<=what applies is ).*(?=\.$)/, (names) =>
    names.split(", ").map(flagOfName).join(", "),
  );
}
