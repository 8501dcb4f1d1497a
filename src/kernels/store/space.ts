/** @file The disk that a store takes: known before the work begins, and refused where it is too much. */
import { statfs } from "node:fs/promises";
import { showBytes } from "../../runtime/index.ts";
import { FathomError } from "../../tensor/index.ts";

/** @throws FathomError too-large when a store passes the limit. */
export function checkLimit(bytes: number, limit: number | undefined): void {
  if (limit === undefined || bytes <= limit) return;
  throw new FathomError({
    code: "too-large",
    message: `The store takes ${showBytes(bytes)}; the limit is ${showBytes(limit)}.`,
    where: "limit",
    hint: "Allow more, ask for one value alone, or take fewer items.",
  });
}

/** @throws FathomError too-large when the disk does not have room for what is still to write. */
export async function checkSpace(path: string, missing: number): Promise<void> {
  const free = await freeBytes(path);
  if (missing <= free) return;
  throw new FathomError({
    code: "too-large",
    message: `The store needs ${showBytes(missing)} more; ${path} has ${showBytes(free)} free.`,
    where: path,
    hint: "Name a folder on another disk, or make room.",
  });
}

/** Not every file system says. */
async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
