/** @file Tensors of ONNX models (TensorProto) as arrays; every length is checked against the data before memory is taken. */
import {
  TensorProto_DataLocation as Location,
  type TensorProto,
  TensorProto_DataType as Type,
} from "onnx-buf";
import {
  allocate,
  type DType,
  type ElementType,
  elementTypes,
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

type ListField = "floatData" | "int32Data" | "int64Data" | "doubleData";

interface Kind {
  readonly type: ElementType;
  /** The field that holds elements which are not raw data. */
  readonly field: ListField;
}

/** @param name The element type by NumPy's name. */
function kind(name: string, field: ListField): Kind {
  return { type: elementTypes.get(name)!, field };
}

const kinds: Partial<Record<Type, Kind>> = {
  [Type.FLOAT]: kind("f4", "floatData"),
  [Type.DOUBLE]: kind("f8", "doubleData"),
  [Type.INT32]: kind("i4", "int32Data"),
  [Type.INT64]: kind("i8", "int64Data"),
  [Type.BOOL]: kind("b1", "int32Data"),
  [Type.UINT8]: kind("u1", "int32Data"),
  [Type.INT8]: kind("i1", "int32Data"),
  [Type.UINT16]: kind("u2", "int32Data"),
  [Type.INT16]: kind("i2", "int32Data"),
  [Type.FLOAT16]: kind("f2", "int32Data"),
  [Type.BFLOAT16]: kind("bf16", "int32Data"),
};

/**
 * The dtype in which Fathom holds an ONNX element type; half precision becomes float32, small integers int32.
 * @param float The dtype of all floats, where one is wanted.
 * @throws FathomError unsupported for strings, complex numbers, eight-bit floats and the like.
 */
export function dtypeOf(type: number, where: string, float?: FloatDType): DType {
  const { dtype } = kindOf(type, where).type;
  return float !== undefined && (dtype === "float32" || dtype === "float64") ? float : dtype;
}

function kindOf(type: number, where: string): Kind {
  const known = kinds[type as Type];
  if (known !== undefined) return known;
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
  const { type, field } = kindOf(proto.dataType, where);
  const shape = readDims(proto.dims, where);
  const size = sizeOf(shape);
  if (proto.segment !== undefined) {
    throw modelError({ code: "unsupported", message: `${where} is stored in segments.`, where });
  }
  const raw =
    proto.dataLocation === Location.EXTERNAL
      ? readExternal(proto, size * type.bytes, where, options.external)
      : proto.rawData;
  const found = raw.length > 0 ? raw.length : proto[field].length;
  const needed = raw.length > 0 ? size * type.bytes : size;
  if (found !== needed) {
    const unit = raw.length > 0 ? "bytes" : "numbers";
    const message = `${where} of shape ${showShape(shape)} needs ${needed} ${unit}; the file gives ${found}.`;
    throw modelError({ message, where });
  }
  const native = raw.length > 0 ? aligned(raw) : listedElements(proto, field, type.bytes);
  const data = type.decode(native, where);
  const dtype = dtypeOf(proto.dataType, where, options.float);
  return { dtype, shape, data: dtype === type.dtype ? data : converted(data, dtype) };
}

/** The bytes in memory of their own, where elements of any width may start. */
function aligned(raw: Uint8Array): ArrayBuffer {
  const bytes = allocate("uint8", raw.length) as Uint8Array<ArrayBuffer>;
  bytes.set(raw);
  return bytes.buffer;
}

/** Elements listed one by one, as they lie in raw data: int32Data holds all narrow types, half precision by its bits. */
function listedElements(proto: TensorProto, field: ListField, width: number): ArrayBuffer {
  if (field === "floatData") return Float32Array.from(proto.floatData).buffer;
  if (field === "doubleData") return Float64Array.from(proto.doubleData).buffer;
  if (field === "int64Data") return BigInt64Array.from(proto.int64Data).buffer;
  if (width === 1) return Uint8Array.from(proto.int32Data).buffer;
  return (width === 2 ? Uint16Array : Int32Array).from(proto.int32Data).buffer;
}

function converted(data: NdArray["data"], dtype: DType): NdArray["data"] {
  const out = allocate(dtype, data.length);
  for (let i = 0; i < out.length; i++) out[i] = data[i]!;
  return out;
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
