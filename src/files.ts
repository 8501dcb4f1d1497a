/**
 * @file Files that survive a kill: whole files are written beside their place, flushed and renamed, so a reader finds
 * the old one or the new one and never a part. Failures of the file system become errors that name the path.
 */
import { appendFile, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { FathomError } from "./tensor/index.ts";

/**
 * Replaces a file in one move. A kill at any moment leaves the old content or the new one.
 * @param beside - where it is written first, on the same disk: a name of its own where several processes may write.
 * @throws FathomError naming the path.
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  beside = `${path}.tmp`,
): Promise<void> {
  await naming(path, async () => {
    try {
      await writeFlushed(beside, content);
      await rename(beside, path);
    } catch (error) {
      // A full disk is no place for half a file.
      await rm(beside, { force: true }).catch(() => {});
      throw error;
    }
    await syncDirectory(dirname(path));
  });
}

async function writeFlushed(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder and those above it. @throws FathomError naming the path. */
export async function ensureFolder(path: string): Promise<void> {
  await naming(path, () => makeFolder(path));
}

/** Adds text or bytes at the end of a file. @throws FathomError naming the path. */
export async function append(path: string, content: Uint8Array | string): Promise<void> {
  await naming(path, () => appendFile(path, content));
}

/** The content of a file, or undefined when there is none. @throws FathomError naming the path. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw fileError(error, path);
  }
}

/** The rename itself lives in the directory; not every system lets directories be flushed. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    await directory.sync().finally(() => directory.close());
  } catch {
    return;
  }
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

const unusable: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "there is a file of that name",
  EISDIR: "it is a folder",
  ENOENT: "the folder cannot be made",
};

/** A path that the caller can mend is bad input; a full disk or a failing device is not. */
function fileError(error: unknown, path: string): FathomError {
  const reason = unusable[codeOf(error)];
  return new FathomError({
    code: reason === undefined ? "io" : "bad-input",
    message: `Cannot use ${path}: ${reason ?? (error instanceof Error ? error.message : String(error))}.`,
    where: path,
    hint:
      reason === undefined ? "Check the disk and its free space." : "Name a folder that you may write to.",
    cause: error,
  });
}
