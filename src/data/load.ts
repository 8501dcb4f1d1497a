/**
 * @file Data sets by name or path. The parts that need a file system are loaded when they are called for, so that
 * a page can use the generated sets.
 */
import { FathomError, Key } from "../tensor/index.ts";
import { catalogue, catalogueEntry, type DownloadableEntry, type GeneratedEntry } from "./catalogue.ts";
import { type Dataset, firstRows } from "./dataset.ts";
import { digits } from "./digits.ts";
import { standardized } from "./rows.ts";

export interface LoadOptions {
  /** Stream of a generated set; the same digits every time unless said. Files keep their order whatever the key. */
  readonly key?: Key;
  /** Number of training rows: the first of a file, as many as asked of a generated set. */
  readonly trainSize?: number;
  readonly testSize?: number;
  /** Shift and scale to mean 0 and variance 1 over the training split (see `standardized`); not unless said. */
  readonly standardize?: boolean;
}

/**
 * Loads `digits` (generated), `mnist`, `fashion-mnist` (from `$FATHOM_DATA/<name>`, else the cache that `download`
 * fills), or a folder of IDX files given by its path or by its name in `$FATHOM_DATA`.
 * @throws FathomError not-found when there is no such data, telling where it was looked for; what the reader and
 * `checkedDataset` throw for files that are malformed; bad-input for sizes that the data do not have.
 * @example const { train, scale } = await loadDataset("digits", { trainSize: 5000 });
 */
export async function loadDataset(nameOrPath: string, options: LoadOptions = {}): Promise<Dataset> {
  const entry = catalogueEntry(nameOrPath);
  const dataset =
    entry?.kind === "generated"
      ? generated(entry, options)
      : firstRows(await fromFiles(nameOrPath, entry), options);
  return options.standardize ? standardized(dataset) : dataset;
}

function generated(
  entry: GeneratedEntry,
  { key = Key.fromSeed(0), trainSize, testSize }: LoadOptions,
): Dataset {
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

async function fromFiles(nameOrPath: string, entry: DownloadableEntry | undefined): Promise<Dataset> {
  const { readIdxFolder } = await import("./folder.ts");
  if (entry === undefined) {
    const folder = await findFolder(nameOrPath);
    return readIdxFolder(folder, { name: nameOrPath.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "") });
  }
  const { folderWith, searchFolders } = await import("./places.ts");
  const files = entry.files.map((file) => file.name);
  const folder = await folderWith(entry.name, files);
  if (folder !== undefined) return readIdxFolder(folder, entry);
  throw new FathomError({
    code: "not-found",
    where: entry.name,
    message: `The data set ${entry.name} is not on this machine: looked in ${searchFolders(entry.name).join(" and ")}.`,
    hint: `Run \`fathom data get ${entry.name}\`, or put ${files.join(", ")} in one of those folders.`,
  });
}

/** The folder of a path, or of a name in `$FATHOM_DATA`. */
async function findFolder(nameOrPath: string): Promise<string> {
  const { default: fs } = await import("node:fs/promises");
  const { searchFolders } = await import("./places.ts");
  for (const candidate of nameOrPath === "" ? [] : [nameOrPath, ...searchFolders(nameOrPath)]) {
    const found = await fs.stat(candidate).catch(() => undefined);
    if (found?.isDirectory()) return candidate;
    if (found !== undefined) {
      throw new FathomError({
        code: "unsupported",
        where: nameOrPath,
        message: `${candidate} is a file; only folders of IDX files are read.`,
        hint: "Give the folder that holds the IDX files.",
      });
    }
  }
  throw new FathomError({
    code: "not-found",
    where: nameOrPath,
    message: `There is no data set "${nameOrPath}", and no such folder.`,
    hint: `Known names: ${catalogue.map(({ name }) => name).join(", ")}; or the path of a folder of IDX files.`,
  });
}
