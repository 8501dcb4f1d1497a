/**
 * @file Data sets by name or path. The parts that need a file system are loaded when they are called for, so that
 * a page can use the generated sets.
 */
import { FathomError, Key } from "../tensor/index.ts";
import { catalogueEntry, type DownloadableEntry, type GeneratedEntry } from "./catalogue.ts";
import { type Dataset, firstRows } from "./dataset.ts";
import { digits } from "./digits.ts";
import type { ReadOptions } from "./options.ts";
import type { ReadProgress } from "./read-path.ts";
import { standardized } from "./standardize.ts";

/** How a data set is read, and how much of it. */
export interface LoadOptions extends ReadOptions {
  /** Stream of a generated set; the same digits every time unless said. Files are read the same whatever the key. */
  readonly key?: Key;
  /** Number of training rows: the first of a file, as many as asked of a generated set. */
  readonly trainSize?: number;
  readonly testSize?: number;
  /** Shift and scale to mean 0 and variance 1 over the training split (see `standardized`); not unless said. */
  readonly standardize?: boolean;
  /** A file of test rows, for a file that has none of its own. */
  readonly test?: string;
  readonly onProgress?: (progress: ReadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Loads `digits` (generated); `mnist`, `fashion-mnist`, `cifar10` (from `$FATHOM_DATA/<name>`, else the cache that `download`
 * fills); or a path, or a name in `$FATHOM_DATA`: a file `.csv`, `.tsv`, `.libsvm`, `.jsonl` (these packed as well: `.csv.gz`),
 * `.npz`, `.safetensors`, or a folder of IDX files, of CIFAR-10's batches, of a training and a test file, or of pictures in
 * a folder for each class. `a_train.csv` and `a_test.csv` are one data set, whichever is named, and so is `a`. Rows without a
 * test part are split class by class, 80 to 20 unless said.
 * @throws FathomError not-found when there is no such data, telling where it was looked for; what the reader and
 * `checkedDataset` throw for files that are malformed; bad-input for options that do not apply and for sizes that the data
 * do not have; cancelled.
 * @example const { train, scale } = await loadDataset("digits", { trainSize: 5000 });
 * @example const iris = await loadDataset("iris.csv", { label: "species", standardize: true });
 */
export async function loadDataset(nameOrPath: string, options: LoadOptions = {}): Promise<Dataset> {
  const entry = catalogueEntry(nameOrPath);
  const dataset =
    entry?.kind === "generated"
      ? generated(entry, options)
      : firstRows(await fromFiles(nameOrPath, entry, options), options);
  return options.standardize ? standardized(dataset) : dataset;
}

function generated(entry: GeneratedEntry, options: LoadOptions): Dataset {
  refuseReading(entry.name, options);
  const { key = Key.fromSeed(0), trainSize, testSize } = options;
  const sizes = { trainSize: trainSize ?? entry.trainSize, testSize: testSize ?? entry.testSize };
  for (const [where, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new FathomError({
        code: "bad-input",
        where: `${entry.name}, ${where}`,
        message: `Cannot generate ${size} rows.`,
        hint: "Give an integer >= 1.",
      });
    }
  }
  return {
    name: entry.name,
    kind: "image",
    inputShape: entry.inputShape,
    classes: entry.classes,
    scale: 1 / 255,
    train: digits({ key: key.split("train"), count: sizes.trainSize }),
    test: digits({ key: key.split("test"), count: sizes.testSize }),
    source: `generated (key ${key})`,
  };
}

async function fromFiles(
  nameOrPath: string,
  entry: DownloadableEntry | undefined,
  options: LoadOptions,
): Promise<Dataset> {
  if (entry === undefined) {
    const { readPath } = await import("./read-path.ts");
    const { test, onProgress, signal } = options;
    return readPath(nameOrPath, { read: readOptionsOf(options), test, onProgress, signal });
  }
  refuseReading(entry.name, options);
  const { folderOf, searchFolders } = await import("./places.ts");
  const folder = await folderOf(entry);
  if (folder !== undefined) return readEntry(entry, folder);
  const files = entry.files.map((file) => file.name);
  throw new FathomError({
    code: "not-found",
    where: entry.name,
    message: `The data set ${entry.name} is not on this machine: looked in ${searchFolders(entry.name).join(" and ")}.`,
    hint: `Run \`fathom data get ${entry.name}\`; or set FATHOM_DATA to the folder in which ${entry.name} holds ${files.join(", ")}.`,
  });
}

async function readEntry(entry: DownloadableEntry, folder: string): Promise<Dataset> {
  if (entry.format === "cifar10") {
    const { readCifar10 } = await import("./cifar10.ts");
    return readCifar10(folder, entry.name);
  }
  const { readIdxFolder } = await import("./folder.ts");
  return readIdxFolder(folder, entry);
}

/** The part of the options that readers take. */
function readOptionsOf(options: LoadOptions): ReadOptions {
  const { key: _, trainSize, testSize, standardize, test, onProgress, signal, ...read } = options;
  return read;
}

/** Data sets of the catalogue are what they are. */
function refuseReading(name: string, options: LoadOptions): void {
  const stray = Object.entries({ ...readOptionsOf(options), test: options.test }).find(
    ([, value]) => value !== undefined,
  );
  if (stray === undefined) return;
  throw new FathomError({
    code: "bad-input",
    where: `${name}, ${stray[0]}`,
    message: `The option ${stray[0]} does not apply to ${name}.`,
    hint: "Leave it out; it is for files of your own.",
  });
}
