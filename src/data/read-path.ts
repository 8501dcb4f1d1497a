/** @file A data set from a path: a file by its extension, a folder by what it holds (Node only). */
import fs from "node:fs/promises";
import path from "node:path";
import { FathomError } from "../tensor/index.ts";
import { holdsCifar10, readCifar10 } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { findData, pairIn } from "./find.ts";
import { holdsIdx, readIdxFolder } from "./folder.ts";
import { readable, readDataFiles, refuseOptions } from "./formats.ts";
import { readImages } from "./images.ts";
import type { ReadOptions } from "./options.ts";
import { ioError, namesIn } from "./places.ts";
import { type ByteSource, fileSource } from "./source.ts";

export interface ReadProgress {
  /** The file or folder. */
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly unit: "bytes" | "pictures";
}

export interface PathOptions {
  readonly read: ReadOptions;
  /** A file of test rows. */
  readonly test?: string | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what a path, or a name in `$FATHOM_DATA`, stands for.
 * @throws FathomError as `findData` and the readers; cancelled.
 */
export async function readPath(nameOrPath: string, options: PathOptions): Promise<Dataset> {
  const found = await findData(nameOrPath);
  const name = nameOrPath.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "");
  if (found.kind === "folder") return readFolder(found.folder, name, options);
  // A share to split by says that the training file is meant alone.
  const companion = options.read.split === undefined ? found.test : undefined;
  return readFiles(name, found.train, options.test ?? companion, options);
}

async function readFolder(folder: string, name: string, options: PathOptions): Promise<Dataset> {
  const names = await namesIn(folder);
  const pair = await pairIn(folder);
  if (pair !== undefined && !holdsIdx(names))
    return readFiles(name, pair.train, options.test ?? pair.test, options);
  refuseTest(options, folder);
  if (holdsCifar10(names) || holdsIdx(names)) {
    refuseOptions(options.read, [], folder);
    return holdsCifar10(names) ? readCifar10(folder, name) : readIdxFolder(folder, { name });
  }
  if (await hasFolders(folder)) {
    refuseOptions(options.read, ["split", "splitSeed"], `${folder} (pictures)`);
    return readImages(folder, name, options.read, (done, total) => {
      if (options.signal?.aborted) throw cancelled(folder);
      options.onProgress?.({ label: folder, done, total, unit: "pictures" });
    });
  }
  throw new FathomError({
    code: "not-found",
    where: folder,
    message: "The folder holds no data that is read.",
    hint: `${readable()} Give the file's own path where it stands alone.`,
  });
}

async function readFiles(
  name: string,
  train: string,
  test: string | undefined,
  options: PathOptions,
): Promise<Dataset> {
  const open = async (file: string): Promise<ByteSource> => {
    const source: ByteSource = await fileSource(file, (done) => {
      if (options.signal?.aborted) throw cancelled(file);
      options.onProgress?.({ label: file, done, total: source.size ?? null, unit: "bytes" });
    });
    return source;
  };
  const files = { name, train: await open(train), test: test === undefined ? undefined : await open(test) };
  if (test === undefined) return readDataFiles(files, options.read);
  const { split, splitSeed, ...read } = options.read;
  if (split === undefined && splitSeed === undefined) return readDataFiles(files, read);
  throw new FathomError({
    code: "bad-input",
    where: `${name}, split`,
    message: `The test rows are given (${test}), so nothing is split.`,
    hint: "Give one of the two.",
  });
}

async function hasFolders(folder: string): Promise<boolean> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error) => {
    throw ioError(error, folder, "read");
  });
  return entries.some(
    (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."),
  );
}

function refuseTest({ test }: PathOptions, folder: string): void {
  if (test === undefined) return;
  throw new FathomError({
    code: "bad-input",
    where: test,
    message: `A test file does not go with the folder ${path.basename(folder)}.`,
    hint: "Put the test rows into the folder's own layout, or give two files.",
  });
}

function cancelled(where: string): FathomError {
  return new FathomError({
    code: "cancelled",
    where,
    message: "Reading was stopped.",
    hint: "Run it again.",
  });
}
