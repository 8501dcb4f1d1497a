/** @file Selection by index: gather, its adjoint scatterAdd, selection along lines, oneHot. */
import { allocate, type DType, FathomError, ndarray, showShape, sizeOf } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import { emitInts } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { checkShape, isInteger, normaliseAxis, operandError, requireNumeric, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { add, mul } from "./binary.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { iota } from "./leaf.ts";
import { broadcastTo, reshape, transpose } from "./movement.ts";

function requireIndices(op: string, indices: Tensor): void {
  if (!isInteger(indices.dtype)) {
    throw operandError(op, `the indices are ${indices.dtype}`, "Indices are int32 or int64.");
  }
}

function checkedIndices(op: string, indices: ArrayLike<number>, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index >= 0 && index < size) continue;
    throw new FathomError({
      code: "bad-input",
      message: `${op}: the index ${index} is outside 0 … ${size - 1}.`,
      where: op,
      hint: "Indices count from 0.",
    });
  }
}

function axisOf(node: Tensor): number {
  return node.attrs.axis as number;
}

export const gatherPrimitive: Primitive = {
  name: "gather",
  shape: ([x, indices], attrs) => {
    requireIndices("gather", indices!);
    const axis = attrs.axis as number;
    return {
      shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)],
      dtype: x!.dtype,
    };
  },
  evaluate: ([x, indices], node) => {
    const axis = axisOf(node);
    const chosen = numbersOf(indices!);
    const n = x!.shape[axis]!;
    checkedIndices("gather", chosen, n);
    const row = sizeOf(x!.shape.slice(axis + 1));
    const blocks = sizeOf(x!.shape.slice(0, axis));
    const data = allocate(node.dtype, sizeOf(node.shape));
    let at = 0;
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < chosen.length; i++) {
        const from = (block * n + chosen[i]!) * row;
        for (let k = 0; k < row; k++) data[at++] = x!.data[from + k]!;
      }
    }
    return ndarray(node.dtype, node.shape, data);
  },
  vjp: (ct, node) => {
    const [x, indices] = node.inputs as [Tensor, Tensor];
    return [scatterAdd(indices, ct, { axis: axisOf(node), size: x.shape[axisOf(node)]! })];
  },
  jvp: ([t], node) => t && gather(t, node.inputs[1]!, { axis: axisOf(node) }),
  batch: ([x, indices], [batchedX, batchedIndices], node, size) => {
    const axis = axisOf(node);
    if (!batchedIndices) return gather(x!, indices!, { axis: axis + 1 });
    if (!batchedX) return moveAxis(gather(x!, indices!, { axis }), axis, 0);
    return batchedGather(x!, indices!, axis, size);
  },
  onnx: (emit, node) =>
    emit.node(
      "Gather",
      node.inputs.map((x) => emit.value(x)),
      { axis: { int: axisOf(node) } },
    ),
};

/** Both operands batched: examples lie one after the other along one long axis, and indices point into it. */
function batchedGather(x: Tensor, indices: Tensor, axis: number, size: number): Tensor {
  const front = moveAxis(x, axis + 1, 1);
  const [, n, ...rest] = front.shape as [number, number, ...number[]];
  const rows = gather(reshape(front, [size * n, ...rest]), shifted(indices, size, n), { axis: 0 });
  const width = indices.shape.length - 1;
  return moveAxes(rows, 1, width, axis + 1);
}

/** Indices of example i, moved up by i·n. */
function shifted(indices: Tensor, size: number, n: number): Tensor {
  const offsets = mul(iota(size, indices.dtype), n);
  return add(indices, reshape(offsets, [size, ...indices.shape.slice(1).map(() => 1)]));
}

/** One axis moved to another place, the others in their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  return moveAxes(x, from, 1, to);
}

/** `count` neighbouring axes moved so that they start at `to`. */
function moveAxes(x: Tensor, from: number, count: number, to: number): Tensor {
  const axes = [...x.shape.keys()];
  const moved = axes.splice(from, count);
  axes.splice(to, 0, ...moved);
  return transpose(x, axes);
}

/**
 * Elements of x at integer indices along one axis: [..before, n, ..after] with indices [..i] gives [..before, ..i, ..after].
 * @param indices int32 or int64, from 0 to n − 1 (anything else is an error when the graph runs).
 * @example gather(embedding, tokens, { axis: 0 }) // [V, D], [N, T] → [N, T, D]
 */
export function gather(x: Tensor, indices: Tensor, options: { readonly axis: number }): Tensor {
  return apply(gatherPrimitive, [x, indices], {
    axis: normaliseAxis("gather", options.axis, x.shape.length),
  });
}

