/** @file Tensors of ONNX models (TensorProto) as arrays; every length is checked against the data before memory is taken. */
import {
  TensorProto_DataLocation as Location,
  type TensorProto,
  TensorProto_DataType as Type,
} from "onnx-buf";
import {
  allocate,
  type DType,
  type FloatDType,
  type NdArray,
  showShape,
  sizeOf,
} from "../../tensor/index.ts";
import { modelError, quoted } from "./errors.ts";
import { type ReadExternal, readExternal } from "./external.ts";

/** Elements of one tensor, at most: what 2 GB of bytes can say. */
export const MAX_ELEMENTS = 2 ** 31;
const MAX_RANK = 64;

interface Kind {
  readonly dtype: DType;
  /** Bytes of an element in raw data. */
  readonly width: number;
  /** Reads an element of raw data, little-endian. */
  readonly read: (view: DataView, at: number) => number | bigint;
  /** The field that holds elements which are not raw data. */
  readonly field: "floatData" | "int32Data" | "int64Data" | "doubleData";
  /** An element of that field as it is stored, where it is not the number itself. */
  readonly unpack?: (stored: number) => number;
}

const kinds: Partial<Record<Type, Kind>> = {
  [Type.FLOAT]: { dtype: "float32", width: 4, read: (v, at) => v.getFloat32(at, true), field: "floatData" },
  [Type.DOUBLE]: { dtype: "float64", width: 8, read: (v, at) => v.getFloat64(at, true), field: "doubleData" },
  [Type.INT32]: { dtype: "int32", width: 4, read: (v, at) => v.getInt32(at, true), field: "int32Data" },
  [Type.INT64]: { dtype: "int64", width: 8, read: (v, at) => v.getBigInt64(at, true), field: "int64Data" },
  [Type.BOOL]: { dtype: "bool", width: 1, read: (v, at) => Number(v.getUint8(at) !== 0), field: "int32Data" },
  [Type.UINT8]: { dtype: "uint8", width: 1, read: (v, at) => v.getUint8(at), field: "int32Data" },
  [Type.INT8]: { dtype: "int32", width: 1, read: (v, at) => v.getInt8(at), field: "int32Data" },
  [Type.UINT16]: { dtype: "int32", width: 2, read: (v, at) => v.getUint16(at, true), field: "int32Data" },
  [Type.INT16]: { dtype: "int32", width: 2, read: (v, at) => v.getInt16(at, true), field: "int32Data" },
  [Type.FLOAT16]: {
    dtype: "float32",
    width: 2,
    read: (v, at) => half(v.getUint16(at, true)),
    field: "int32Data",
    unpack: half,
  },
  [Type.BFLOAT16]: {
    dtype: "float32",
    width: 2,
    read: (v, at) => brain(v.getUint16(at, true)),
    field: "int32Data",
    unpack: brain,
  },
};

/** The value of 16 bits of IEEE half precision. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const word = new DataView(new ArrayBuffer(4));

/** The value of 16 bits of bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  word.setUint16(2, bits & 0xffff, true);
  return word.getFloat32(0, true);
}

/**
 * The dtype in which Fathom holds an ONNX element type; half precision becomes float32, small integers int32.
 * @param float The dtype of all floats, where one is wanted.
 * @throws FathomError unsupported for strings, complex numbers, eight-bit floats and the like.
 */
export function dtypeOf(type: number, where: string, float?: FloatDType): DType {
  const { dtype } = kindOf(type, where);
  return float !== undefined && (dtype === "float32" || dtype === "float64") ? float : dtype;
}

function kindOf(type: number, where: string): Kind {
  const kind = kinds[type as Type];
  if (kind !== undefined) return kind;
  throw modelError({
    code: "unsupported",
    message: `${where} holds elements of type ${Type[type] ?? type}, which Fathom does not compute with.`,
    where,
    hint: "Export the model in float32, float64, float16 or whole numbers.",
  });
}

/** Where tensors that stand outside the model are read, and the dtype that floats become. */
export interface TensorOptions {
  readonly external: ReadExternal | undefined;
  readonly float?: FloatDType | undefined;
}

/**
 * Reads a tensor.
 * @throws FathomError bad-file when its data do not fill its dimensions; unsupported for element types as {@link dtypeOf}.
 */
export function readTensor(proto: TensorProto, where: string, options: TensorOptions): NdArray {
  const kind = kindOf(proto.dataType, where);
  const shape = readDims(proto.dims, where);
  const size = sizeOf(shape);
  if (proto.segment !== undefined) {
    throw modelError({ code: "unsupported", message: `${where} is stored in segments.`, where });
  }
  const raw =
    proto.dataLocation === Location.EXTERNAL
      ? readExternal(proto, size * kind.width, where, options.external)
      : proto.rawData;
  const listed = proto[kind.field];
  const found = raw.length > 0 ? raw.length : listed.length;
  const needed = raw.length > 0 ? size * kind.width : size;
  if (found !== needed) {
    const unit = raw.length > 0 ? "bytes" : "numbers";
    const message = `${where} of shape ${showShape(shape)} needs ${needed} ${unit}; the file gives ${found}.`;
    throw modelError({ message, where });
  }
  const dtype = dtypeOf(proto.dataType, where, options.float);
  return { dtype, shape, data: raw.length > 0 ? fromRaw(raw, kind, dtype) : fromList(listed, kind, dtype) };
}

const sameBytes: ReadonlySet<DType> = new Set(["float32", "float64", "int32", "int64", "uint8"]);

function fromRaw(raw: Uint8Array, kind: Kind, dtype: DType): NdArray["data"] {
  const data = allocate(dtype, raw.length / kind.width);
  if (kind.dtype === dtype && data.BYTES_PER_ELEMENT === kind.width && sameBytes.has(dtype)) {
    new Uint8Array(data.buffer as ArrayBuffer).set(raw);
    return data;
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let i = 0; i < data.length; i++) data[i] = kind.read(view, i * kind.width) as number;
  return data;
}

function fromList(listed: readonly (number | bigint)[], kind: Kind, dtype: DType): NdArray["data"] {
  const data = allocate(dtype, listed.length);
  const { unpack } = kind;
  for (let i = 0; i < listed.length; i++) {
    const value = unpack === undefined ? listed[i]! : unpack(Number(listed[i]));
    data[i] = (dtype === "bool" ? Number(Boolean(value)) : value) as number;
  }
  return data;
}

function readDims(dims: readonly bigint[], where: string): number[] {
  const shape = dims.map(Number);
  if (shape.length > MAX_RANK || shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw modelError({ message: `${where} has the dimensions [${dims.slice(0, 8).join(", ")}].`, where });
  }
  if (sizeOf(shape) <= MAX_ELEMENTS) return shape;
  throw modelError({
    code: "too-large",
    message: `${where} has the dimensions ${showShape(shape)}, more than ${MAX_ELEMENTS} elements.`,
    where,
    hint: "The dimensions of the file are wrong, or the model is too large for Fathom.",
  });
}

/** `the initialiser "fc.weight"` */
export function initialiserName(name: string): string {
  return `the initialiser ${quoted(name)}`;
}
