/**
 * @file What layers on images and signals share: they ask for spatial shapes, resolve their windows, name both layers
 * where a window does not fit, and wrap circular axes.
 */
import { concat, slice, type Tensor } from "../expr/index.ts";
import { FathomError, type Shape } from "../tensor/index.ts";
import type { Place } from "./define.ts";
import { type Padding, type Sizes, type WindowAxis, windowAxis } from "./geometry.ts";
import { type NetShape, showNetShape } from "./shapes.ts";

/** An image or a signal: channels first, then one size a spatial axis. */
export interface Spatial {
  readonly channels: number;
  readonly sizes: Shape;
}

/** Channels and sizes of an image or a signal. */
export function spatialOf({ shape }: NetShape): Spatial {
  return { channels: shape[0]!, sizes: shape.slice(1) };
}

/** The same kind with other channels and sizes. */
export function spatialShape({ kind }: NetShape, channels: number, sizes: Shape): NetShape {
  return { kind, shape: [channels, ...sizes] };
}

const positionsHint: Partial<Record<NetShape["kind"], string>> = {
  vector: "A vector has no positions left: put this layer before the flatten or the pooling that made it.",
  tokens: "Use a dense layer, which acts on tokens one by one, or put this layer before toTokens.",
};

/**
 * Passes images and signals and refuses the others, naming both layers.
 * @throws FathomError bad-shape
 */
export function requireSpatial(input: NetShape, { self, before, where }: Place): Spatial {
  if (input.kind === "image" || input.kind === "signal") return spatialOf(input);
  throw new FathomError({
    code: "bad-shape",
    message: `${self} acts on images or signals, but ${before} gives ${showNetShape(input)}.`,
    where,
    hint: positionsHint[input.kind] ?? "Feed it an image [C, H, W] or a signal [C, T].",
  });
}

/** One number an axis. */
export function perAxis(value: Sizes, rank: number): readonly number[] {
  return typeof value === "number" ? new Array<number>(rank).fill(value) : value;
}

/** Options of layers with windows. */
export interface WindowOptions {
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly padding: Padding;
  readonly dilation?: Sizes;
}

/** The windows along every spatial axis; the options have been checked by {@link requireWindows}. */
export function windowsOf(
  { kernel, stride, padding, dilation = 1 }: WindowOptions,
  sizes: Shape,
): WindowAxis[] {
  const [kernels, strides, dilations] = [kernel, stride, dilation].map((v) => perAxis(v, sizes.length));
  return sizes.map((size, i) =>
    windowAxis({
      size,
      kernel: kernels![i]!,
      stride: strides![i]!,
      dilation: dilations![i]!,
      padding,
    }),
  );
}

/**
 * Refuses a list of sizes that has not one entry a spatial axis.
 * @param name - the option, for the message.
 * @throws FathomError bad-shape
 */
export function requireRank(value: Sizes, name: string, input: NetShape, place: Place): void {
  const rank = input.shape.length - 1;
  if (typeof value === "number" || value.length === rank) return;
  throw new FathomError({
    code: "bad-shape",
    message: `${place.self} has ${value.length} entries in ${name}, but ${place.before} gives ${showNetShape(input)}, with ${rank} spatial ${rank === 1 ? "axis" : "axes"}.`,
    where: `${place.where}.${name}`,
    hint: `Give ${name} one entry a spatial axis, or one number for all.`,
  });
}

/**
 * The windows of a layer on its input.
 * @param name - the option that holds the kernel, for messages.
 * @throws FathomError bad-shape where lists have the wrong length or the kernel is longer than the padded input.
 */
export function requireWindows(
  options: WindowOptions,
  input: NetShape,
  place: Place,
  name: "kernel" | "window" = "kernel",
): WindowAxis[] {
  requireRank(options.kernel, name, input, place);
  requireRank(options.stride, "stride", input, place);
  requireRank(options.dilation ?? 1, "dilation", input, place);
  const windows = windowsOf(options, spatialOf(input).sizes);
  const bad = windows.find(({ out, wraps, size, kernel, dilation }) =>
    wraps ? (kernel - 1) * dilation >= size : out < 1,
  );
  if (bad === undefined) return windows;
  const { size, lo, hi, kernel, dilation, wraps } = bad;
  const reach = (kernel - 1) * dilation + 1;
  const length = wraps ? `a ring of ${size}` : lo + hi > 0 ? `${size} + ${lo + hi} of padding` : `${size}`;
  throw new FathomError({
    code: "bad-shape",
    message: `${place.self} has a ${name} that spans ${reach} positions, but ${place.before} gives ${showNetShape(input)}: ${length} positions along that axis.`,
    where: `${place.where}.${name}`,
    hint: `Use a smaller ${name}${dilation > 1 ? " or dilation" : ""}, or more padding.`,
  });
}

/** Number of windows along every axis. */
export function outSizes(windows: readonly WindowAxis[]): number[] {
  return windows.map(({ out }) => out);
}

/** What a convolution or pooling of `expr` takes: circular axes have been wrapped before ({@link wrap}). */
export function windowArguments(windows: readonly WindowAxis[]): {
  strides: number[];
  dilations: number[];
  padding: [number, number][];
} {
  return {
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
    padding: windows.map(({ lo, hi, wraps }) => (wraps ? [0, 0] : [lo, hi])),
  };
}

/** Positions `from … to − 1` along one axis of `[N, C, ...s]`. */
function section(x: Tensor, axis: number, from: number, to: number): Tensor {
  const starts = x.shape.map((_, i) => (i === axis ? from : 0));
  const ends = x.shape.map((n, i) => (i === axis ? to : n));
  return slice(x, { starts, ends });
}

/** Adds to circular axes the positions of their other ends; other axes stay. `[N, C, ...s]` → `[N, C, ...s']`. */
export function wrap(x: Tensor, windows: readonly WindowAxis[]): Tensor {
  return windows.reduce((value, { wraps, lo, hi, size }, i) => {
    if (!wraps || lo + hi === 0) return value;
    const axis = i + 2;
    const before = lo > 0 ? [section(value, axis, size - lo, size)] : [];
    const after = hi > 0 ? [section(value, axis, 0, hi)] : [];
    return concat([...before, value, ...after], { axis });
  }, x);
}