export const scatterAddPrimitive: Primitive = {
  name: "scatterAdd",
  shape: ([indices, updates], attrs) => {
    requireIndices("scatterAdd", indices!);
    requireNumeric("scatterAdd", updates!);
    const rank = indices!.shape.length;
    if (indices!.shape.some((n, axis) => updates!.shape[axis] !== n)) {
      throw shapeError(
        "scatterAdd",
        `updates ${showShape(updates!.shape)} do not begin with the indices' shape ${showShape(indices!.shape)}.`,
      );
    }
    return { shape: [attrs.size as number, ...updates!.shape.slice(rank)], dtype: updates!.dtype };
  },
  evaluate: ([indices, updates], node) => {
    const targets = numbersOf(indices!);
    const source = numbersOf(updates!);
    checkedIndices("scatterAdd", targets, node.shape[0]!);
    const out = new Float64Array(sizeOf(node.shape));
    const row = sizeOf(node.shape.slice(1));
    for (let i = 0; i < targets.length; i++) {
      for (let k = 0; k < row; k++) out[targets[i]! * row + k]! += source[i * row + k]!;
    }
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node, needed) => [undefined, needed[1] ? gather(ct, node.inputs[0]!, { axis: 0 }) : undefined],
  jvp: ([, t], node) => t && scatterAdd(node.inputs[0]!, t, { size: node.shape[0]! }),
  batch: ([indices, updates], [batchedIndices, batchedUpdates], node, size) => {
    const n = node.shape[0]!;
    const rank = node.inputs[0]!.shape.length;
    if (!batchedIndices)
      return moveAxis(scatterAdd(indices!, moveAxes(updates!, 0, 1, rank), { size: n }), 1, 0);
    const all = batchedUpdates ? updates! : broadcastTo(updates!, [size, ...updates!.shape]);
    return reshape(scatterAdd(shifted(indices!, size, n), all, { size: size * n }), [size, ...node.shape]);
  },
  onnx: (emit, node) => {
    const [indices, updates] = node.inputs as [Tensor, Tensor];
    const [size, ...rest] = node.shape as [number, ...number[]];
    const matrix = [sizeOf(indices.shape), sizeOf(rest)];
    const reshaped = (value: string, shape: readonly number[]) =>
      emit.node("Reshape", [value, emitInts(emit, shape)]);
    const zeros = emit.node("ConstantOfShape", [emitInts(emit, [size, matrix[1]!])], {
      value: { tensor: ndarray(node.dtype, [1], [0]) },
    });
    const rows = reshaped(emit.value(indices), [matrix[0]!, 1]);
    const targets = emit.node("Expand", [rows, emitInts(emit, matrix)]);
    // Not ScatterND, whose additions to repeated positions race on several threads (onnxruntime 1.30).
    const sums = emit.node("ScatterElements", [zeros, targets, reshaped(emit.value(updates), matrix)], {
      axis: { int: 0 },
      reduction: { string: "add" },
    });
    return reshaped(sums, node.shape);
  },
};

/**
 * Zeros with `updates` added at integer positions along one axis; repeated positions add up. The adjoint of
 * {@link gather}: indices [..i], updates [..before, ..i, ..after] → [..before, size, ..after].
 * @param options.size The length of that axis in the result.
 * @throws FathomError bad-shape when the updates do not have the indices' shape at that axis, or for a bad size.
 * @example scatterAdd(labels, ones, { size: 10 }) // counts by class
 */
export function scatterAdd(
  indices: Tensor,
  updates: Tensor,
  options: { readonly axis?: number; readonly size: number },
): Tensor {
  const { size, axis = 0 } = options;
  const kept = updates.shape.length - indices.shape.length + 1;
  const at = normaliseAxis("scatterAdd", axis, kept);
  const front = moveAxes(updates, at, indices.shape.length, 0);
  checkShape("scatterAdd", [size]);
  return moveAxis(apply(scatterAddPrimitive, [indices, front], { size }), 0, at);
}

/**
 * One element of each line along an axis, or several: result[.., j, ..] = x[.., indices[.., j, ..], ..].
 * @param indices int32 or int64 with the shape of x except along the axis, from 0 to its length − 1 (not checked: beyond
 * the end of a line the next line begins).
 * @throws FathomError bad-shape when the other lengths differ.
 * @example takeAlong(x, argsort(x, { axis: 1 }), { axis: 1 })
 */
export function takeAlong(x: Tensor, indices: Tensor, options: { readonly axis: number }): Tensor {
  const axis = normaliseAxis("takeAlong", options.axis, x.shape.length);
  const last = x.shape.length - 1;
  requireIndices("takeAlong", indices);
  if (
    indices.shape.length !== x.shape.length ||
    indices.shape.some((n, i) => i !== axis && n !== x.shape[i])
  ) {
    throw shapeError(
      "takeAlong",
      `${showShape(x.shape)} and indices ${showShape(indices.shape)} do not meet.`,
    );
  }
  const lines = moveAxis(x, axis, last);
  const chosen = moveAxis(indices, axis, last);
  const n = x.shape[axis]!;
  const count = sizeOf(x.shape) / n;
  const flat = shifted(reshape(chosen, [count, indices.shape[axis]!]), count, n);
  return moveAxis(reshape(gather(reshape(lines, [-1]), flat, { axis: 0 }), chosen.shape), last, axis);
}

/**
 * 1 at the label, 0 elsewhere.
 * @param labels int32 or int64 [...]; a label outside 0 … classes − 1 gives zeros.
 * @returns [..., classes]
 * @example oneHot(labels, { classes: 10, dtype: "float32" })
 */
export function oneHot(
  labels: Tensor,
  options: { readonly classes: number; readonly dtype?: DType },
): Tensor {
  return cast(labelMask(labels, options.classes), options.dtype ?? "float32");
}

/** True at the label: [...] → [..., classes]. */
export function labelMask(labels: Tensor, classes: number): Tensor {
  requireIndices("oneHot", labels);
  return equal(reshape(labels, [...labels.shape, 1]), iota(classes, labels.dtype));
}
