/** @file The ONNX forms of maxima over windows, and of selections from planes. */
import { ndarray, sizeOf } from "../../tensor/index.ts";
import { emitComposed } from "../compose.ts";
import { emitInts, emitScalar } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { greater } from "./compare.ts";
import { fitted, windowViews } from "./conv-compose.ts";
import { iota } from "./leaf.ts";
import { reshape } from "./movement.ts";
import type { PoolSizes } from "./pool-geometry.ts";
import { hasPoolKernel, separable } from "./pool-onnx.ts";
import { maximum, where } from "./select.ts";
import { windowAttributes } from "./window-attributes.ts";

export function emitMaxPool(emit: Emitter, node: Tensor, sizes: PoolSizes): string {
  if (hasPoolKernel(node, sizes)) {
    return emit.node("MaxPool", [emit.value(node.inputs[0]!)], windowAttributes(sizes));
  }
  return emitComposed(emit, node.inputs, (x) =>
    separable(fitted(x!, sizes.padding, Number.NEGATIVE_INFINITY), sizes, maximum),
  );
}

export function emitMaxPoolIndex(emit: Emitter, node: Tensor, sizes: PoolSizes): string {
  if (!hasPoolKernel(node, sizes)) return emitComposed(emit, node.inputs, (x) => composeIndex(x!, sizes));
  const [, flat] = emit.nodeOutputs("MaxPool", [emit.value(node.inputs[0]!)], 2, windowAttributes(sizes));
  // ONNX counts positions over all planes.
  return emit.node("Mod", [flat!, emitScalar(emit, sizeOf(sizes.size), "int64")]);
}

/** The offsets of the window in turn: what is larger than the best so far takes its place. */
function composeIndex(x: Tensor, sizes: PoolSizes): Tensor {
  const { window, strides, padding, size, output } = sizes;
  const places = reshape(iota(sizeOf(size), "int64"), [1, 1, ...size]);
  const geometry = { strides, dilations: window.map(() => 1) };
  const values = windowViews(fitted(x, padding, Number.NEGATIVE_INFINITY), window, output, geometry);
  const positions = windowViews(fitted(places, padding), window, output, geometry);
  let [best, index] = [values[0]!, positions[0]!];
  for (const [k, value] of values.entries()) {
    const better = greater(value, best);
    index = where(better, positions[k]!, index);
    best = where(better, value, best);
  }
  return index;
}

/** A value [N, C, …] as [N·C, positions]. */
function emitPlanes(emit: Emitter, x: Tensor): string {
  const planes = x.shape[0]! * x.shape[1]!;
  return emit.node("Reshape", [emit.value(x), emitInts(emit, [planes, sizeOf(x.shape) / planes])]);
}

export function emitPlaneGather(emit: Emitter, node: Tensor): string {
  const operands = node.inputs.map((x) => emitPlanes(emit, x));
  const chosen = emit.node("GatherElements", operands, { axis: { int: 1 } });
  return emit.node("Reshape", [chosen, emitInts(emit, node.shape)]);
}

export function emitPlaneScatter(emit: Emitter, node: Tensor): string {
  const [values, index] = node.inputs.map((x) => emitPlanes(emit, x));
  const planes = node.shape[0]! * node.shape[1]!;
  const zeros = emit.node("ConstantOfShape", [emitInts(emit, [planes, sizeOf(node.shape) / planes])], {
    value: { tensor: ndarray(node.dtype, [1], [0]) },
  });
  const sums = emit.node("ScatterElements", [zeros, index!, values!], {
    axis: { int: 1 },
    reduction: { string: "add" },
  });
  return emit.node("Reshape", [sums, emitInts(emit, node.shape)]);
}
