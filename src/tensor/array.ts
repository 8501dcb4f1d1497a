/**
 * @file Plain n-dimensional arrays: a typed array, a shape and a dtype, row-major and contiguous.
 * Data only, but for a factor; arithmetic on arrays belongs to `expr`, small linear algebra to `linalg.ts`.
 */
import { FathomError } from "./errors.ts";

/** Element types of arrays. */
export type DType = "float32" | "float64" | "int32" | "int64" | "bool" | "uint8";
/** Element types that derivatives and random numbers have. */
export type FloatDType = "float32" | "float64";
/** Sizes of the axes, outermost first; empty for a scalar. */
export type Shape = readonly number[];

/** The typed array that stores each dtype; booleans are bytes 0 and 1. */
export interface DataOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  uint8: Uint8Array;
}
export type TypedData = DataOf[DType];

/** Bytes of one element. */
export const bytesOf: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  bool: 1,
  uint8: 1,
};

/** A row-major array: `data.length` is the product of `shape`. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: DataOf[D];
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  uint8: Uint8Array,
} as const;

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/**
 * Number of elements of a shape that is not known to be one.
 * @throws FathomError bad-shape unless every length is an integer >= 0.
 */
export function checkedSizeOf(shape: Shape): number {
  if (shape.every((n) => Number.isInteger(n) && n >= 0)) return sizeOf(shape);
  throw new FathomError({
    code: "bad-shape",
    where: "shape",
    message: `No array has the shape ${showShape(shape)}.`,
    hint: "Lengths are integers >= 0.",
  });
}

/** Row-major strides in elements: `[3, 4]` gives `[4, 1]`. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

/** Whether two shapes are equal, length by length. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** `[2, 3]` as text, for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Fresh zeroed storage for `length` elements of a dtype. @throws FathomError too-large when there is no memory. */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  try {
    return new constructors[dtype](length) as DataOf[D];
  } catch (cause) {
    throw new FathomError({
      code: "too-large",
      message: `There is no memory for ${length} numbers of ${dtype}.`,
      hint: "Use smaller shapes.",
      cause,
    });
  }
}

/**
 * An array of zeros (false, for bool).
 * @throws FathomError bad-shape for lengths that are no integers >= 0, too-large when there is no memory.
 * @example zeros("float32", [2, 3])
 */
export function zeros<D extends DType>(dtype: D, shape: Shape): NdArray<D> {
  return { dtype, shape, data: allocate(dtype, checkedSizeOf(shape)) };
}

/**
 * An array filled with one value.
 * @throws FathomError as `zeros`; bad-input for a value that the dtype cannot hold.
 * @example filled("int32", [3], 7)
 */
export function filled<D extends DType>(dtype: D, shape: Shape, value: number): NdArray<D> {
  const array = zeros(dtype, shape);
  (array.data as Float64Array).fill(stored(dtype, value) as number);
  return array;
}

/** Smallest and largest value of each integer dtype (of int64, among float64 numbers). */
const ranges: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  uint8: [0, 255],
};

/** A number as the dtype stores it: anything but 0 and NaN is true. @throws FathomError bad-input for what it cannot hold. */
function stored(dtype: DType, value: number): number | bigint {
  if (dtype === "bool") return Number(Boolean(value));
  const range = ranges[dtype];
  if (range === undefined) return value;
  if (Number.isInteger(value) && value >= range[0] && value <= range[1])
    return dtype === "int64" ? BigInt(value) : value;
  throw new FathomError({
    code: "bad-input",
    where: "value",
    message: `${value} is no ${dtype}.`,
    hint: `Give whole numbers from ${range[0]} to ${range[1]}, or another dtype.`,
  });
}

/**
 * Wraps data in an array; plain numbers are converted to the dtype, typed arrays of the right kind are kept
 * as they are (not copied).
 * @throws FathomError bad-shape when the number of elements is not the product of the shape, bad-input for a number that
 * the dtype cannot hold.
 * @example ndarray("float32", [2, 2], [1, 2, 3, 4])
 */
export function ndarray<D extends DType>(
  dtype: D,
  shape: Shape,
  data: DataOf[D] | ArrayLike<number>,
): NdArray<D> {
  const size = checkedSizeOf(shape);
  if (data.length !== size) {
    throw new FathomError({
      code: "bad-shape",
      where: "data",
      message: `${data.length} elements do not fill the shape ${showShape(shape)} (${size} elements).`,
      hint: "Give as many elements as the lengths multiply to.",
    });
  }
  if (data instanceof constructors[dtype]) return { dtype, shape, data: data as DataOf[D] };
  const storage = allocate(dtype, size);
  for (let i = 0; i < size; i++) (storage as Float64Array)[i] = stored(dtype, Number(data[i])) as number;
  return { dtype, shape, data: storage };
}

/** A scalar array, float64 unless said. @example scalar(0.5, "float32") */
export function scalar<D extends DType = "float64">(value: number, dtype?: D): NdArray<D> {
  return filled((dtype ?? "float64") as D, [], value);
}

/**
 * The same data under another shape of the same size (not copied).
 * @throws FathomError bad-shape when the sizes differ.
 * @example reshaped(zeros("float32", [2, 3]), [6])
 */
export function reshaped<D extends DType>(array: NdArray<D>, shape: Shape): NdArray<D> {
  return ndarray(array.dtype, shape, array.data);
}

/**
 * Every entry times a factor, in the same dtype; the array itself for a factor of 1.
 * @throws FathomError bad-input for whole numbers and truth values, which a factor would round.
 * @example scaled(weight, 0.5)
 */
export function scaled<D extends DType>(array: NdArray<D>, factor: number): NdArray<D> {
  if (factor === 1) return array;
  const { dtype } = array;
  if (dtype !== "float32" && dtype !== "float64") {
    throw new FathomError({
      code: "bad-input",
      message: `An array of ${dtype} cannot be scaled by ${factor}.`,
      where: "array",
      hint: "Give an array of floats.",
    });
  }
  const data = (array.data as Float64Array).map((value) => value * factor);
  return { ...array, data: data as DataOf[D] };
}

/**
 * The elements as plain numbers (int64 must fit a double exactly, as all indices and labels here do).
 * @example toNumbers(ndarray("int64", [2], [1, 2])) // [1, 2]
 */
export function toNumbers(array: NdArray): number[] {
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}
