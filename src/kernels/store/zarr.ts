/**
 * @file The part of Zarr v3 that kernel stores use (zarr-specs.readthedocs.io, v3 core): a group with an array per value,
 * regular chunks of 512 × 512, little-endian numbers and a CRC-32C behind them.
 */
import { z } from "zod";
import { bytesOf, FathomError } from "../../tensor/index.ts";
import { blockSize } from "../gram/grid.ts";
import { crc32c } from "./crc32c.ts";

type StoredType = "float32" | "float64";

/** Metadata of a group, `zarr.json` of its folder. */
export function groupDocument(attributes: object): string {
  return document({ zarr_format: 3, node_type: "group", attributes });
}

/** Metadata of an array, `zarr.json` of its folder. */
export function arrayDocument(
  shape: readonly [number, number],
  type: StoredType,
  attributes: object,
): string {
  return document({ ...arrayMetadata(shape, type), attributes });
}

function arrayMetadata(shape: readonly [number, number], type: StoredType) {
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: type,
    chunk_grid: { name: "regular", configuration: { chunk_shape: [blockSize, blockSize] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: "NaN",
    codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "crc32c" }],
  };
}

function document(metadata: object): string {
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

/** Bytes of a chunk file, whatever part of it lies within the matrix. */
export function chunkBytes(type: StoredType): number {
  return blockSize ** 2 * bytesOf[type] + 4;
}

interface Extent {
  readonly rows: number;
  readonly columns: number;
}

/** The file of a chunk from a block: what lies beyond the matrix is NaN. */
export function encodeChunk(block: Float32Array | Float64Array, { rows, columns }: Extent): Uint8Array {
  const bytes = new Uint8Array(blockSize ** 2 * block.BYTES_PER_ELEMENT + 4);
  const type = block instanceof Float32Array ? "float32" : "float64";
  const numbers = numbersOf(bytes, type);
  if (rows * columns < numbers.length) numbers.fill(Number.NaN);
  for (let r = 0; r < rows; r++) numbers.set(block.subarray(r * columns, (r + 1) * columns), r * blockSize);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32c(bytes.subarray(0, -4)), true);
  return bytes;
}

function numbersOf(bytes: Uint8Array, type: StoredType): Float32Array | Float64Array {
  return type === "float32"
    ? new Float32Array(bytes.buffer, bytes.byteOffset, blockSize ** 2)
    : new Float64Array(bytes.buffer, bytes.byteOffset, blockSize ** 2);
}

/** What is wrong with the file of a chunk; undefined where nothing is. */
export function chunkFault(bytes: Uint8Array, type: StoredType): string | undefined {
  const wanted = chunkBytes(type);
  if (bytes.length !== wanted) return `it has ${bytes.length} bytes in place of ${wanted}`;
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(wanted - 4, true);
  return stored === crc32c(bytes.subarray(0, -4)) ? undefined : "its checksum does not hold";
}

/** The block in the file of a chunk. @throws FathomError bad-file naming the path. */
export function decodeChunk(
  bytes: Uint8Array,
  { type, rows, columns, path }: Extent & { type: StoredType; path: string },
): Float32Array | Float64Array {
  const fault = chunkFault(bytes, type);
  if (fault !== undefined) {
    throw new FathomError({
      code: "bad-file",
      message: `The chunk ${path} is damaged: ${fault}.`,
      where: path,
      hint: "Run the job that made the store again: it computes damaged chunks anew.",
    });
  }
  // Numbers of typed arrays lie at multiples of their size.
  const aligned = bytes.byteOffset % bytesOf[type] === 0 ? bytes : bytes.slice();
  const numbers = numbersOf(aligned, type);
  if (columns === blockSize) return numbers.subarray(0, rows * columns);
  const block = type === "float32" ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++)
    block.set(numbers.subarray(r * blockSize, r * blockSize + columns), r * columns);
  return block;
}

/**
 * Metadata of a group that holds attributes of this schema.
 * @throws FathomError bad-file naming the path.
 */
export function parseGroup<T>(bytes: Uint8Array, path: string, attributes: z.ZodType<T>): T {
  const schema = z.object({
    zarr_format: z.literal(3),
    node_type: z.literal("group"),
    attributes: z.object({ fathom: attributes }),
  });
  return parsed(bytes, path, schema).attributes.fathom;
}

/** @throws FathomError bad-file naming the path, unless it is the metadata of this array. */
export function checkArray(
  bytes: Uint8Array,
  path: string,
  { shape, type }: { shape: readonly [number, number]; type: StoredType },
): void {
  const found = parsed(bytes, path, z.record(z.string(), z.unknown()));
  for (const [field, wanted] of Object.entries(arrayMetadata(shape, type)))
    if (JSON.stringify(found[field]) !== JSON.stringify(wanted))
      throw badMetadata(path, `its field ${field} is not ${JSON.stringify(wanted)}`);
}

function parsed<T>(bytes: Uint8Array, path: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw badMetadata(path, "it is not JSON");
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { path: field, message } = result.error.issues[0]!;
  throw badMetadata(path, `${field.join(".") || "the document"}: ${message}`);
}

function badMetadata(path: string, fault: string): FathomError {
  return new FathomError({
    code: "bad-file",
    message: `${path} is not the metadata of a kernel store: ${fault}.`,
    where: path,
    hint: "Remove the store and compute it again, or name another.",
  });
}
