/** @file Finds the files of a data set by a path, or a name in `$FATHOM_DATA` and the cache (Node only). */
import fs from "node:fs/promises";
import path from "node:path";
import { FathomError } from "../tensor/index.ts";
import { catalogue } from "./catalogue.ts";
import { formatOf, readable } from "./formats.ts";
import { ioError, namesIn, searchFolders, systemCode } from "./places.ts";

/** What a name or path stands for. */
export type Found =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "files"; readonly train: string; readonly test?: string };

const TRAIN = /(^|[-_.])(train|training)(?=[-_.])/i;
const TEST = /(^|[-_.])(test|val|valid|validation|t10k)(?=[-_.])/i;

/**
 * A folder; a file, with its companion where the two are called alike (`a_train.csv`, `a_test.csv`); or two such files
 * given by what their names begin with (`a`).
 * @throws FathomError not-found when there is nothing of that name, with what would be read.
 */
export async function findData(nameOrPath: string): Promise<Found> {
  for (const candidate of nameOrPath === "" ? [] : [nameOrPath, ...searchFolders(nameOrPath)]) {
    const stat = await fs.stat(candidate).catch((error) => {
      if (["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(systemCode(error))) {
        return undefined;
      }
      throw ioError(error, candidate, "read");
    });
    if (stat?.isDirectory()) return { kind: "folder", folder: candidate };
    if (stat !== undefined) return { kind: "files", ...(await withCompanion(candidate)) };
    const pair = await pairOf(candidate);
    if (pair !== undefined) return { kind: "files", ...pair };
  }
  throw new FathomError({
    code: "not-found",
    where: nameOrPath,
    message: `There is no data set "${nameOrPath}", and no such file or folder.`,
    hint: `Known names: ${catalogue.map(({ name }) => name).join(", ")}; or give a path. ${readable()}`,
  });
}

/** The training and the test file of a folder, where it has one of each. */
export async function pairIn(folder: string): Promise<{ train: string; test: string } | undefined> {
  const names = (await namesIn(folder)).filter((name) => formatOf(name) !== undefined);
  const one = (pattern: RegExp) => {
    const found = names.filter((name) => pattern.test(name));
    return found.length === 1 ? path.join(folder, found[0]!) : undefined;
  };
  const [train, test] = [one(TRAIN), one(TEST)];
  return train === undefined || test === undefined ? undefined : { train, test };
}

/** A file called `train`, and one called `test` of the same name otherwise, whichever of the two is given. */
async function withCompanion(file: string): Promise<{ train: string; test?: string }> {
  const folder = path.dirname(file);
  const names = (await namesIn(folder)).filter((name) => formatOf(name) !== undefined);
  const base = path.basename(file);
  const stem = (name: string, part: RegExp) => (part.test(name) ? name.replace(part, "$1*") : undefined);
  const companion = (mine: RegExp, theirs: RegExp) => {
    const shared = stem(base, mine);
    return shared === undefined
      ? undefined
      : names.find((name) => name !== base && stem(name, theirs) === shared);
  };
  const test = companion(TRAIN, TEST);
  if (test !== undefined) return { train: file, test: path.join(folder, test) };
  const train = companion(TEST, TRAIN);
  return train === undefined ? { train: file } : { train: path.join(folder, train), test: file };
}

async function pairOf(start: string): Promise<{ train: string; test: string } | undefined> {
  const [folder, base] = [path.dirname(start), path.basename(start)];
  const names = (await namesIn(folder)).filter(
    (name) => name.startsWith(base) && formatOf(name) !== undefined,
  );
  const part = (pattern: RegExp) =>
    names.filter((name) => pattern.exec(name.slice(base.length))?.index === 0);
  const [train, test] = [part(TRAIN), part(TEST)];
  if (train.length !== 1 || test.length !== 1) return undefined;
  return { train: path.join(folder, train[0]!), test: path.join(folder, test[0]!) };
}
