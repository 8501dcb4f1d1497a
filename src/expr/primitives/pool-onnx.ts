/** @file The ONNX forms of poolings: the operators where ONNX Runtime has kernels, slices elsewhere. */
import { type Shape, sizeOf } from "../../tensor/index.ts";
import { emitComposed } from "../compose.ts";
import { emitScalar } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul } from "./binary.ts";
import { fitted, spread, windowViews } from "./conv-compose.ts";
import { concat } from "./join.ts";
import { broadcastTo, reshape, transpose } from "./movement.ts";
import { elementsEverywhere, type PoolSizes } from "./pool-geometry.ts";
import { windowAttributes } from "./window-attributes.ts";

/** Sums over windows, or the sums divided by the window's size. */
export interface Sums extends PoolSizes {
  readonly weight: "sum" | "mean";
}

/**
 * The CPU provider pools over up to three axes, and refuses padding as wide as the window. It merges Pad nodes into poolings
 * (onnxruntime 1.30), which is wrong where zeros are padded to a maximum, and refused where they are too many.
 */
export function hasPoolKernel(node: Tensor, sizes: PoolSizes): boolean {
  return node.shape.length <= 5 && elementsEverywhere(sizes) && !meetsPad(node.inputs[0]!);
}

/** Primitives that onnxruntime takes out, or moves to the other side of a Pad. */
const movable = new Set(["stopGradient", "transpose", "reshape"]);
/** Primitives whose last node is a Pad, or may be one. */
const padded = new Set(["pad", "sumPoolInput"]);

/** Whether a pooling of x may come to stand behind a Pad once onnxruntime has rearranged the graph. */
function meetsPad(x: Tensor): boolean {
  let source = x;
  while (movable.has(source.op.name)) source = source.inputs[0]!;
  return padded.has(source.op.name);
}

/** Elements that a pooling by slices holds beside its result: the padded images, and two of the slices. */
export function sliceElements(images: Shape, { size, padding }: PoolSizes): number {
  const spatial = size.map((n, axis) => n + padding[axis]![0] + padding[axis]![1]);
  return 3 * images[0]! * images[1]! * sizeOf(spatial);
}

/** The CPU provider has no means of float64. */
export function hasMeanKernel(node: Tensor, sums: Sums): boolean {
  return node.dtype === "float32" && hasPoolKernel(node, sums);
}

export function emitSumPool(emit: Emitter, node: Tensor, sums: Sums): string {
  const count = sizeOf(sums.window);
  if (!hasMeanKernel(node, sums)) {
    return emitComposed(emit, node.inputs, (x) => {
      const total = separable(fitted(x!, sums.padding), sums, add);
      return sums.weight === "mean" ? mul(total, 1 / count) : total;
    });
  }
  const attributes = { ...windowAttributes(sums), count_include_pad: { int: 1 } };
  const means = emit.node("AveragePool", [emit.value(node.inputs[0]!)], attributes);
  return sums.weight === "mean" ? means : emit.node("Mul", [means, emitScalar(emit, count, node.dtype)]);
}

/** Combines what the windows on x, already padded, hold: one axis after the other. */
export function separable(
  x: Tensor,
  sizes: Pick<PoolSizes, "window" | "strides" | "output">,
  combine: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const { window, strides, output } = sizes;
  return output.reduce((value, _, axis) => {
    const along = <T>(own: T, other: (i: number) => T) =>
      window.map((__, i) => (i === axis ? own : other(i)));
    const views = windowViews(
      value,
      along(window[axis]!, () => 1),
      along(output[axis]!, (i) => value.shape[i + 2]!),
      { strides: along(strides[axis]!, () => 1), dilations: window.map(() => 1) },
    );
    return views.reduce(combine);
  }, x);
}

export function emitSumPoolInput(emit: Emitter, node: Tensor, sums: Sums): string {
  return emitComposed(emit, node.inputs, (ct) => {
    const scaled = sums.weight === "mean" ? mul(ct!, 1 / sizeOf(sums.window)) : ct!;
    return isTiling(sums) ? repeated(scaled, sums) : spreadSums(scaled, sums);
  });
}

/** Windows lie side by side, without padding. */
function isTiling({ window, strides, padding }: PoolSizes): boolean {
  return window.every((n, axis) => n === strides[axis] && padding[axis]!.every((width) => width === 0));
}

/** Every element of ct repeated over its window, zeros behind the last windows. */
function repeated(ct: Tensor, { window, size }: PoolSizes): Tensor {
  const tiled = window.reduce((value, count, axis) => repeatedAlong(value, axis + 2, count), ct);
  return fitted(
    tiled,
    size.map((n, axis) => [0, n - tiled.shape[axis + 2]!] as const),
  );
}

/** Every element repeated along an axis; along the last one by a transposition, as zeros are interleaved. */
function repeatedAlong(x: Tensor, axis: number, count: number): Tensor {
  const [before, n, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)];
  const longer = [...before, n * count, ...after];
  if (sizeOf(after) === 1) {
    const row = reshape(x, [1, sizeOf(x.shape)]);
    const rows = concat(new Array<Tensor>(count).fill(row), { axis: 0 });
    return reshape(transpose(rows), longer);
  }
  const apart = reshape(x, [...before, n, 1, ...after]);
  return reshape(broadcastTo(apart, [...before, n, count, ...after]), longer);
}

/** An element of x collects the windows that hold it: sums, with stride 1, of ct with zeros between its elements. */
function spreadSums(ct: Tensor, { window, strides, padding, size }: PoolSizes): Tensor {
  const apart = spread(ct, strides);
  const borders = window.map((n, axis) => {
    const low = n - 1 - padding[axis]![0];
    return [low, size[axis]! + n - 1 - low - apart.shape[axis + 2]!] as const;
  });
  const steps = window.map(() => 1);
  return separable(fitted(apart, borders), { window, strides: steps, output: size }, add);
}
