/** @file Borders, joins and reversals: pad, concat, flip. */
import { allocate, filled, ndarray, showShape, sizeOf, stridesOf } from "../../tensor/index.ts";
import { pick, stridedOffsets } from "../numeric.ts";
import { emitInts, emitScalar } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { normaliseAxes, normaliseAxis, requireSameDType, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { broadcastTo, zerosLike } from "./movement.ts";
import { slice } from "./slice.ts";

export interface PadOptions {
  /** Elements put before each axis; none unless said. */
  readonly low?: readonly number[];
  /** Elements put after each axis; none unless said. */
  readonly high?: readonly number[];
  /** The value put there; 0 unless said. */
  readonly value?: number;
}

interface PadAttributes extends Required<PadOptions> {}

function padAttributes(node: Tensor): PadAttributes {
  return node.attrs as unknown as PadAttributes;
}

export const padPrimitive: Primitive = {
  name: "pad",
  shape: ([x], attrs) => {
    const { low, high } = attrs as unknown as PadAttributes;
    return { shape: x!.shape.map((n, axis) => n + low[axis]! + high[axis]!), dtype: x!.dtype };
  },
  evaluate: ([x], node) => {
    const { low, value } = padAttributes(node);
    const strides = stridesOf(node.shape);
    const { data } = filled(node.dtype, node.shape, value);
    const first = low.reduce((sum, n, axis) => sum + n * strides[axis]!, 0);
    stridedOffsets(x!.shape, strides, first).forEach((to, from) => {
      data[to] = x!.data[from]!;
    });
    return { dtype: node.dtype, shape: node.shape, data };
  },
  vjp: (ct, node) => {
    const { low } = padAttributes(node);
    const ends = node.inputs[0]!.shape.map((n, axis) => low[axis]! + n);
    return [slice(ct, { starts: low, ends })];
  },
  jvp: ([t], node) => pad(t!, { ...padAttributes(node), value: 0 }),
  batch: ([x], _, node) => {
    const { low, high, value } = padAttributes(node);
    return pad(x!, { low: [0, ...low], high: [0, ...high], value });
  },
  onnx: (emit, node) => {
    const { low, high, value } = padAttributes(node);
    return emit.node("Pad", [
      emit.value(node.inputs[0]!),
      emitInts(emit, [...low, ...high]),
      emitScalar(emit, value, node.dtype),
    ]);
  },
};

/**
 * x with a border of one value.
 * @throws FathomError bad-shape for negative widths, or when there is not one entry an axis; bad-input for a value that
 * the dtype cannot hold.
 * @example pad(x, { low: [0, 1], high: [0, 1] }) // [N, M] → [N, M + 2]
 */
export function pad(x: Tensor, options: PadOptions): Tensor {
  const none = x.shape.map(() => 0);
  const { low = none, high = none, value = 0 } = options;
  for (const widths of [low, high]) {
    if (widths.length !== x.shape.length || widths.some((n) => !Number.isInteger(n) || n < 0)) {
      throw shapeError("pad", `${showShape(x.shape)} cannot be padded by ${showShape(widths)}.`);
    }
  }
  // Refuses a value that the dtype cannot hold.
  filled(x.dtype, [], value);
  if ([...low, ...high].every((n) => n === 0)) return x;
  return apply(padPrimitive, [x], { low, high, value });
}

export const concatPrimitive: Primitive = {
  name: "concat",
  shape: (inputs, attrs) => {
    const axis = attrs.axis as number;
    const total = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    return {
      shape: inputs[0]!.shape.map((n, i) => (i === axis ? total : n)),
      dtype: requireSameDType("concat", inputs),
    };
  },
  evaluate: (values, node) => {
    const strides = stridesOf(node.shape);
    const data = allocate(node.dtype, sizeOf(node.shape));
    let first = 0;
    for (const value of values) {
      stridedOffsets(value.shape, strides, first).forEach((to, from) => {
        data[to] = value.data[from]!;
      });
      first += value.shape[axisOf(node)]! * strides[axisOf(node)]!;
    }
    return ndarray(node.dtype, node.shape, data);
  },
  vjp: (ct, node, needed) => {
    let end = 0;
    return node.inputs.map((x, i) => {
      const start = end;
      end += x.shape[axisOf(node)]!;
      return needed[i] ? sliceAxis(ct, axisOf(node), start, end) : undefined;
    });
  },
  jvp: (tangents, node) =>
    concat(
      tangents.map((t, i) => t ?? zerosLike(node.inputs[i]!)),
      { axis: axisOf(node) },
    ),
  batch: (inputs, batched, node, size) =>
    concat(
      inputs.map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape]))),
      { axis: axisOf(node) + 1 },
    ),
  onnx: (emit, node) =>
    emit.node(
      "Concat",
      node.inputs.map((x) => emit.value(x)),
      { axis: { int: axisOf(node) } },
    ),
};

