/**
 * @file NumPy's .npy arrays, read and written (numpy.lib.format). Every numeric type of up to 8 bytes is read, in either
 * byte order and in C or Fortran order; Fathom writes version 1, little-endian, C order, byte for byte as NumPy does.
 */
import { allocate, type DType, type NdArray, ndarray, type Shape, sizeOf, type TypedData } from "./array.ts";
import { elementTypes, outOfRange } from "./elements.ts";
import { badNpy, type NpyHeader, payload, readNpyHeader, unsupportedType } from "./npy-header.ts";

/** Texts in row-major order. */
export interface TextArray {
  readonly shape: Shape;
  readonly data: readonly string[];
}

/**
 * Reads an array. Types come as the dtype that holds them: `i1 i2 u2 i4` as int32, `u4 i8 u8` as int64, `f2` as float32.
 * @param bytes The whole file.
 * @param where The file and key, for messages.
 * @throws FathomError bad-file for a damaged or lying header; unsupported for text (see `decodeNpyText`), Python objects
 * (pickles, which are never run) and other types; bad-input for u8 beyond int64.
 * @example decodeNpy(await readFile("x.npy"), "x.npy").shape
 */
export function decodeNpy(bytes: Uint8Array, where: string): NdArray {
  const header = readNpyHeader(bytes, where);
  const type = elementTypes.get(header.type);
  if (type === undefined) throw unsupportedType(where, describe(header.type));
  const raw = payload(bytes, header, type.bytes, where);
  const data = type.decode(native(raw, type.bytes, header.bigEndian), where);
  const ordered = header.fortranOrder ? rowMajor(data, type.dtype, header.shape) : data;
  return ndarray(type.dtype, header.shape, ordered as never);
}

/**
 * Reads an array of text (`<U12`, `|S12`), such as the names of classes.
 * @throws FathomError bad-file as `decodeNpy`; unsupported for an array that holds no text.
 * @example decodeNpyText(bytes, "class_names.npy").data // ["cat", "dog"]
 */
export function decodeNpyText(bytes: Uint8Array, where: string): TextArray {
  const header = readNpyHeader(bytes, where);
  const [, letter, count = "0"] = /^([US])(\d*)$/.exec(header.type) ?? [];
  if (letter === undefined) throw unsupportedType(where, `${describe(header.type)}, not text`);
  const itemSize = Number(count) * (letter === "U" ? 4 : 1);
  const raw = payload(bytes, header, itemSize, where);
  // Text without characters takes no bytes, so a header alone could claim any number of them.
  if (itemSize === 0 && sizeOf(header.shape) > bytes.length) throw badNpy(where, "Its texts are all empty.");
  const read = letter === "U" ? codePoints : utf8;
  const texts = Array.from({ length: sizeOf(header.shape) }, (_, i) =>
    read(raw.subarray(i * itemSize, (i + 1) * itemSize), header, where),
  );
  if (!header.fortranOrder) return { shape: header.shape, data: texts };
  const places = Int32Array.from(texts, (_, i) => i);
  const data = Array.from(rowMajor(places, "int32", header.shape) as Int32Array, (i) => texts[i]!);
  return { shape: header.shape, data };
}

function describe(type: string): string {
  const names: Record<string, string> = { U: "text", S: "text", c: "complex numbers", V: "raw records" };
  return names[type[0]!] ?? `elements of type ${type}`;
}

function codePoints(raw: Uint8Array, { bigEndian }: NpyHeader, where: string): string {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const points = Array.from({ length: raw.length / 4 }, (_, i) => view.getUint32(4 * i, !bigEndian));
  if (points.some((point) => point > 0x10ffff)) throw badNpy(where, "A text holds what is no character.");
  return points.reduce((text, point) => text + String.fromCodePoint(point), "").replace(/\0+$/, "");
}

function utf8(raw: Uint8Array): string {
  return new TextDecoder().decode(raw).replace(/\0+$/, "");
}

/** The elements as an aligned buffer of their own, in this machine's (little-endian) order. */
function native(raw: Uint8Array, width: number, bigEndian: boolean): ArrayBuffer {
  const bytes = allocate("uint8", raw.length) as Uint8Array<ArrayBuffer>;
  bytes.set(raw);
  if (bigEndian && width > 1) {
    for (let from = 0; from < bytes.length; from += width) bytes.subarray(from, from + width).reverse();
  }
  return bytes.buffer;
}

/** Elements kept with the first axis fastest, in row-major order. */
function rowMajor(data: TypedData, dtype: DType, shape: Shape): TypedData {
  const out = allocate(dtype, data.length);
  const place = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return out;
}

const written: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  int64: "<i8",
  bool: "|b1",
  uint8: "|u1",
};

/**
 * Writes an array as NumPy's `save` does, byte for byte.
 * @example await writeFile("x.npy", encodeNpy(ndarray("float32", [2], [1, 2])))
 */
export function encodeNpy({ dtype, shape, data }: NdArray): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${written[dtype]}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Magic, version and length take 10 bytes; the elements start at a multiple of 64.
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = allocate("uint8", start + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/**
 * Whole numbers as int32, for indices and labels: int64, bool, uint8, and floats that hold whole numbers.
 * @throws FathomError bad-input naming the element (counted from 0) that int32 cannot hold.
 * @example toInt32(npz.read("adj_indptr"), "graph.npz: adj_indptr")
 */
export function toInt32({ dtype, shape, data }: NdArray, where: string): NdArray<"int32"> {
  if (dtype === "int32") return { dtype, shape, data: data as Int32Array };
  const out = allocate("int32", data.length);
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!;
    out[i] = Number(value);
    if (out[i] !== Number(value)) throw outOfRange(where, i, value, "int32");
  }
  return ndarray("int32", shape, out);
}
