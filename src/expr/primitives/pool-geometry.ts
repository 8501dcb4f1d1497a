/** @file Windows of poolings over any number of spatial axes: options and checked sizes. */
import { type Shape, showShape } from "../../tensor/index.ts";
import { operandError } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { type ConvSizes, checkEntries, checkPadding, spatialRank, windowCount } from "./conv-geometry.ts";

export interface PoolOptions {
  /** Lengths of the window, one entry a spatial axis. */
  readonly window: readonly number[];
  /** Distance between windows; the window's own lengths unless said. */
  readonly strides?: readonly number[];
  /** Elements put before and after each spatial axis; none unless said. */
  readonly padding?: readonly (readonly [number, number])[];
}

/** Windows on [N, C, …size] that give [N, C, …output]. */
export interface PoolSizes extends Required<PoolOptions> {
  readonly size: Shape;
  readonly output: Shape;
}

/** Options with their defaults, and the shapes that follow. @throws FathomError bad-input or bad-shape naming the option. */
export function poolSizes(op: string, x: Tensor, options: PoolOptions): PoolSizes {
  const rank = spatialRank(op, x);
  const { window, strides = window, padding = window.map(() => [0, 0] as const) } = options;
  checkEntries(op, "window", window, rank, 1);
  checkEntries(op, "strides", strides, rank, 1);
  checkPadding(op, padding, rank);
  const size = x.shape.slice(2);
  return {
    window: [...window],
    strides: [...strides],
    padding: padding.map(([low, high]) => [low, high]),
    size,
    output: size.map((n, axis) => windowCount(op, n, padding[axis]!, window[axis]!, strides[axis]!)),
  };
}

/** @throws FathomError bad-input where a window may hold nothing but padding. */
export function requireElements(op: string, { window, padding }: PoolSizes): void {
  if (elementsEverywhere({ window, padding })) return;
  throw operandError(
    op,
    `a padding of ${padding.map(([low, high]) => `${low} + ${high}`).join(", ")} leaves nothing to a window of ${showShape(window)}.`,
    "Padding is less than the window.",
  );
}

/** True when every window holds an element that is no padding. */
export function elementsEverywhere({ window, padding }: Pick<PoolSizes, "window" | "padding">): boolean {
  return window.every((n, axis) => padding[axis]!.every((width) => width < n));
}

/** The pooling as a convolution of every plane by itself. */
export function asConvolution({ window, ...sizes }: PoolSizes, planes: number): ConvSizes {
  const single = { groups: 1, channels: 1, filters: 1, dilations: window.map(() => 1) };
  return { ...sizes, ...single, batch: planes, kernel: window };
}

/** True when the windows are the images themselves, one by one. */
export function isWhole({ window, padding, size }: PoolSizes): boolean {
  return window.every((n, axis) => n === size[axis] && padding[axis]!.every((width) => width === 0));
}

/** True when every window is one element, and every element a window. */
export function isIdentity({ window, strides, padding }: PoolSizes): boolean {
  return window.every(
    (n, axis) => n === 1 && strides[axis] === 1 && padding[axis]!.every((width) => width === 0),
  );
}

/** The shape [V, N, …] as [V·N, …]: examples are further images. */
export function foldImages(x: Tensor): Shape {
  const [size, n, ...rest] = x.shape as [number, number, ...number[]];
  return [size * n, ...rest];
}
