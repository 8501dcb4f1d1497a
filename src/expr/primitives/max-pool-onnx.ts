/** @file The ONNX forms of maxima over windows, and of selections from planes. */
import { ndarray, sizeOf } from "../../tensor/index.ts";
import { emitComposed } from "../compose.ts";
import { emitInts, emitScalar } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { greater } from "./compare.ts";
import { windowViews } from "./conv-compose.ts";
import { pad } from "./join.ts";
import { iota } from "./leaf.ts";
import { reshape } from "./movement.ts";
import type { PoolSizes } from "./pool-geometry.ts";
import { hasPoolKernel, poolAttributes, separable } from "./pool-onnx.ts";
import { maximum, where } from "./select.ts";

export function emitMaxPool(emit: Emitter, node: Tensor, sizes: PoolSizes): string {
  if (hasPoolKernel(node, sizes)) {
    return emit.node("MaxPool", [emit.value(node.inputs[0]!)], poolAttributes(sizes));
  }
  return emitComposed(emit, node.inputs, (x) =>
    separable(bordered(x!, sizes, Number.NEGATIVE_INFINITY), sizes, maximum),
  );
}

export function emitMaxPoolIndex(emit: Emitter, node: Tensor, sizes: PoolSizes): string {
  if (!hasPoolKernel(node, sizes)) return emitComposed(emit, node.inputs, (x) => composeIndex(x!, sizes));
  const [, flat] = emit.nodeOutputs("MaxPool", [emit.value(node.inputs[0]!)], 2, poolAttributes(sizes));
  // ONNX counts positions over all planes.
  return emit.node("Mod", [flat!, emitScalar(emit, sizeOf(sizes.size), "int64")]);
}

function bordered(x: Tensor, { padding }: PoolSizes, value: number): Tensor {
  const [low, high] = ([0, 1] as const).map((side) => [0, 0, ...padding.map((pair) => pair[side])]);
  return pad(x, { low: low!, high: high!, value });
}

/** The offsets of the window in turn: what is larger than the best so far takes its place. */
function composeIndex(x: Tensor, sizes: PoolSizes): Tensor {
  const { window, strides, size, output } = sizes;
  const places = reshape(iota(sizeOf(size), "int64"), [1, 1, ...size]);
  const geometry = { strides, dilations: window.map(() => 1) };
  const values = windowViews(bordered(x, sizes, Number.NEGATIVE_INFINITY), window, output, geometry);
  const positions = windowViews(bordered(places, sizes, 0), window, output, geometry);
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
