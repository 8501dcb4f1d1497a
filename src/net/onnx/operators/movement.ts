/** @file Operators of ONNX that move elements: views, joins, cuts, borders, repetitions. Gather and its like are in indexing.ts. */
import {
  broadcastTo,
  concat,
  constant,
  cumsum,
  flip,
  gather,
  logicalAnd,
  pad,
  reshape,
  slice,
  type Tensor,
  transpose,
  where,
} from "../../../expr/index.ts";
import { type NdArray, ndarray, sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import { isTensor, isWeight, type Result } from "../value.ts";
import type { Operator, OperatorTable } from "./operator.ts";
import { positiveSlice } from "./slices.ts";

/** A view of the first operand: a known array keeps its data under the new shape (it may be empty). */
function view(shapeOf: (node: OnnxNode, shape: readonly number[]) => readonly number[]): Operator {
  return (node) => {
    const value = node.value(0);
    const shape = shapeOf(node, node.shape(0));
    if (isTensor(value) || isWeight(value)) return reshape(node.tensor(0), shape);
    if (sizeOf(shape) !== value.data.length) throw node.error(`[${value.shape}] cannot become [${shape}].`);
    return { ...value, shape } as NdArray;
  };
}

/** 0 keeps the length of that axis (unless `allowzero`), −1 is the length that fits. */
function reshaped(node: OnnxNode, from: readonly number[]): readonly number[] {
  const wanted = node.integers(1, "shape");
  const keep = node.int("allowzero", 0) === 0;
  const sizes = wanted.map((n, axis) => (n === 0 && keep ? (from[axis] ?? 0) : n));
  if (sizes.some((n) => n < -1) || sizes.filter((n) => n === -1).length > 1) {
    throw node.error(`[${wanted}] is no shape.`);
  }
  const known = sizeOf(sizes.filter((n) => n !== -1));
  const missing = known === 0 ? 0 : sizeOf(from) / known;
  const shape = sizes.map((n) => (n === -1 ? missing : n));
  if (sizeOf(shape) === sizeOf(from) && shape.every(Number.isInteger)) return shape;
  throw node.error(`[${from}] cannot become [${wanted}].`);
}

function flattened(node: OnnxNode, shape: readonly number[]): readonly number[] {
  const named = node.int("axis", 1);
  const axis = named < 0 ? named + shape.length : named;
  if (axis < 0 || axis > shape.length) throw node.error(`there is no axis ${named} in rank ${shape.length}.`);
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

function squeezed(node: OnnxNode, shape: readonly number[]): readonly number[] {
  const named = node.axes(1, 13)?.map((axis) => node.axis(axis, shape.length));
  const axes = named ?? shape.flatMap((n, axis) => (n === 1 ? [axis] : []));
  const long = axes.find((axis) => shape[axis] !== 1);
  if (long !== undefined) throw node.error(`axis ${long} has the length ${shape[long]}, not 1.`);
  return shape.filter((_, axis) => !axes.includes(axis));
}

function unsqueezed(node: OnnxNode, shape: readonly number[]): readonly number[] {
  const named = node.axes(1, 13) ?? [];
  const rank = shape.length + named.length;
  const axes = new Set(named.map((axis) => node.axis(axis, rank)));
  if (axes.size !== named.length || rank > 64) throw node.error(`its axes are [${named}].`);
  const lengths = shape.values();
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : lengths.next().value!));
}

function split(node: OnnxNode): readonly Tensor[] {
  const x = node.tensor(0);
  const axis = node.axis(node.int("axis", 0), x.shape.length);
  const n = x.shape[axis]!;
  const stated = node.opset < 13 ? node.ints("split") : node.has(1) ? node.integers(1, "sizes") : undefined;
  const count = node.int("num_outputs", node.outputs);
  // The last part is smaller where the length does not divide.
  const even = Math.ceil(n / count);
  const sizes = stated ?? Array.from({ length: count }, (_, i) => Math.min(even, n - i * even));
  if (sizes.length !== node.outputs || sizes.some((size) => !(size > 0)) || sizeSum(sizes) !== n) {
    throw node.error(`${n} elements are not split into [${sizes}].`);
  }
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return cut(x, axis, end - size, end);
  });
}

