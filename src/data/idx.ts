/**
 * @file The IDX format of MNIST and its relatives: two zero bytes, a type code, the rank, big-endian sizes, then
 * the elements in row-major order, big-endian. Plain or gzip. Sizes are checked against the file before anything
 * is allocated.
 */
import { FathomError, type NdArray, ndarray, showShape, sizeOf } from "../tensor/index.ts";
import { gunzipExactly, gunzipHead, isGzip, MAX_DEFLATE_RATIO } from "./gzip.ts";

/** Signed bytes and shorts of a file come as int32. */
export type IdxArray = NdArray<"uint8"> | NdArray<"int32"> | NdArray<"float32"> | NdArray<"float64">;

/** Largest content read, in bytes: what one typed array of every engine can hold. */
const MAX_BYTES = 2 ** 31;
const MAX_RANK = 8;

interface ElementType {
  readonly bytes: number;
  readonly decode: (view: DataView, shape: number[]) => IdxArray;
}

const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  8: {
    bytes: 1,
    decode: ({ buffer, byteOffset, byteLength }, shape) =>
      ndarray("uint8", shape, new Uint8Array(buffer, byteOffset, byteLength)),
  },
  9: { bytes: 1, decode: (view, shape) => integers(shape, (i) => view.getInt8(i)) },
  11: { bytes: 2, decode: (view, shape) => integers(shape, (i) => view.getInt16(2 * i)) },
  12: { bytes: 4, decode: (view, shape) => integers(shape, (i) => view.getInt32(4 * i)) },
  13: {
    bytes: 4,
    decode: (view, shape) =>
      ndarray(
        "float32",
        shape,
        new Float32Array(sizeOf(shape)).map((_, i) => view.getFloat32(4 * i)),
      ),
  },
  14: {
    bytes: 8,
    decode: (view, shape) =>
      ndarray(
        "float64",
        shape,
        new Float64Array(sizeOf(shape)).map((_, i) => view.getFloat64(8 * i)),
      ),
  },
};

function integers(shape: number[], at: (i: number) => number): NdArray<"int32"> {
  return ndarray(
    "int32",
    shape,
    new Int32Array(sizeOf(shape)).map((_, i) => at(i)),
  );
}

/**
 * Reads an IDX file, plain or gzip. Unsigned bytes of a plain file are a view on `bytes`, not a copy.
 * @param where The file's name, for messages.
 * @throws FathomError bad-file (naming file and byte) for a wrong magic number, an unknown type code, too few or
 * too many bytes, or damaged gzip data; too-large for sizes beyond 2 GiB or beyond what the file can hold.
 * @example readIdx(await readFile("train-labels-idx1-ubyte.gz"), "train-labels-idx1-ubyte.gz").shape // [60000]
 */
export function readIdx(bytes: Uint8Array, where: string): IdxArray {
  const packed = isGzip(bytes);
  const head = packed ? gunzipHead(bytes, 4 + 4 * MAX_RANK, where) : bytes;
  const { type, shape, start, total } = readHeader(head, where);
  const capacity = packed ? bytes.length * MAX_DEFLATE_RATIO : bytes.length;
  if (total > capacity) {
    throw badIdx(
      `${where}, byte ${packed ? 4 : bytes.length}`,
      `The header declares ${showShape(shape)}, ${total} bytes in all, but the file ${
        packed ? "cannot hold" : "ends before"
      } that: ${bytes.length} bytes${packed ? " packed" : ""}.`,
      "The file is cut short or damaged: download it again.",
    );
  }
  const content = packed ? gunzipExactly(bytes, total, where) : bytes;
  if (content.length > total) {
    throw badIdx(
      `${where}, byte ${total}`,
      `${content.length - total} bytes follow the ${showShape(shape)} elements that the header declares.`,
      "The header or the file is damaged: download it again.",
    );
  }
  return type.decode(new DataView(content.buffer, content.byteOffset + start, total - start), shape);
}

interface Header {
  readonly type: ElementType;
  readonly shape: number[];
  /** Offset of the first element, and of the end, in bytes. */
  readonly start: number;
  readonly total: number;
}

function readHeader(head: Uint8Array, where: string): Header {
  requireBytes(head, 4, where);
  if (head[0] !== 0 || head[1] !== 0) {
    const magic = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw badIdx(
      `${where}, byte 0`,
      `This is no IDX file: it starts with ${magic}, not with 00 00.`,
      "Images of MNIST start with 00 00 08 03, labels with 00 00 08 01.",
    );
  }
  const type = ELEMENT_TYPES[head[2]!];
  if (type === undefined) {
    throw badIdx(
      `${where}, byte 2`,
      `The type code ${head[2]} is none of IDX.`,
      "The codes are 8 (unsigned bytes), 9, 11, 12 (integers), 13 and 14 (floats).",
    );
  }
  const rank = head[3]!;
  if (rank < 1 || rank > MAX_RANK) {
    throw badIdx(
      `${where}, byte 3`,
      `The rank ${rank} cannot be used.`,
      `Ranks from 1 to ${MAX_RANK} are read.`,
    );
  }
  const start = 4 + 4 * rank;
  requireBytes(head, start, where);
  const view = new DataView(head.buffer, head.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const total = start + sizeOf(shape) * type.bytes;
  if (total > MAX_BYTES) {
    throw new FathomError({
      code: "too-large",
      where: `${where}, byte 4`,
      message: `The header declares ${showShape(shape)}, more than the ${MAX_BYTES} bytes that are read.`,
      hint: "If the file is not damaged, split it.",
    });
  }
  return { type, shape, start, total };
}

function requireBytes(head: Uint8Array, needed: number, where: string): void {
  if (head.length >= needed) return;
  throw badIdx(
    `${where}, byte ${head.length}`,
    `The file ends inside its header, after ${head.length} of ${needed} bytes.`,
    "The file is empty or cut short: download it again.",
  );
}

function badIdx(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-file", where, message, hint });
}
