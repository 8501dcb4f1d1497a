/**
 * @file Where data sets live on this machine: `$FATHOM_DATA/<name>`, then `<cache>/<name>` (Node only). The
 * modules of Node are taken whole, not by name: a bundler for pages replaces them by empty ones.
 */
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { FathomError } from "../tensor/index.ts";
import type { DownloadableEntry } from "./catalogue.ts";

/**
 * Fathom's cache folder: `$XDG_CACHE_HOME/fathom`, else the platform's place for caches (`~/.cache/fathom`,
 * `~/Library/Caches/fathom`, `%LOCALAPPDATA%\fathom`).
 */
export function cacheDirectory(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (xdg) return path.join(xdg, "fathom");
  if (process.platform === "darwin") return path.join(os.homedir(), "Library", "Caches", "fathom");
  if (process.platform === "win32" && local) return path.join(local, "fathom");
  return path.join(os.homedir(), ".cache", "fathom");
}

/**
 * The folder that downloads go to, one folder a data set: `$FATHOM_DATA` where it is set, else the cache.
 * @example path.join(dataFolder(), "mnist")
 */
export function dataFolder(): string {
  return process.env["FATHOM_DATA"] || cacheDirectory();
}

/** The folders looked through for a data set, in order. */
export function searchFolders(name: string): string[] {
  const homes = [process.env["FATHOM_DATA"], cacheDirectory()].filter(
    (home) => home !== undefined && home !== "",
  );
  return homes.map((home) => path.join(home!, name));
}

/** The folder that holds all of the files, each as named or without its `.gz`, or what does in their place. */
export async function folderOf({
  name,
  files,
  alternatives = [],
}: DownloadableEntry): Promise<string | undefined> {
  const sets = [files.map((file) => file.name), ...alternatives];
  for (const folder of searchFolders(name)) {
    const present = new Set(await namesIn(folder));
    const has = (file: string) => present.has(file) || present.has(file.replace(/\.gz$/, ""));
    if (sets.some((set) => set.every(has))) return folder;
  }
  return undefined;
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return [];
    throw ioError(error, folder, "read");
  }
}

/** ENOENT and the like, or "". */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** A failure of the file system, with the mend where there is one. */
export function ioError(cause: unknown, where: string, doing: "read" | "write"): FathomError {
  const code = systemCode(cause);
  const mends: Record<string, string> = {
    EACCES: `You may not ${doing} there: choose another folder, or change its permissions.`,
    EPERM: `You may not ${doing} there: choose another folder, or change its permissions.`,
    EROFS: "The file system is read-only: choose another folder.",
    ENOSPC: "The disk is full: free some space, or choose another folder.",
    ELOOP: "A symbolic link leads back to itself: remove it.",
    ENOTDIR: "Part of the path is a file: choose another folder.",
    EEXIST: "A file is in the way of the folder: move it, or choose another folder.",
  };
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FathomError({
    code: "io",
    where,
    message: `Cannot ${doing} ${where}: ${reason}.`,
    ...(mends[code] === undefined ? {} : { hint: mends[code] }),
    cause,
  });
}