function sizeSum(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Elements start to end of one axis. */
export function cut(x: Tensor, axis: number, start: number, end: number): Tensor {
  return slice(x, {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    ends: x.shape.map((n, i) => (i === axis ? end : n)),
  });
}

function sliced(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const boxes = positiveSlice(node, x.shape);
  const reversed = boxes.flatMap((box, axis) => (box?.reversed ? [axis] : []));
  return slice(reversed.length > 0 ? flip(x, { axes: reversed }) : x, {
    starts: boxes.map((box) => box?.start ?? 0),
    ends: boxes.map((box, axis) => box?.end ?? x.shape[axis]!),
    steps: boxes.map((box) => box?.step ?? 1),
  });
}

/** Widths at both ends of each axis; negative ones cut off. */
function padWidths(node: OnnxNode, rank: number): { low: number[]; high: number[] } {
  const widths = node.opset < 11 ? (node.ints("pads") ?? []) : node.integers(1, "widths");
  const axes = node.has(3) ? node.integers(3, "axes").map((axis) => node.axis(axis, rank)) : undefined;
  const count = axes?.length ?? rank;
  if (widths.length !== 2 * count) throw node.error(`rank ${rank} needs ${2 * count} widths.`);
  const [low, high] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  for (let i = 0; i < count; i++) {
    low[axes?.[i] ?? i] = widths[i]!;
    high[axes?.[i] ?? i] = widths[i + count]!;
  }
  return { low, high };
}

function padded(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const { low, high } = padWidths(node, x.shape.length);
  const mode = node.text("mode", "constant");
  if (mode !== "constant") return bordered(node, x, low, high, mode);
  const value = node.opset < 11 ? node.float("value", 0) : node.has(2) ? node.number(2) : 0;
  if (value === undefined) throw node.unsupported("the value of the border is not known.");
  const kept = slice(x, {
    starts: low.map((n) => Math.max(0, -n)),
    ends: high.map((n, axis) => x.shape[axis]! - Math.max(0, -n)),
  });
  return pad(kept, {
    low: low.map((n) => Math.max(0, n)),
    high: high.map((n) => Math.max(0, n)),
    value,
  });
}

/** Positions in a line of n that a border shows. */
const borders: Readonly<Record<string, (i: number, n: number) => number>> = {
  edge: (i, n) => Math.max(0, Math.min(n - 1, i)),
  wrap: (i, n) => ((i % n) + n) % n,
  reflect: (i, n) => {
    const period = Math.max(1, 2 * n - 2);
    const at = ((i % period) + period) % period;
    return at < n ? at : period - at;
  },
};

function bordered(
  node: OnnxNode,
  x: Tensor,
  low: readonly number[],
  high: readonly number[],
  mode: string,
): Tensor {
  const place = Object.hasOwn(borders, mode) ? borders[mode] : undefined;
  if (place === undefined) throw node.unsupported(`there is no mode "${mode}".`);
  return x.shape.reduce((result, n, axis) => {
    const length = low[axis]! + n + high[axis]!;
    if (low[axis] === 0 && high[axis] === 0) return result;
    if (!(length > 0 && length < 2 ** 24)) throw node.error(`axis ${axis} would have the length ${length}.`);
    const positions = Int32Array.from({ length }, (_, i) => place(i - low[axis]!, n));
    return gather(result, constant(ndarray("int32", [length], positions)), { axis });
  }, x);
}

/** numpy's broadcast with the operand's own lengths: 1 in the wanted shape keeps them. */
function expanded(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const wanted = node.integers(1, "shape");
  const rank = Math.max(wanted.length, x.shape.length);
  const at = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  return broadcastTo(
    x,
    Array.from({ length: rank }, (_, i) => (at(wanted, i) === 1 ? at(x.shape, i) : at(wanted, i))),
  );
}

function tiled(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const repeats = node.integers(1, "repeats");
  if (repeats.length !== x.shape.length) throw node.error(`rank ${x.shape.length} needs as many repeats.`);
  const apart = x.shape.flatMap((n) => [1, n]);
  const whole = x.shape.flatMap((n, axis) => [repeats[axis]!, n]);
  return reshape(
    broadcastTo(reshape(x, apart), whole),
    x.shape.map((n, axis) => n * repeats[axis]!),
  );
}

/** Blocks of channels to squares of pixels. */
function depthToSpace(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const b = node.int("blocksize", 1);
  const [n, c, h, w] = imageShape(node, x);
  const columnsFirst = node.text("mode", "DCR") === "DCR";
  const parts = columnsFirst ? [n, b, b, c / b ** 2, h, w] : [n, c / b ** 2, b, b, h, w];
  const order = columnsFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return reshape(transpose(reshape(x, parts), order), [n, c / b ** 2, h * b, w * b]);
}

/** Squares of pixels to blocks of channels. */
function spaceToDepth(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const b = node.int("blocksize", 1);
  const [n, c, h, w] = imageShape(node, x);
  const parts = reshape(x, [n, c, h / b, b, w / b, b]);
  return reshape(transpose(parts, [0, 3, 5, 1, 2, 4]), [n, c * b ** 2, h / b, w / b]);
}

function imageShape(node: OnnxNode, x: Tensor): [number, number, number, number] {
  if (x.shape.length === 4) return x.shape as unknown as [number, number, number, number];
  throw node.error(`it takes images [N, C, H, W], not rank ${x.shape.length}.`);
}

/** The upper or lower triangle of the last two axes; zeros elsewhere. */
function triangle(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined || rows * columns > 2 ** 26) {
    throw node.error(`there is no triangle of [${x.shape}].`);
  }
  const k = node.has(1) ? Number(node.fixed(1, "diagonal").data[0]) : 0;
  const isUpper = node.int("upper", 1) !== 0;
  const mask = new Uint8Array(rows * columns);
  for (let i = 0; i < mask.length; i++) {
    const distance = (i % columns) - Math.floor(i / columns);
    mask[i] = Number(isUpper ? distance >= k : distance <= k);
  }
  const inside = constant(ndarray("bool", [rows, columns], mask));
  return x.dtype === "bool" ? logicalAnd(x, inside) : where(inside, x, 0);
}

function cumulated(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(Number(node.fixed(1, "axis").data[0]), x.shape.length);
  return cumsum(x, {
    axis,
    reverse: node.int("reverse", 0) !== 0,
    exclusive: node.int("exclusive", 0) !== 0,
  });
}

/** Empty lists take part in joins of shapes and add nothing. */
function joined(node: OnnxNode): Result {
  const filled = node.operands.flatMap((_, i) => (sizeOf(node.shape(i)) === 0 ? [] : [node.tensor(i)]));
  if (filled.length === 0) return node.fixed(0, "parts");
  return concat(filled, { axis: node.axis(node.int("axis", 0), filled[0]!.shape.length) });
}

export const movementOperators: OperatorTable = {
  Reshape: view(reshaped),
  Flatten: view(flattened),
  Squeeze: view(squeezed),
  Unsqueeze: view(unsqueezed),
  Transpose: (node) => transpose(node.tensor(0), node.ints("perm")),
  Concat: joined,
  Split: split,
  Slice: sliced,
  Pad: padded,
  Expand: expanded,
  Tile: tiled,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: triangle,
  CumSum: cumulated,
};
