/** @file Nodes without operands: inputs, constants, and the counting vector. */
import {
  type DType,
  FathomError,
  filled,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
} from "../../tensor/index.ts";
import type { Primitive } from "../primitive.ts";
import { checkShape, isFloat, operandError, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";

/** Constants up to this size are compared by content, so that equal ones are one node. */
const inlineLimit = 64;

function noBatch(): never {
  throw new FathomError({ code: "bad-input", message: "A node without operands has nothing to batch." });
}

const stated: Pick<Primitive, "shape" | "batch"> = {
  shape: (_, attrs) => ({ shape: attrs.shape as Shape, dtype: attrs.dtype as DType }),
  batch: noBatch,
};

export const inputPrimitive: Primitive = {
  ...stated,
  name: "input",
  evaluate: (_, node) => {
    throw new FathomError({
      code: "bad-input",
      message: `No value was fed for the input "${node.attrs.name}".`,
      where: String(node.attrs.name),
    });
  },
};

/**
 * A value fed when the graph runs.
 * @param shape Static lengths, all positive; `[]` is a scalar.
 * @throws FathomError bad-shape for a length that is not a positive integer.
 * @example const x = input("x", [128, 784]); // float32
 */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Tensor {
  return apply(inputPrimitive, [], { name, shape: checkShape(`input "${name}"`, shape), dtype });
}

/** The name an input is fed under. */
export function inputName(node: Tensor): string {
  return String(node.attrs.name);
}

export const constantPrimitive: Primitive = {
  ...stated,
  name: "constant",
  evaluate: (_, node) => constantValue(node),
  onnx: (emit, node) => emit.constant(constantValue(node)),
};

/** The array a `constant` node holds. */
export function constantValue(node: Tensor): NdArray {
  const array = node.attrs.array as NdArray | undefined;
  return array ?? ndarray(node.dtype, node.shape, node.attrs.values as number[]);
}

export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * A value known while the graph is built: a number, nested lists of numbers, or an array (kept, not copied: do not
 * change it afterwards).
 * @param dtype Of numbers and lists: float32 unless said. An array keeps its own dtype.
 * @throws FathomError bad-shape for ragged lists, bad-input for numbers that the dtype cannot hold.
 * @example constant([[1, 2], [3, 4]], "float64")
 */
export function constant(value: NestedNumbers | NdArray, dtype: DType = "float32"): Tensor {
  const array = isArray(value) ? value : fromNested(value, dtype);
  checkShape("constant", array.shape);
  const described = { shape: array.shape, dtype: array.dtype };
  return sizeOf(array.shape) <= inlineLimit
    ? apply(constantPrimitive, [], { ...described, values: Array.from(array.data, Number) })
    : apply(constantPrimitive, [], { ...described, array });
}

function isArray(value: NestedNumbers | NdArray): value is NdArray {
  return typeof value === "object" && "data" in value;
}

function fromNested(value: NestedNumbers, dtype: DType): NdArray {
  if (typeof value === "number") return filled(dtype, [], value);
  const shape: number[] = [];
  for (let level: NestedNumbers = value; typeof level !== "number"; level = level[0]!) {
    if (level.length === 0) throw shapeError("constant", "an empty list has no shape.");
    shape.push(level.length);
  }
  const flat: number[] = [];
  collect(value, shape, flat);
  return ndarray(dtype, shape, flat);
}

/** Appends the numbers of lists that all have the lengths of `shape`. */
function collect(value: NestedNumbers, [length, ...rest]: Shape, flat: number[]): void {
  const own = typeof value === "number" ? undefined : value.length;
  if (own !== length) throw shapeError("constant", "the lists are ragged.");
  if (typeof value === "number") flat.push(value);
  else for (const inner of value) collect(inner, rest, flat);
}

/** The single number of a constant with one element; `undefined` for anything else. */
export function scalarConstant(node: Tensor): number | undefined {
  const values = node.op === constantPrimitive ? (node.attrs.values as number[] | undefined) : undefined;
  return values?.length === 1 ? values[0] : undefined;
}

/** A number as a constant of the other operand's dtype; a tensor as it is. */
export function asTensor(value: Tensor | number, like: Tensor | number): Tensor {
  if (typeof value !== "number") return value;
  const dtype = typeof like === "number" ? "float32" : like.dtype;
  if (!isFloat(dtype) && !Number.isInteger(value)) {
    throw operandError("constant", `${value} is no ${dtype}.`, "Cast the other operand to a float.");
  }
  return constant(value, dtype);
}

export const iotaPrimitive: Primitive = {
  ...stated,
  name: "iota",
  evaluate: (_, node) => counting(node),
  onnx: (emit, node) => emit.constant(counting(node)),
};

function counting(node: Tensor): NdArray {
  return ndarray(
    node.dtype,
    node.shape,
    Float64Array.from({ length: node.shape[0]! }, (_, i) => i),
  );
}

/**
 * The vector 0, 1, …, size − 1.
 * @example iota(3, "int32") // [0, 1, 2]
 */
export function iota(size: number, dtype: DType = "int32"): Tensor {
  return apply(iotaPrimitive, [], { shape: checkShape("iota", [size]), dtype });
}
