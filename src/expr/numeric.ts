/**
 * @file The interpreter's loops: every value is a plain JavaScript number while it is computed (float64-true), and is
 * rounded once when it is stored. int64 is BigInt at the edge of storage only.
 */
import {
  allocate,
  type DType,
  type NdArray,
  ndarray,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../tensor/index.ts";

export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array;

/** The elements as numbers: the storage itself, or a converted copy for int64. */
export function numbersOf(array: NdArray): Numbers {
  if (array.dtype === "int64") return Float64Array.from(array.data as BigInt64Array, Number);
  return array.data as Numbers;
}

/**
 * Stores computed numbers in a dtype: one rounding for float32, wrap-around for integers, which hold 0 for what is not
 * finite.
 */
export function store(dtype: DType, shape: Shape, computed: Float64Array): NdArray {
  switch (dtype) {
    case "float64":
      return ndarray("float64", shape, computed);
    case "float32":
      return ndarray("float32", shape, new Float32Array(computed));
    case "int32":
      return ndarray("int32", shape, new Int32Array(computed));
    case "int64":
      return ndarray(
        "int64",
        shape,
        BigInt64Array.from(computed, (value) => BigInt(Number.isFinite(value) ? value : 0)),
      );
    default:
      return ndarray(dtype, shape, new Uint8Array(computed));
  }
}

/**
 * Offsets into an array of `shape` for every element of `target` (numpy broadcasting, shapes aligned at the right);
 * `undefined` when they are the elements' own positions.
 */
export function broadcastOffsets(shape: Shape, target: Shape): Int32Array | undefined {
  if (sameShape(shape, target)) return undefined;
  const own = stridesOf(shape);
  const shift = target.length - shape.length;
  return stridedOffsets(
    target,
    target.map((_, axis) => (axis < shift || shape[axis - shift] === 1 ? 0 : own[axis - shift]!)),
  );
}

/** Σ index·stride for every index of `shape` in row-major order, from `start`. */
export function stridedOffsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  let offsets = Int32Array.of(start);
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    const stride = strides[axis]!;
    const next = new Int32Array(offsets.length * n);
    for (let i = 0, at = 0; i < offsets.length; i++) {
      for (let k = 0, offset = offsets[i]!; k < n; k++, offset += stride) next[at++] = offset;
    }
    offsets = next;
  }
  return offsets;
}

export type ScalarFunction = (a: number, b: number, c: number) => number;

/** f over one, two or three broadcast operands. */
export function mapElements(f: ScalarFunction, values: readonly NdArray[], shape: Shape): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const [a, b, c] = values.map(numbersOf);
  const [ia, ib, ic] = values.map((value) => broadcastOffsets(value.shape, shape));
  for (let i = 0; i < out.length; i++) {
    const x = a![ia ? ia[i]! : i]!;
    if (b === undefined) out[i] = f(x, 0, 0);
    else out[i] = f(x, b[ib ? ib[i]! : i]!, c === undefined ? 0 : c[ic ? ic[i]! : i]!);
  }
  return out;
}

/** The elements at `offsets`, as an array of `shape` with the source's dtype. */
export function pick(source: NdArray, offsets: ArrayLike<number>, shape: Shape): NdArray {
  const data = allocate(source.dtype, offsets.length);
  for (let i = 0; i < offsets.length; i++) data[i] = source.data[offsets[i]!]!;
  return ndarray(source.dtype, shape, data);
}

/** The lines of a row-major array along one axis: `visit(first, stride, length)` for each. */
export function forEachLine(
  shape: Shape,
  axis: number,
  visit: (first: number, stride: number, length: number) => void,
): void {
  const length = shape[axis]!;
  const stride = sizeOf(shape.slice(axis + 1));
  const blocks = sizeOf(shape.slice(0, axis));
  for (let block = 0; block < blocks; block++) {
    for (let inner = 0; inner < stride; inner++) visit(block * length * stride + inner, stride, length);
  }
}
