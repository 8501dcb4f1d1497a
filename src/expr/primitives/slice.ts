/** @file Boxes of elements: slice, and the zeros that its cotangent needs between and around. */
import { type Shape, showShape, sizeOf, stridesOf } from "../../tensor/index.ts";
import { pick, stridedOffsets } from "../numeric.ts";
import { emitInts } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { alignedShape, checkShape, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { pad } from "./join.ts";
import { broadcastTo, peelBroadcast, reshape, transpose } from "./movement.ts";

export interface SliceOptions {
  /** First index on each axis; negative counts from the end. */
  readonly starts: readonly number[];
  /** Index after the last on each axis; negative counts from the end, beyond the end means the end. */
  readonly ends: readonly number[];
  /** Positive steps; 1 unless said. Use {@link flip} to reverse. */
  readonly steps?: readonly number[];
}

interface SliceAttributes extends Required<SliceOptions> {}

function sliceAttributes(node: Tensor): SliceAttributes {
  return node.attrs as unknown as SliceAttributes;
}

export const slicePrimitive: Primitive = {
  name: "slice",
  shape: ([x], attrs) => {
    const { starts, ends, steps } = attrs as unknown as SliceAttributes;
    return {
      shape: starts.map((start, axis) => Math.ceil((ends[axis]! - start) / steps[axis]!)),
      dtype: x!.dtype,
    };
  },
  evaluate: ([x], node) => {
    const { starts, steps } = sliceAttributes(node);
    const strides = stridesOf(x!.shape);
    const first = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    return pick(
      x!,
      stridedOffsets(
        node.shape,
        strides.map((stride, axis) => stride * steps[axis]!),
        first,
      ),
      node.shape,
    );
  },
  vjp: (ct, node) => [unslice(ct, node)],
  jvp: ([t], node) => slice(t!, sliceAttributes(node)),
  batch: ([x], _, node, size) => {
    const { starts, ends, steps } = sliceAttributes(node);
    return slice(x!, { starts: [0, ...starts], ends: [size, ...ends], steps: [1, ...steps] });
  },
  onnx: (emit, node) => {
    const { starts, ends, steps } = sliceAttributes(node);
    const x = node.inputs[0]!;
    const axes = [...x.shape.keys()].filter(
      (axis) => starts[axis] !== 0 || ends[axis] !== x.shape[axis] || steps[axis] !== 1,
    );
    const along = (values: readonly number[]) =>
      emitInts(
        emit,
        axes.map((axis) => values[axis]!),
      );
    return emit.node("Slice", [
      emit.value(x),
      along(starts),
      along(ends),
      emitInts(emit, axes),
      along(steps),
    ]);
  },
};

/** The cotangent of a sliced tensor: zeros around and, with steps, between the elements. */
function unslice(ct: Tensor, node: Tensor): Tensor {
  const { starts, steps } = sliceAttributes(node);
  const { shape } = node.inputs[0]!;
  let spread = ct;
  for (const [axis, step] of steps.entries()) if (step > 1) spread = interleaved(spread, axis, step);
  const high = shape.map((n, axis) => n - starts[axis]! - spread.shape[axis]!);
  const cut = slice(spread, {
    starts: shape.map(() => 0),
    ends: spread.shape.map((n, axis) => n + Math.min(0, high[axis]!)),
  });
  return pad(cut, { low: starts, high: high.map((n) => Math.max(0, n)) });
}

/**
 * Puts step − 1 zeros after every element along an axis. On the last axis the zeros are laid below all elements and the
 * two are transposed, because onnxruntime copies single elements one call at a time (measured: 4.8 ms against 0.9).
 */
export function interleaved(x: Tensor, axis: number, step: number): Tensor {
  const [before, n, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)];
  const spread = [...before, n * step, ...after];
  if (sizeOf(after) === 1) {
    const rows = pad(reshape(x, [1, sizeOf(x.shape)]), { high: [step - 1, 0] });
    return reshape(transpose(rows), spread);
  }
  const apart = reshape(x, [...before, n, 1, ...after]);
  const high = apart.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0));
  return reshape(pad(apart, { high }), spread);
}

/**
 * A box of elements: `starts` to `ends` by `steps` on each axis (as x[a:b:s] in numpy).
 * @throws FathomError bad-shape when nothing is left, or when there is not one entry an axis.
 * @example slice(x, { starts: [0, 2], ends: [10, 8], steps: [1, 3] })
 */
export function slice(x: Tensor, { starts, ends, steps }: SliceOptions): Tensor {
  const { shape } = x;
  const by = steps ?? shape.map(() => 1);
  if ([starts, ends, by].some((list) => list.length !== shape.length)) {
    throw shapeError("slice", `${showShape(shape)} needs ${shape.length} starts, ends and steps.`);
  }
  if (![...starts, ...ends].every(Number.isInteger)) {
    throw shapeError("slice", `the bounds ${showShape(starts)} to ${showShape(ends)} are not integers.`);
  }
  if (by.some((step) => !Number.isInteger(step) || step < 1)) {
    throw shapeError(
      "slice",
      `the steps ${showShape(by)} are not positive integers.`,
      "Use flip to reverse.",
    );
  }
  const from = starts.map((start, axis) => within(start, shape[axis]!));
  const to = ends.map((end, axis) => within(end, shape[axis]!));
  const attrs: SliceAttributes = { starts: from, ends: to, steps: by };
  const sliced = checkShape("slice", slicePrimitive.shape([x], { ...attrs }).shape);
  if (sliced.every((n, axis) => n === shape[axis])) return x;
  const y = peelBroadcast(x);
  if (y !== x) return broadcastTo(slicedOperand(y, attrs, shape), sliced);
  return apply(slicePrimitive, [x], { ...attrs });
}

function within(index: number, n: number): number {
  return Math.min(n, Math.max(0, index < 0 ? index + n : index));
}

/** The part of a broadcast's operand that a slice of the broadcast shows. */
function slicedOperand(y: Tensor, { starts, ends, steps }: SliceAttributes, shape: Shape): Tensor {
  const own = reshape(y, alignedShape(y.shape, shape.length));
  const choose = (values: readonly number[], otherwise: number) =>
    values.map((value, axis) => (own.shape[axis] === 1 ? otherwise : value));
  return slice(own, { starts: choose(starts, 0), ends: choose(ends, 1), steps: choose(steps, 1) });
}
