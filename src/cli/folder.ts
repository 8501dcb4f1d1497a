/** @file The folder of `--out`: checked before the work begins, so that hours are not lost to a path that cannot be used. */
import { access, constants, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../make-folder.ts";
import { FathomError } from "../tensor/index.ts";

/** What could not be written, which flag names it, and the mend. */
interface Target {
  readonly what: string;
  readonly flag: string;
  readonly hint: string;
}

const results: Target = {
  what: "Results",
  flag: "--out",
  hint: "Name a folder that can be written to; it is made where it does not exist.",
};

/** Why the file system refused a path. */
export function cannotWrite(path: string, cause: unknown, { what, flag, hint }: Target): FathomError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: "there is no permission to write there",
    EPERM: "there is no permission to write there",
    EROFS: "the file system is read-only",
    ENOTDIR: "it is a file, or lies under one",
    EEXIST: "it is a file, or lies under one",
    ENOSPC: "the disk is full",
    ENAMETOOLONG: "the name is too long",
  };
  return new FathomError({
    code: code === "ENOSPC" ? "io" : "bad-input",
    message: `${what} cannot be written to ${path}: ${(code && reasons[code]) ?? message}.`,
    where: flag,
    hint,
    cause,
  });
}

/**
 * Makes the folder, or checks that it can be written to.
 * @throws FathomError bad-input naming `--out`.
 */
export async function checkFolder(path: string): Promise<string> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
    return path;
  } catch (cause) {
    throw cannotWrite(path, cause, results);
  }
}

/** Writes a file into the folder and returns its path. @throws FathomError naming `--out`. */
export async function writeInto(folder: string, name: string, content: string): Promise<string> {
  const path = join(folder, name);
  try {
    await writeFile(path, content);
    return path;
  } catch (cause) {
    throw cannotWrite(path, cause, results);
  }
}
