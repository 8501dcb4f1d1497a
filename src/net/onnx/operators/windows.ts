/** @file Strides, paddings and dilations of ONNX's convolutions and poolings, along each spatial axis. */
import type { OnnxNode } from "../node.ts";

/** Lengths of windows and borders beyond this are mistakes; tables of their places are made while reading. */
const MAX_LENGTH = 2 ** 20;

/** How a window moves along one axis of length n. */
export interface WindowAxis {
  readonly n: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly low: number;
  readonly high: number;
}

/** Length of a window with its gaps. */
export function extentOf({ kernel, dilation }: Pick<WindowAxis, "kernel" | "dilation">): number {
  return (kernel - 1) * dilation + 1;
}

/** A list of one integer an axis. @throws FathomError naming the attribute. */
export function perAxis(node: OnnxNode, name: string, rank: number, otherwise: number): number[] {
  const list = node.ints(name) ?? new Array<number>(rank).fill(otherwise);
  if (list.length === rank && list.every((n) => Number.isSafeInteger(n) && n >= Math.min(1, otherwise)))
    return list;
  throw node.error(`its ${name} are [${list}], which does not fit ${rank} spatial axes.`);
}

/** @throws FathomError bad-shape unless x is [N, C, …spatial]. */
export function spatialShape(node: OnnxNode, shape: readonly number[]): readonly number[] {
  if (shape.length >= 3) return shape.slice(2);
  throw node.error(`it takes [N, C, …spatial], not [${shape}].`);
}

/**
 * The windows over spatial axes, with `auto_pad` resolved.
 * @param kernel Length of the window along each axis.
 */
export function windowAxes(
  node: OnnxNode,
  spatial: readonly number[],
  kernel: readonly number[],
): WindowAxis[] {
  const rank = spatial.length;
  if (kernel.length !== rank || kernel.some((n) => !(n >= 1 && n <= MAX_LENGTH))) {
    throw node.error(`a window [${kernel}] does not fit ${rank} spatial axes.`);
  }
  const strides = perAxis(node, "strides", rank, 1);
  const dilations = perAxis(node, "dilations", rank, 1);
  const mode = node.text("auto_pad", "NOTSET");
  const pads = node.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank || pads.some((n) => !(n >= 0 && n <= MAX_LENGTH)))
    throw node.error(`its pads are [${pads}].`);
  return spatial.map((n, i) => {
    const axis = { n, kernel: kernel[i]!, stride: strides[i]!, dilation: dilations[i]! };
    if (mode === "NOTSET") return { ...axis, low: pads[i]!, high: pads[i + rank]! };
    if (mode === "VALID") return { ...axis, low: 0, high: 0 };
    const total = (Math.ceil(n / axis.stride) - 1) * axis.stride + extentOf(axis) - n;
    return { ...axis, ...shared(node, mode, Math.max(0, total)) };
  });
}

/** Padding at both ends; an odd rest goes to the end or to the beginning. */
export function shared(node: OnnxNode, mode: string, total: number): { low: number; high: number } {
  const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
  if (mode === "SAME_UPPER") return { low: less, high: more };
  if (mode === "SAME_LOWER") return { low: more, high: less };
  throw node.error(`there is no auto_pad "${mode}".`);
}

/** Options of convolutions as expressions take them. */
export function asOptions(axes: readonly WindowAxis[]) {
  return {
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ low, high }) => [low, high] as const),
  };
}
