/** @file Operators of ONNX that make shapes and constants; shapes are static, so their results are known while reading. */
import {
  add,
  broadcastTo,
  cast,
  constant,
  equal,
  iota,
  less,
  mul,
  reshape,
  slice,
  type Tensor,
  where,
} from "../../../expr/index.ts";
import { filled, type NdArray, ndarray, sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import { MAX_ELEMENTS } from "../tensors.ts";
import type { Result } from "../value.ts";
import type { OperatorTable } from "./operator.ts";

/** Arrays made while a model is read, at most. */
const MAX_MADE = 2 ** 24;

function shapeOf(node: OnnxNode): NdArray {
  const shape = node.shape(0);
  const place = (index: number) =>
    Math.max(0, Math.min(shape.length, index < 0 ? index + shape.length : index));
  const kept = shape.slice(place(node.int("start", 0)), place(node.int("end", shape.length)));
  return ndarray("int64", [kept.length], kept);
}

function constantOf(node: OnnxNode): NdArray {
  const array = node.array("value");
  if (array !== undefined) return array;
  const float = node.float32;
  if (node.hasAttribute("value_float")) return ndarray(float, [], [node.float("value_float", 0)]);
  if (node.hasAttribute("value_int")) return ndarray("int64", [], [node.int("value_int", 0)]);
  const floats = node.floats("value_floats");
  if (floats !== undefined) return ndarray(float, [floats.length], floats);
  const ints = node.ints("value_ints");
  if (ints !== undefined) return ndarray("int64", [ints.length], ints);
  throw node.unsupported("its value is no tensor of numbers.");
}

/** One value everywhere; as an expression it takes no memory. */
function constantOfShape(node: OnnxNode): Result {
  const shape = node.integers(0, "sizes");
  const value = node.array("value") ?? ndarray(node.float32, [1], [0]);
  if (value.data.length !== 1) throw node.error("its value is not one number.");
  if (shape.some((n) => n < 0) || sizeOf(shape) > MAX_ELEMENTS) {
    throw node.error(`no tensor has the shape [${shape.join(", ")}].`);
  }
  if (shape.includes(0)) return { dtype: value.dtype, shape, data: filled(value.dtype, [0], 0).data };
  return broadcastTo(constant({ ...value, shape: [] }), shape);
}

/** start, start + delta, … below (or above) limit. */
function range(node: OnnxNode): Result {
  const [start, limit, delta] = [0, 1, 2].map((i) => Number(node.fixed(i, "bounds").data[0])) as [
    number,
    number,
    number,
  ];
  const { dtype } = node.fixed(0, "bounds");
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= MAX_MADE)) throw node.error(`it would count from ${start} to ${limit} by ${delta}.`);
  if (count === 0) return { dtype, shape: [0], data: filled(dtype, [0], 0).data };
  return add(mul(iota(count, dtype), delta), start);
}

/** `depth` numbers along a new axis: one value at the index, another elsewhere. */
function oneHotOf(node: OnnxNode): Tensor {
  const indices = node.tensor(0);
  const depth = node.number(1);
  if (depth === undefined || !Number.isInteger(depth) || depth < 1 || depth > MAX_MADE) {
    throw node.error("its depth is no size.");
  }
  const values = node.tensor(2);
  return oneHotAlong(node, indices, depth, values);
}

function oneHotAlong(node: OnnxNode, indices: Tensor, depth: number, values: Tensor): Tensor {
  const rank = indices.shape.length + 1;
  const axis = node.axis(node.int("axis", -1), rank);
  const shape = [...indices.shape.slice(0, axis), 1, ...indices.shape.slice(axis)];
  const steps = Array.from({ length: rank }, (_, i) => (i === axis ? depth : 1));
  const integer = indices.dtype === "int64" || indices.dtype === "int32" ? indices : cast(indices, "int64");
  const wrapped = where(less(integer, 0), add(integer, depth), integer);
  const hit = equal(reshape(wrapped, shape), reshape(iota(depth, wrapped.dtype), steps));
  const value = (i: number) => reshape(slice(values, { starts: [i], ends: [i + 1] }), []);
  return where(hit, value(1), value(0));
}

export const shapeOperators: OperatorTable = {
  Shape: shapeOf,
  Size: (node) => ndarray("int64", [], [sizeOf(node.shape(0))]),
  Constant: constantOf,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHotOf,
};
