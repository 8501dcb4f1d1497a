/** @file Finds and reads the four IDX files of a folder (Node only). */
import fs from "node:fs/promises";
import path from "node:path";
import { FathomError } from "../tensor/index.ts";
import type { Dataset } from "./dataset.ts";
import { type IdxFiles, idxDataset } from "./idx-dataset.ts";
import { ioError, namesIn } from "./places.ts";

/** Of MNIST and its relatives: `train-images-idx3-ubyte.gz`, `emnist-digits-test-labels-idx1-ubyte`. */
const PATTERNS: Readonly<Record<keyof IdxFiles, RegExp>> = {
  trainInputs: /(^|[-_.])train[-_.](images|inputs)([-_.]|$)/i,
  trainLabels: /(^|[-_.])train[-_.]labels([-_.]|$)/i,
  testInputs: /(^|[-_.])(t10k|test)[-_.](images|inputs)([-_.]|$)/i,
  testLabels: /(^|[-_.])(t10k|test)[-_.]labels([-_.]|$)/i,
};
const USUAL: Readonly<Record<keyof IdxFiles, string>> = {
  trainInputs: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testInputs: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
};
/** Packed or plain, a larger file is none of these. */
const MAX_FILE_BYTES = 2 ** 31;

/** Whether one of these names is that of an IDX file of a data set. */
export function holdsIdx(names: readonly string[]): boolean {
  const other = /\.(?!gz$|part$)[a-z]{2,}$/i;
  return names.some(
    (name) =>
      !other.test(name.replace(/\.gz$/, "")) && Object.values(PATTERNS).some((role) => role.test(name)),
  );
}

/**
 * Reads a folder of IDX files, plain or gzip.
 * @throws FathomError not-found when a file is missing, bad-input when two files would do, io when one cannot be
 * read, and what `idxDataset` throws.
 * @example await readIdxFolder("data/mnist", { name: "mnist", classes: 10 })
 */
export async function readIdxFolder(
  folder: string,
  { name, classes }: { readonly name: string; readonly classes?: number },
): Promise<Dataset> {
  const names = await namesIn(folder);
  const read = async (role: keyof IdxFiles) => {
    const file = path.join(folder, pick(names, role, folder));
    return { name: file, bytes: await readBounded(file) };
  };
  const [trainInputs, trainLabels, testInputs, testLabels] = await Promise.all([
    read("trainInputs"),
    read("trainLabels"),
    read("testInputs"),
    read("testLabels"),
  ]);
  const files = { trainInputs, trainLabels, testInputs, testLabels };
  return idxDataset({ name, source: folder, files, classes });
}

/** The one file of a role; a plain file before its packed twin. */
function pick(names: readonly string[], role: keyof IdxFiles, folder: string): string {
  const candidates = names.filter((name) => PATTERNS[role].test(name) && !name.endsWith(".part"));
  const unpacked = candidates.filter(
    (name) => !(name.endsWith(".gz") && candidates.includes(name.slice(0, -3))),
  );
  if (unpacked.length === 1) return unpacked[0]!;
  if (unpacked.length > 1) {
    throw new FathomError({
      code: "bad-input",
      where: folder,
      message: `Several files could be ${USUAL[role]}: ${unpacked.sort().join(", ")}.`,
      hint: "Keep one data set in a folder.",
    });
  }
  throw new FathomError({
    code: "not-found",
    where: folder,
    message: `There is no ${USUAL[role]} (or ${USUAL[role]}.gz) in ${folder}.`,
    hint: `A folder of IDX files holds ${Object.values(USUAL).join(", ")}, plain or gzip.`,
  });
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const { size } = await fs.stat(file);
    if (size > MAX_FILE_BYTES) {
      throw new FathomError({
        code: "too-large",
        where: file,
        message: `The file has ${size} bytes; up to ${MAX_FILE_BYTES} are read.`,
        hint: "Split the data set.",
      });
    }
    return await fs.readFile(file);
  } catch (error) {
    throw error instanceof FathomError ? error : ioError(error, file, "read");
  }
}
