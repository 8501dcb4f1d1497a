/**
 * @file The safetensors format: an 8-byte header length, a JSON header {name: {dtype, shape, data_offsets}}, then the
 * raw little-endian data (https://github.com/huggingface/safetensors). Weights and checkpoints are kept in it, so that
 * PyTorch and JAX read them. Types that no dtype holds are read as the next larger one: F16 and BF16 as float32.
 */
import { allocate, type DType, type NdArray, showShape, sizeOf } from "./array.ts";
import { type ElementType, elementTypes } from "./elements.ts";
import { FathomError } from "./errors.ts";

/** Named arrays, with free text beside them. */
export interface SafetensorsFile {
  readonly tensors: Record<string, NdArray>;
  readonly metadata: Record<string, string>;
}

/** Codes of the format by dtype; what is written. */
const codes: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  bool: "BOOL",
};
/** Element types by code; what is read. */
const stored: ReadonlyMap<unknown, ElementType> = new Map(
  Object.entries({
    F64: "f8",
    F32: "f4",
    F16: "f2",
    BF16: "bf16",
    I64: "i8",
    U64: "u8",
    I32: "i4",
    U32: "u4",
    I16: "i2",
    U16: "u2",
    I8: "i1",
    U8: "u1",
    BOOL: "b1",
  }).map(([code, name]) => [code, elementTypes.get(name)!]),
);

/** The bound of the reference implementation on the header. */
const MAX_HEADER = 100_000_000;
const MAX_RANK = 64;
const reserved = new Set(["__metadata__", "__proto__"]);

/**
 * Encodes named arrays. Wider elements come first and the header is padded to 8 bytes, so every array is aligned
 * in the file; otherwise the order of the names is kept, so equal input gives equal bytes.
 * @param tensors Arrays by name.
 * @param metadata Text kept in the header.
 * @throws FathomError bad-input for a name the format reserves.
 * @example await writeFile("weights.safetensors", encodeSafetensors(parameters, { net: JSON.stringify(net) }))
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = Object.entries(tensors).map(([name, array]) => storable(name, array));
  entries.sort((a, b) => b.width - a.width);
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let end = 0;
  for (const { name, array, width } of entries) {
    const begin = end;
    end += array.data.length * width;
    const dtype = codes[array.dtype];
    header[name] = { dtype, shape: array.shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerLength);
  let at = 8 + headerLength;
  for (const { array } of entries) {
    const { buffer, byteOffset, byteLength } = array.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

function storable(name: string, array: NdArray): { name: string; array: NdArray; width: number } {
  if (reserved.has(name)) {
    const message = `A tensor cannot be named "${name}": the name is reserved.`;
    throw new FathomError({ code: "bad-input", message, where: name, hint: "Give it another name." });
  }
  return { name, array, width: array.data.BYTES_PER_ELEMENT };
}

/**
 * Decodes a safetensors file. Every field of the header is checked: names, dtypes, shapes, and that the arrays fill the
 * data without a gap or an overlap, so a truncated or doctored file is refused rather than half read.
 * @param bytes The whole file.
 * @param where The file's name, for messages.
 * @throws FathomError bad-file naming the tensor and field at fault; unsupported for a
 * dtype that no array of ours holds (complex numbers, 8-bit floats).
 * @example const { tensors } = decodeSafetensors(await readFile("weights.safetensors"), "weights.safetensors");
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, where);
  const tensors: Record<string, NdArray> = {};
  let metadata: Record<string, string> = {};
  const spans: Span[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(entry, where);
    else spans.push(readSpan(name, entry, where));
  }
  checkCoverage(spans, bytes.length - dataStart, where);
  for (const { name, type, shape, begin, end } of spans) {
    const raw = allocate("uint8", end - begin) as Uint8Array<ArrayBuffer>;
    raw.set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors[name] = { dtype: type.dtype, shape, data: type.decode(raw.buffer, `${where}: ${name}`) };
  }
  return { tensors, metadata };
}

interface Span {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeader(
  bytes: Uint8Array,
  where: string,
): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw badFile(where, `The file has ${bytes.length} bytes, too few for a header.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER, bytes.length - 8))) {
    throw badFile(where, `The header claims ${length} bytes, the file has ${bytes.length}.`);
  }
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (cause) {
    throw badFile(where, "The header is not JSON.", cause);
  }
  if (!isRecord(header)) throw badFile(where, "The header is not a JSON object.");
  return { header, dataStart };
}

function readMetadata(entry: unknown, where: string): Record<string, string> {
  if (!isRecord(entry)) throw badFile(where, "The header's __metadata__ is not an object of texts.");
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "string" || key === "__proto__") {
      throw badFile(where, `The header's __metadata__.${key} is not text.`);
    }
    metadata[key] = value;
  }
  return metadata;
}

function readSpan(name: string, entry: unknown, where: string): Span {
  if (reserved.has(name)) throw badFile(where, `A tensor is named "${name}", which is reserved.`);
  if (!isRecord(entry)) throw badFile(where, `The header's entry of "${name}" is not an object.`);
  const type = stored.get(entry["dtype"]);
  if (type === undefined) {
    throw new FathomError({
      code: "unsupported",
      message: `The tensor "${name}" has dtype ${JSON.stringify(entry["dtype"])}; Fathom reads ${[...stored.keys()].join(", ")}.`,
      where,
      hint: "Convert the tensor to float32 where the file was written.",
    });
  }
  const shape = readIntegers(entry["shape"]);
  const offsets = readIntegers(entry["data_offsets"]);
  if (shape === undefined || shape.length > MAX_RANK)
    throw badFile(where, `The shape of "${name}" is no shape.`);
  if (offsets?.length !== 2) throw badFile(where, `The data_offsets of "${name}" are not two positions.`);
  const [begin, end] = offsets as [number, number];
  const size = sizeOf(shape) * type.bytes;
  if (end - begin !== size) {
    throw badFile(
      where,
      `"${name}" of shape ${showShape(shape)} needs ${size} bytes, its offsets span ${end - begin}.`,
    );
  }
  return { name, type, shape, begin, end };
}

/** Arrays in order of position must follow each other without gap or overlap from 0 to the end of the data. */
function checkCoverage(spans: readonly Span[], dataLength: number, where: string): void {
  let position = 0;
  for (const { name, begin, end } of spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      throw badFile(where, `"${name}" begins at byte ${begin} of the data, expected at ${position}.`);
    }
    position = end;
  }
  if (position !== dataLength) {
    throw badFile(where, `The header describes ${position} bytes of data, the file holds ${dataLength}.`);
  }
}

function readIntegers(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((n) => Number.isSafeInteger(n) && n >= 0) ? (value as number[]) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badFile(where: string, message: string, cause?: unknown): FathomError {
  const hint = "The file may be truncated, damaged, or of another kind; write or download it again.";
  return new FathomError({ code: "bad-file", message, where, hint, cause });
}
