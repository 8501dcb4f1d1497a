/** @file The folder of `--out`: checked before the work begins, so that hours are not lost to a path that cannot be used. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "../make-folder.ts";
import { FathomError } from "../tensor/index.ts";

function cannotWrite(path: string, cause: unknown): FathomError {
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
    message: `Results cannot be written to ${path}: ${(code && reasons[code]) ?? message}.`,
    where: "--out",
    hint: "Name a folder that can be written to; it is made where it does not exist.",
    cause,
  });
}

/** The nearest folder above a path that exists, or what stands there instead. */
async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (cause) {
    const parent = dirname(path);
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw cause;
    return nearestExisting(parent);
  }
}

/**
 * Checks that a folder can be written to, or made; nothing is made yet.
 * @throws FathomError bad-input naming `--out`.
 */
export async function checkFolder(path: string): Promise<string> {
  try {
    const existing = await nearestExisting(resolve(path));
    if (!(await stat(existing)).isDirectory()) throw Object.assign(new Error(existing), { code: "EEXIST" });
    await access(existing, constants.W_OK);
    return path;
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Writes a file into the folder, which is made, and returns its path. @throws FathomError naming `--out`. */
export async function writeInto(folder: string, name: string, content: string): Promise<string> {
  const path = join(folder, name);
  try {
    await makeFolder(folder);
    await writeFile(path, content);
    return path;
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}
