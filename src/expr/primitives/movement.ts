/** @file Views: reshape, transpose, broadcastTo. Chains of them are merged while they are built. */
import { type Shape, sameShape, showShape, sizeOf, stridesOf } from "../../tensor/index.ts";
import { broadcastOffsets, pick, stridedOffsets } from "../numeric.ts";
import { emitInts } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { alignedShape, broadcastShapes, checkShape, normaliseAxis, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { sumTo } from "./elementwise.ts";
import { constant, constantValue, scalarConstant } from "./leaf.ts";

export const reshapePrimitive: Primitive = {
  name: "reshape",
  shape: ([x], attrs) => ({ shape: attrs.shape as Shape, dtype: x!.dtype }),
  evaluate: ([x], node) => ({ ...x!, shape: node.shape }),
  vjp: (ct, node) => [reshape(ct, node.inputs[0]!.shape)],
  jvp: ([t], node) => reshape(t!, node.shape),
  batch: ([x], _, node, size) => reshape(x!, [size, ...node.shape]),
  onnx: (emit, node) => emit.node("Reshape", [emit.value(node.inputs[0]!), emitInts(emit, node.shape)]),
};

/**
 * The same elements, row-major, under another shape of the same size. One length may be −1: the one that fits.
 * @throws FathomError bad-shape when the sizes differ.
 * @example reshape(images, [-1, 784]) // [N, 28, 28] → [N, 784]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = completeShape(x.shape, shape);
  if (sameShape(x.shape, target)) return x;
  if (x.op === reshapePrimitive) return reshape(x.inputs[0]!, target);
  if (scalarConstant(x) !== undefined) return constant({ ...constantValue(x), shape: target });
  return reshapedBroadcast(x, target) ?? apply(reshapePrimitive, [x], { shape: target });
}

function completeShape(from: Shape, shape: Shape): Shape {
  const known = shape.filter((n) => n !== -1);
  const missing = sizeOf(from) / sizeOf(known);
  const target = shape.map((n) => (n === -1 ? missing : n));
  if (shape.length - known.length > 1 || sizeOf(target) !== sizeOf(from) || !Number.isInteger(missing)) {
    throw shapeError("reshape", `${showShape(from)} cannot become ${showShape(shape)}: the sizes differ.`);
  }
  return checkShape("reshape", target);
}

/** reshape(broadcastTo(y)) as broadcastTo(reshape(y)), where only axes of length 1 come or go. */
function reshapedBroadcast(x: Tensor, target: Shape): Tensor | undefined {
  const y = peelBroadcast(x);
  if (y === x) return undefined;
  if (sizeOf(y.shape) === 1) return broadcastTo(reshape(y, []), target);
  const long = x.shape.flatMap((n, axis) => (n === 1 ? [] : [axis]));
  const targetLong = target.filter((n) => n !== 1);
  if (
    !sameShape(
      long.map((axis) => x.shape[axis]!),
      targetLong,
    )
  ) {
    return undefined;
  }
  const own = alignedShape(y.shape, x.shape.length);
  let next = 0;
  const shape = target.map((n) => (n === 1 ? 1 : own[long[next++]!]!));
  return broadcastTo(reshape(y, shape), target);
}

export const transposePrimitive: Primitive = {
  name: "transpose",
  shape: ([x], attrs) => ({
    shape: (attrs.perm as readonly number[]).map((axis) => x!.shape[axis]!),
    dtype: x!.dtype,
  }),
  evaluate: ([x], node) => {
    const strides = stridesOf(x!.shape);
    return pick(
      x!,
      stridedOffsets(
        node.shape,
        permOf(node).map((axis) => strides[axis]!),
      ),
      node.shape,
    );
  },
  vjp: (ct, node) => [transpose(ct, inverse(permOf(node)))],
  jvp: ([t], node) => transpose(t!, permOf(node)),
  batch: ([x], _, node) => transpose(x!, [0, ...permOf(node).map((axis) => axis + 1)]),
  onnx: (emit, node) =>
    emit.node("Transpose", [emit.value(node.inputs[0]!)], { perm: { ints: permOf(node) } }),
};

/** The permutation of a transpose node: axis i of the result is axis perm[i] of the operand. */
export function permOf(node: Tensor): readonly number[] {
  return node.attrs.perm as readonly number[];
}

function inverse(perm: readonly number[]): number[] {
  const result = new Array<number>(perm.length);
  perm.forEach((axis, position) => {
    result[axis] = position;
  });
  return result;
}

/**
 * Axes in another order: axis i of the result is axis `perm[i]` of x. Reverses all axes when `perm` is left out.
 * @throws FathomError bad-shape when `perm` is no permutation of the axes.
 * @example transpose(x, [0, 2, 1]) // [B, N, M] → [B, M, N]
 */
export function transpose(x: Tensor, perm?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const order = (perm ?? x.shape.map((_, axis) => rank - 1 - axis)).map((axis) =>
    normaliseAxis("transpose", axis, rank),
  );
  if (order.length !== rank || new Set(order).size !== rank) {
    throw shapeError("transpose", `[${order.join(", ")}] is no order of the axes of ${showShape(x.shape)}.`);
  }
  if (order.every((axis, i) => axis === i)) return x;
  if (x.op === transposePrimitive) {
    return transpose(
      x.inputs[0]!,
      order.map((axis) => permOf(x)[axis]!),
    );
  }
  const shape = order.map((axis) => x.shape[axis]!);
  const long = order.filter((axis) => x.shape[axis] !== 1);
  if (long.every((axis, i) => i === 0 || axis > long[i - 1]!)) return reshape(x, shape);
  const y = peelBroadcast(x);
  if (y !== x) return broadcastTo(transpose(reshape(y, alignedShape(y.shape, rank)), order), shape);
  return apply(transposePrimitive, [x], { perm: order });
}

export const broadcastToPrimitive: Primitive = {
  name: "broadcastTo",
  shape: ([x], attrs) => ({ shape: attrs.shape as Shape, dtype: x!.dtype }),
  evaluate: ([x], node) => pick(x!, broadcastOffsets(x!.shape, node.shape)!, node.shape),
  vjp: (ct, node) => [sumTo(ct, node.inputs[0]!.shape)],
  jvp: ([t], node) => broadcastTo(t!, node.shape),
  batch: ([x], _, node, size) =>
    broadcastTo(reshape(x!, [size, ...alignedShape(x!.shape.slice(1), node.shape.length)]), [
      size,
      ...node.shape,
    ]),
  onnx: (emit, node) => emit.node("Expand", [emit.value(node.inputs[0]!), emitInts(emit, node.shape)]),
};

/**
 * x repeated along new leading axes and along axes of length 1 (numpy's rules). Rarely needed: elementwise operations
 * and matmul broadcast by themselves.
 * @throws FathomError bad-shape when x does not broadcast to the shape.
 * @example broadcastTo(bias, [128, 10]) // [10] → [128, 10]
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", [x.shape, shape]), shape)) {
    throw shapeError("broadcastTo", `${showShape(x.shape)} does not broadcast to ${showShape(shape)}.`);
  }
  return apply(broadcastToPrimitive, [peelBroadcast(x)], { shape: checkShape("broadcastTo", shape) });
}

/** The operand of a broadcast; anything else as it is. */
export function peelBroadcast(x: Tensor): Tensor {
  return x.op === broadcastToPrimitive ? x.inputs[0]! : x;
}

/** A tensor of zeros with the shape and dtype of another; takes no memory until something needs it in full. */
export function zerosLike(x: Tensor): Tensor {
  return broadcastTo(constant(0, x.dtype), x.shape);
}
