/** @file Operators of ONNX that select by index; negative indices count from the end. */
import {
  add,
  cast,
  constant,
  gather,
  less,
  mul,
  reshape,
  scatterAdd,
  type Tensor,
  takeAlong,
  where,
} from "../../../expr/index.ts";
import { ndarray, sizeOf, stridesOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import { cut } from "./movement.ts";
import type { OperatorTable } from "./operator.ts";

/** Indices counted from the front. Known ones are checked now, others when the graph runs. */
function frontIndices(node: OnnxNode, operand: number, n: number): Tensor {
  const known = node.known(operand);
  if (known === undefined) {
    const given = node.tensor(operand);
    const indices = given.dtype === "int32" || given.dtype === "int64" ? given : cast(given, "int64");
    return where(less(indices, 0), add(indices, n), indices);
  }
  const indices = Array.from(known.data as ArrayLike<number | bigint>, (value) => {
    const index = Number(value);
    if (Number.isInteger(index) && index >= -n && index < n) return index < 0 ? index + n : index;
    throw node.error(`the index ${index} is outside an axis of ${n}.`);
  });
  return constant(ndarray("int64", known.shape, indices));
}

function gathered(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(node.int("axis", 0), x.shape.length);
  const indices = frontIndices(node, 1, x.shape[axis]!);
  const one = node.number(1);
  if (one === undefined) return gather(x, indices, { axis });
  // A slice has the cheaper derivative.
  const at = one < 0 ? one + x.shape[axis]! : one;
  return reshape(cut(x, axis, at, at + 1), [
    ...x.shape.slice(0, axis),
    ...indices.shape,
    ...x.shape.slice(axis + 1),
  ]);
}

function gatheredElements(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(node.int("axis", 0), x.shape.length);
  const indices = frontIndices(node, 1, x.shape[axis]!);
  const lines = indices.shape.reduce((part, n, i) => (i === axis ? part : cut(part, i, 0, n)), x);
  return takeAlong(lines, indices, { axis });
}

/** Updates added at positions along one axis: positions in the flat data, because updates may cover a part of a line. */
function scatteredElements(node: OnnxNode): Tensor {
  const data = node.tensor(0);
  const axis = node.axis(node.int("axis", 0), data.shape.length);
  if (node.text("reduction", "none") !== "add") throw node.unsupported("only the reduction add is read.");
  const indices = frontIndices(node, 1, data.shape[axis]!);
  const strides = stridesOf(data.shape);
  if (sizeOf(indices.shape) > 2 ** 26) throw node.error("there are too many positions.");
  const others = strides.map((stride, i) => (i === axis ? 0 : stride));
  const own = stridesOf(indices.shape);
  const offsets = Float64Array.from({ length: sizeOf(indices.shape) }, (_, i) =>
    others.reduce((sum, stride, k) => sum + stride * (Math.floor(i / own[k]!) % indices.shape[k]!), 0),
  );
  const base = constant(ndarray(indices.dtype, indices.shape, offsets));
  const positions = add(mul(indices, strides[axis]!), base);
  const sums = scatterAdd(reshape(positions, [-1]), reshape(node.tensor(2), [-1]), {
    size: sizeOf(data.shape),
  });
  return add(data, reshape(sums, data.shape));
}

export const indexingOperators: OperatorTable = {
  Gather: gathered,
  GatherElements: gatheredElements,
  ScatterElements: scatteredElements,
};
