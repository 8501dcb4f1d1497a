/**
 * @file Plain n-dimensional arrays: a typed array, a shape and a dtype, row-major and contiguous.
 * Data only; arithmetic on arrays belongs to `expr`, small linear algebra to `linalg.ts`.
 */
import { FathomError } from "./errors.ts";

export type DType = "float32" | "float64" | "int32" | "int64" | "bool" | "uint8";
export type FloatDType = "float32" | "float64";
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

/** Row-major strides in elements: `[3, 4]` gives `[4, 1]`. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** `[2, 3]` as text, for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Fresh zeroed storage for `length` elements of a dtype. */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  return new constructors[dtype](length) as DataOf[D];
}

/** An array of zeros (false, for bool). */
export function zeros<D extends DType>(dtype: D, shape: Shape): NdArray<D> {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

/** An array filled with one value. */
export function filled<D extends DType>(dtype: D, shape: Shape, value: number): NdArray<D> {
  const array = zeros(dtype, shape);
  if (dtype === "int64") (array.data as BigInt64Array).fill(BigInt(value));
  else (array.data as Float64Array).fill(value);
  return array;
}

/**
 * Wraps data in an array; plain numbers are converted to the dtype, typed arrays of the right kind are kept
 * as they are (not copied).
 * @throws FathomError bad-shape when the number of elements is not the product of the shape.
 * @example ndarray("float32", [2, 2], [1, 2, 3, 4])
 */
export function ndarray<D extends DType>(
  dtype: D,
  shape: Shape,
  data: DataOf[D] | ArrayLike<number>,
): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `${data.length} elements do not fill the shape ${showShape(shape)} (${sizeOf(shape)} elements).`,
    });
  }
  if (data instanceof constructors[dtype]) return { dtype, shape, data: data as DataOf[D] };
  const storage = allocate(dtype, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    storage[i] =
      dtype === "int64" ? BigInt(value) : dtype === "bool" ? Number(Boolean(value)) : Number(value);
  }
  return { dtype, shape, data: storage };
}

/** A scalar array, float64 unless said. */
export function scalar<D extends DType = "float64">(value: number, dtype?: D): NdArray<D> {
  return filled((dtype ?? "float64") as D, [], value);
}

/** The same data under another shape of the same size (not copied). */
export function reshaped<D extends DType>(array: NdArray<D>, shape: Shape): NdArray<D> {
  return ndarray(array.dtype, shape, array.data);
}

/** The elements as plain numbers (int64 must fit a double exactly, as all indices and labels here do). */
export function toNumbers(array: NdArray): number[] {
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}
