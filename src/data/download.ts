/**
 * @file Downloads data sets of the catalogue into `<folder>/<name>` (Node only): resumed where a transfer broke
 * off, checked against the checksum before a file gets its name, so that what has its name is whole.
 */
import crypto from "node:crypto";
import nodeFs from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import streams from "node:stream/promises";
import zlib from "node:zlib";
import { makeFolder } from "../make-folder.ts";
import { FathomError } from "../tensor/index.ts";
import {
  type Checksum,
  catalogue,
  catalogueEntry,
  type DataFile,
  type DownloadableEntry,
} from "./catalogue.ts";
import { dataFolder, ioError, systemCode } from "./places.ts";
import { transfer } from "./transfer.ts";

export interface DownloadProgress {
  readonly label: string;
  /** Bytes of this file so far. */
  readonly done: number;
  /** Bytes of this file in all, where known. */
  readonly total: number | null;
}

export interface DownloadOptions {
  /** Folder that gets a folder of the data set's name; `dataFolder()` unless said. */
  readonly directory?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Seconds without a byte after which a server is given up; 30 unless said. */
  readonly patience?: number;
}

export interface Downloaded {
  readonly name: string;
  /** The folder that holds the files. */
  readonly path: string;
  /** Files fetched now; those already there and whole are not fetched again. */
  readonly fetched: readonly string[];
}

/** A server may repack a file, but not to more than this multiple of its size. */
const SIZE_FACTOR = 2;
/** Content of more than this multiple of the packed size is no data set of the catalogue. */
const CONTENT_FACTOR = 64;

/**
 * Downloads a data set by name and checks every file.
 * @throws FathomError not-found for an unknown name or a file that the mirrors lost; unsupported for a generated
 * set; offline, with the folder to put the files into by hand; bad-file when no mirror has the right bytes; io
 * when the folder cannot be written; cancelled.
 * @example const { path } = await download("mnist", { onProgress: ({ label, done }) => console.log(label, done) });
 */
export async function download(name: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const entry = catalogueEntry(name);
  if (entry?.kind === "downloadable") return downloadEntry(entry, options);
  const known = catalogue.filter(({ kind }) => kind === "downloadable").map((other) => other.name);
  throw new FathomError({
    code: entry === undefined ? "not-found" : "unsupported",
    where: name,
    message:
      entry === undefined
        ? `There is no data set "${name}".`
        : `The data set ${name} is generated on the spot: there is nothing to download.`,
    hint: `These can be downloaded: ${known.join(", ")}.`,
  });
}

/**
 * Downloads an entry, of the catalogue or of one's own making.
 * @throws FathomError as `download`.
 * @example await downloadEntry({ ...entry, mirrors: ["https://mirror.example.org/mnist/"] });
 */
export async function downloadEntry(
  entry: DownloadableEntry,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const folder = path.join(options.directory ?? dataFolder(), entry.name);
  await makeFolder(folder).catch((error) => {
    throw ioError(error, folder, "write");
  });
  const fetched: string[] = [];
  for (const file of entry.files) {
    if (await isWhole(path.join(folder, file.name), file)) continue;
    await fetchFile(entry, file, folder, options);
    fetched.push(file.name);
  }
  return { name: entry.name, path: folder, fetched };
}

/** Tries the mirrors in turn until one gives the right bytes; what one began, the next goes on with. */
async function fetchFile(
  entry: DownloadableEntry,
  file: DataFile,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const failures: FathomError[] = [];
  for (const mirror of entry.mirrors) {
    const url = new URL(file.name, mirror).href;
    try {
      return await fetchFrom(url, path.join(folder, file.name), file, options, `${entry.name}: ${file.name}`);
    } catch (error) {
      const mirrorsFault = error instanceof FathomError && error.where === url && error.code !== "cancelled";
      if (!mirrorsFault) throw error;
      failures.push(error);
    }
  }
  throw allFailed(entry, file, folder, failures);
}

async function fetchFrom(
  url: string,
  target: string,
  file: DataFile,
  { fetch = globalThis.fetch, signal, onProgress, patience = 30 }: DownloadOptions,
  label: string,
): Promise<void> {
  const part = `${target}.part`;
  const onBytes = (done: number, total: number | null) => onProgress?.({ label, done, total });
  const limit = SIZE_FACTOR * file.bytes + 65_536;
  const attempt = async () => {
    const { resumed } = await transfer({ url, part, limit, fetch, signal, patience, onBytes });
    return { resumed, right: await isRight(part, file) };
  };
  let { resumed, right } = await attempt();
  if (!right && resumed) {
    // The two pieces may come from different packings of one content: once more, from the start.
    await fs.rm(part);
    ({ resumed, right } = await attempt());
  }
  if (right) {
    await fs.rename(part, target).catch((error) => {
      throw ioError(error, target, "write");
    });
    return;
  }
  await fs.rm(part);
  throw new FathomError({
    code: "bad-file",
    where: url,
    message: `What the server sent is not the file: its ${file.checksum.algorithm} is not ${file.checksum.hex}.`,
    hint: "The address may hold another file now, or something on the way changes downloads.",
  });
}

/** The error of a file that no mirror could give: offline only if no mirror could be reached. */
function allFailed(
  entry: DownloadableEntry,
  file: DataFile,
  folder: string,
  failures: readonly FathomError[],
): FathomError {
  const telling = failures.find(({ code }) => code !== "offline");
  const byHand = `or put ${entry.files.map(({ name }) => name).join(", ")} into ${folder} by hand.`;
  if (telling === undefined) {
    return new FathomError({
      code: "offline",
      where: entry.mirrors.join(", "),
      message: `No server of ${entry.name} can be reached: this machine seems to be offline.`,
      hint: `Try again when online (what was fetched is kept), ${byHand}`,
      cause: failures[0],
    });
  }
  return new FathomError({
    code: telling.code,
    where: telling.where ?? file.name,
    message: `Could not get ${file.name}. ${failures.map(({ where, message }) => `${where}: ${message}`).join(" ")}`,
    hint: `${telling.hint ?? "Try again"} You may also ${byHand.replace(/^or /, "")}`,
    cause: telling,
  });
}

/** Whether the file, or its unpacked twin, is there with the right content. */
async function isWhole(target: string, file: DataFile): Promise<boolean> {
  if (await isRight(target, file)) return true;
  return file.checksum.of === "content" && target.endsWith(".gz") && isRight(target.slice(0, -3), file);
}

/** Whether a file has its checksum; false when there is none, or when it cannot be unpacked. */
async function isRight(target: string, { checksum, bytes }: DataFile): Promise<boolean> {
  try {
    return (await digest(target, checksum, CONTENT_FACTOR * bytes)) === checksum.hex;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code.startsWith("Z_") || code === "ERR_OUT_OF_RANGE") return false;
    throw ioError(error, target, "read");
  }
}

/** Hex digest of a file, or of its content when that is what the checksum is of. */
async function digest(target: string, { of, algorithm }: Checksum, limit: number): Promise<string> {
  const hash = crypto.createHash(algorithm);
  let length = 0;
  const take = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length > limit)
        throw Object.assign(new Error("more content than expected"), { code: "ERR_OUT_OF_RANGE" });
      hash.update(chunk);
    }
  };
  const source = nodeFs.createReadStream(target);
  if (of === "content" && target.replace(/\.part$/, "").endsWith(".gz")) {
    await streams.pipeline(source, zlib.createGunzip(), take);
  } else {
    await streams.pipeline(source, take);
  }
  return hash.digest("hex");
}
