/**
 * @file A kernel matrix on disk: a Zarr v3 group with an array per value. Work is finished where its chunk file is there
 * and whole: chunks are written beside their place, flushed and renamed, so a kill at any moment loses no more than
 * the chunks under way (kernels.md §8, conventions.md, Files).
 */
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureFolder, readIfThere, writeAtomically } from "../../files.ts";
import { FathomError } from "../../tensor/index.ts";
import { type BlockPlace, blocksOf, spansOf } from "../gram/grid.ts";
import { matrixOf } from "../gram/matrix.ts";
import type { BlockBuffers } from "../gram/strips.ts";
import type { BlockMatrix, KernelValue } from "../types.ts";
import { checkSameJob, type StoreAttributes, storeAttributes } from "./attributes.ts";
import {
  arrayDocument,
  checkArray,
  chunkBytes,
  chunkFault,
  decodeChunk,
  encodeChunk,
  groupDocument,
  parseGroup,
} from "./zarr.ts";

interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (checked: number, total: number) => void;
}

/** A store that exists: opened for a job by `kernelMatrix`, for reading by {@link openKernelStore}. */
export class KernelStore {
  readonly path: string;
  readonly attributes: StoreAttributes;

  constructor(path: string, attributes: StoreAttributes) {
    this.path = path;
    this.attributes = attributes;
  }

  /** Bytes of the chunks when all are written. */
  get bytes(): number {
    return blocksOf(this.attributes).length * this.bytesOfPlace;
  }

  /** Bytes of the chunks of one place, of all values. */
  get bytesOfPlace(): number {
    const { values, dtype } = this.attributes;
    return values.length * chunkBytes(dtype);
  }

  /** The places whose chunks are not all there and whole: every file is read. */
  async unfinished({ signal, onProgress }: ScanOptions = {}): Promise<BlockPlace[]> {
    const places = blocksOf(this.attributes);
    const left: BlockPlace[] = [];
    for (const [checked, place] of places.entries()) {
      signal?.throwIfAborted();
      if (!(await this.#isWhole(place))) left.push(place);
      // Of a store that has just begun there is nothing to tell.
      if (left.length <= checked) onProgress?.(checked + 1, places.length);
    }
    return left;
  }

  async #isWhole(place: BlockPlace): Promise<boolean> {
    for (const value of this.attributes.values) {
      const bytes = await readIfThere(this.#fileOf(value, place));
      if (bytes === undefined || chunkFault(bytes, this.attributes.dtype) !== undefined) return false;
    }
    return true;
  }

  /** Writes the chunks of a place. @throws FathomError naming the file; io when the disk is full. */
  async write(place: BlockPlace, blocks: BlockBuffers): Promise<void> {
    const { rows, columns } = spansOf(this.attributes, place);
    for (const value of this.attributes.values) {
      const path = this.#fileOf(value, place);
      await ensureFolder(dirname(path));
      const chunk = encodeChunk(blocks[value]!, { rows: rows.count, columns: columns.count });
      await writeAtomically(path, chunk, `${path}.${process.pid}.tmp`);
    }
  }

  /** The matrix of a value; blocks are read and checked when they are asked for. */
  matrix(value: KernelValue): BlockMatrix {
    return matrixOf({ ...this.attributes, block: (place) => this.#read(value, place) });
  }

  async #read(value: KernelValue, place: BlockPlace): Promise<Float32Array | Float64Array> {
    const path = this.#fileOf(value, place);
    const bytes = await readIfThere(path);
    if (bytes === undefined) throw unwritten(path);
    const { rows, columns } = spansOf(this.attributes, place);
    const type = this.attributes.dtype;
    return decodeChunk(bytes, { type, rows: rows.count, columns: columns.count, path });
  }

  #fileOf(value: KernelValue, { i, j }: BlockPlace): string {
    return join(this.path, value, "c", String(i), String(j));
  }
}

function unwritten(path: string): FathomError {
  return new FathomError({
    code: "not-found",
    message: `The chunk ${path} has not been computed.`,
    where: path,
    hint: "Run the job that made the store again: it goes on with what is missing.",
  });
}

/**
 * The store of a job in a folder: begun, or gone on with where it is of the same job.
 * @throws FathomError bad-input when the folder is another job's, something else's or not to be used; bad-file when the
 * metadata of the store are damaged.
 */
export async function beginStore(path: string, wanted: StoreAttributes): Promise<KernelStore> {
  const found = await readIfThere(join(path, "zarr.json"));
  if (found === undefined) await writeMetadata(path, wanted);
  else {
    const stored = parseGroup(found, join(path, "zarr.json"), storeAttributes);
    checkSameJob(path, stored, wanted);
    await checkArrays(path, stored);
    await sweep(path);
  }
  return new KernelStore(path, wanted);
}

/** The group last: without it nothing has begun. */
async function writeMetadata(path: string, attributes: StoreAttributes): Promise<void> {
  await ensureFolder(path);
  const others = (await readdir(path)).filter((name) => !["nngp", "ntk", "zarr.json.tmp"].includes(name));
  if (others.length > 0) {
    throw new FathomError({
      code: "bad-input",
      message: `The folder ${path} is no kernel store: it holds ${others[0]}.`,
      where: path,
      hint: "Name a folder that is empty or does not exist.",
    });
  }
  const { rows, columns, dtype, values, symmetric, triangle } = attributes;
  for (const value of values) {
    const folder = join(path, value);
    await ensureFolder(folder);
    const text = arrayDocument([rows, columns], dtype, { fathom: { value, symmetric, triangle } });
    await writeAtomically(join(folder, "zarr.json"), text);
  }
  await writeAtomically(join(path, "zarr.json"), groupDocument({ fathom: attributes }));
}

async function checkArrays(path: string, { rows, columns, dtype, values }: StoreAttributes): Promise<void> {
  for (const value of values) {
    const file = join(path, value, "zarr.json");
    const bytes = await readIfThere(file);
    checkArray(bytes ?? new Uint8Array(0), file, { shape: [rows, columns], type: dtype });
  }
}

/** Removes what processes that were killed left half written. */
async function sweep(path: string): Promise<void> {
  for (const name of await readdir(path, { recursive: true })) {
    const [, pid] = /\.(\d+)\.tmp$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(path, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * A kernel store, for reading.
 * @param path - the folder, as `kernel.zarr`.
 * @throws FathomError not-found when there is none, bad-file naming the file that is damaged.
 * @example
 * const store = await openKernelStore("kernel.zarr");
 * const block = await store.matrix("nngp").read(0, 0);
 */
export async function openKernelStore(path: string): Promise<KernelStore> {
  const file = join(path, "zarr.json");
  const bytes = await readIfThere(file);
  if (bytes === undefined) {
    throw new FathomError({
      code: "not-found",
      message: `There is no kernel store at ${path}.`,
      where: path,
      hint: "Name the folder that fathom kernel --out was given.",
    });
  }
  const attributes = parseGroup(bytes, file, storeAttributes);
  await checkArrays(path, attributes);
  return new KernelStore(path, attributes);
}