function axisOf(node: Tensor): number {
  return node.attrs.axis as number;
}

function sliceAxis(x: Tensor, axis: number, start: number, end: number): Tensor {
  return slice(x, {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    ends: x.shape.map((n, i) => (i === axis ? end : n)),
  });
}

/**
 * Tensors joined along an axis; their other lengths agree.
 * @throws FathomError bad-shape naming the shapes, or for an empty list; bad-input when dtypes differ.
 * @example concat([x, y], { axis: -1 }) // [N, A], [N, B] → [N, A + B]
 */
export function concat(xs: readonly Tensor[], options: { readonly axis: number }): Tensor {
  const first = xs[0];
  if (first === undefined) throw shapeError("concat", "there is nothing to join.");
  const axis = normaliseAxis("concat", options.axis, first.shape.length);
  for (const x of xs) {
    if (x.shape.length !== first.shape.length || x.shape.some((n, i) => i !== axis && n !== first.shape[i])) {
      throw shapeError(
        "concat",
        `${showShape(first.shape)} and ${showShape(x.shape)} do not join along axis ${axis}.`,
      );
    }
  }
  return xs.length === 1 ? first : apply(concatPrimitive, xs, { axis });
}

export const flipPrimitive: Primitive = {
  name: "flip",
  shape: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  evaluate: ([x], node) => {
    const flipped = node.attrs.axes as readonly number[];
    const strides = stridesOf(x!.shape);
    const first = flipped.reduce((sum, axis) => sum + (x!.shape[axis]! - 1) * strides[axis]!, 0);
    const signed = strides.map((stride, axis) => (flipped.includes(axis) ? -stride : stride));
    return pick(x!, stridedOffsets(node.shape, signed, first), node.shape);
  },
  vjp: (ct, node) => [flip(ct, { axes: node.attrs.axes as readonly number[] })],
  jvp: ([t], node) => flip(t!, { axes: node.attrs.axes as readonly number[] }),
  batch: ([x], _, node) => flip(x!, { axes: (node.attrs.axes as readonly number[]).map((axis) => axis + 1) }),
  onnx: (emit, node) => {
    const axes = node.attrs.axes as readonly number[];
    const each = (value: number) =>
      emitInts(
        emit,
        axes.map(() => value),
      );
    // ONNX reverses by a step of −1 from the last element to before the first.
    const operands = [
      emit.value(node.inputs[0]!),
      each(-1),
      each(-(2 ** 31)),
      emitInts(emit, axes),
      each(-1),
    ];
    return emit.node("Slice", operands);
  },
};

/**
 * Reverses the order along some axes (all unless said).
 * @throws FathomError bad-shape for an axis out of range.
 * @example flip(images, { axes: [-1] })
 */
export function flip(x: Tensor, options: { readonly axes?: readonly number[] } = {}): Tensor {
  const axes = normaliseAxes("flip", options.axes, x.shape.length).filter((axis) => x.shape[axis] !== 1);
  if (axes.length === 0) return x;
  return apply(flipPrimitive, [x], { axes });
}
