/** @file Positions of extremes and sorted orders. They have no derivative; `sort` has one, through its positions. */
import { ndarray, type Shape } from "../../tensor/index.ts";
import { forEachLine, numbersOf } from "../numeric.ts";
import { emitCast } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { droppedShape, normaliseAxis, requireNumeric } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { takeAlong } from "./indexing.ts";

export interface ArgmaxOptions {
  readonly axis: number;
}

function axisOf(node: Tensor): number {
  return node.attrs.axis as number;
}

export const argmaxPrimitive: Primitive = {
  name: "argmax",
  shape: ([x], attrs) => {
    requireNumeric("argmax", x!);
    return { shape: droppedShape(x!.shape, [attrs.axis as number]), dtype: "int32" };
  },
  evaluate: ([x], node) => {
    const source = numbersOf(x!);
    const winners: number[] = [];
    forEachLine(x!.shape, axisOf(node), (first, stride, length) => {
      let best = 0;
      for (let i = 1; i < length; i++) {
        if (source[first + i * stride]! > source[first + best * stride]!) best = i;
      }
      winners.push(best);
    });
    return ndarray("int32", node.shape, winners);
  },
  batch: ([x], _, node) => argmax(x!, { axis: axisOf(node) + 1 }),
  onnx: (emit, node) => {
    const attributes = { axis: { int: axisOf(node) }, keepdims: { int: 0 } };
    return emitCast(emit, emit.node("ArgMax", [emit.value(node.inputs[0]!)], attributes), "int32");
  },
};

/**
 * The position of the largest element along an axis (the first of equals), int32.
 * @example argmax(logits, { axis: -1 }) // [N, C] → [N]
 */
export function argmax(x: Tensor, { axis }: ArgmaxOptions): Tensor {
  return apply(argmaxPrimitive, [x], { axis: normaliseAxis("argmax", axis, x.shape.length) });
}

export interface SortOptions {
  /** The last unless said. */
  readonly axis?: number;
  /** Ascending unless said. */
  readonly order?: "ascending" | "descending";
}

export const argsortPrimitive: Primitive = {
  name: "argsort",
  host: true,
  shape: ([x]) => {
    requireNumeric("argsort", x!);
    return { shape: x!.shape, dtype: "int32" };
  },
  evaluate: ([x], node) => {
    const source = numbersOf(x!);
    const positions = new Int32Array(source.length);
    const sign = node.attrs.order === "descending" ? -1 : 1;
    forEachLine(x!.shape as Shape, axisOf(node), (first, stride, length) => {
      const line = Array.from({ length }, (_, i) => i);
      line.sort((i, j) => sign * (source[first + i * stride]! - source[first + j * stride]!));
      line.forEach((position, i) => {
        positions[first + i * stride] = position;
      });
    });
    return ndarray("int32", node.shape, positions);
  },
  batch: ([x], _, node) =>
    argsort(x!, { axis: axisOf(node) + 1, order: node.attrs.order as "ascending" | "descending" }),
};

/**
 * The positions that sort each line along an axis, int32; equal elements keep their order.
 * Runs in TypeScript between sessions (a host operation).
 * @example argsort(x, { axis: 0 })
 */
export function argsort(x: Tensor, options: SortOptions = {}): Tensor {
  const axis = normaliseAxis("argsort", options.axis ?? -1, x.shape.length);
  return apply(argsortPrimitive, [x], { axis, order: options.order ?? "ascending" });
}

/**
 * Each line along an axis in order; differentiable.
 * @example sort(losses, { axis: 0, order: "descending" })
 */
export function sort(x: Tensor, options: SortOptions = {}): Tensor {
  const axis = options.axis ?? -1;
  return takeAlong(x, argsort(x, { ...options, axis }), { axis });
}
