/**
 * @file The geometry of convolutions over any number of spatial axes: options, checked sizes, and which elements meet.
 * Output position p takes input position p·stride + k·dilation − padding[0] at kernel offset k (as PyTorch and ONNX).
 */
import { type Shape, showShape, sizeOf, stridesOf } from "../../tensor/index.ts";
import { operandError, shapeError } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

export interface ConvOptions {
  /** Distance between windows, one entry a spatial axis; 1 unless said. */
  readonly strides?: readonly number[];
  /** Zeros put before and after each spatial axis; none unless said. */
  readonly padding?: readonly (readonly [number, number])[];
  /** Distance between the elements that a window looks at; 1 unless said. */
  readonly dilations?: readonly number[];
  /** Channels in so many groups that do not see each other; 1 unless said. */
  readonly groups?: number;
}

export interface ConvGeometry extends Required<ConvOptions> {}

/** Lengths of a convolution's operands: x [batch, groups·channels, …size], w [groups·filters, channels, …kernel]. */
export interface ConvSizes extends ConvGeometry {
  readonly batch: number;
  /** Input channels of one group. */
  readonly channels: number;
  /** Output channels of one group. */
  readonly filters: number;
  readonly size: Shape;
  readonly kernel: Shape;
  readonly output: Shape;
}

/** Options with their defaults. @throws FathomError bad-input naming the operation and the option. */
export function convGeometry(op: string, rank: number, options: ConvOptions): ConvGeometry {
  const ones = new Array<number>(rank).fill(1);
  const { strides = ones, padding = ones.map(() => [0, 0] as const), dilations = ones, groups = 1 } = options;
  checkEntries(op, "strides", strides, rank, 1);
  checkEntries(op, "dilations", dilations, rank, 1);
  checkPadding(op, padding, rank);
  checkEntries(op, "groups", [groups], 1, 1);
  return {
    strides: [...strides],
    padding: padding.map(([low, high]) => [low, high]),
    dilations: [...dilations],
    groups,
  };
}

/** @throws FathomError bad-input unless there is one integer from `least` on for each spatial axis. */
export function checkEntries(
  op: string,
  name: string,
  values: readonly number[],
  rank: number,
  least: number,
): void {
  if (values.length !== rank) {
    throw operandError(
      op,
      `${name} ${showShape(values)} has ${values.length} entries.`,
      `Give ${rank}, one a spatial axis.`,
    );
  }
  if (values.some((n) => !Number.isSafeInteger(n) || n < least)) {
    throw operandError(op, `${name} is ${showShape(values)}.`, `Entries are integers from ${least} on.`);
  }
}

/** @throws FathomError bad-input unless there are two integers from 0 on for each spatial axis. */
export function checkPadding(
  op: string,
  padding: readonly (readonly [number, number])[],
  rank: number,
): void {
  if (padding.some((pair) => !Array.isArray(pair) || pair.length !== 2)) {
    throw operandError(
      op,
      "padding has an entry that is no pair.",
      "Give [before, after] for each spatial axis.",
    );
  }
  checkEntries(
    op,
    "padding",
    padding.map(([low]) => low),
    rank,
    0,
  );
  checkEntries(
    op,
    "padding",
    padding.map(([, high]) => high),
    rank,
    0,
  );
}

/**
 * Positions of a window along one axis.
 * @throws FathomError bad-shape when the window does not fit once.
 */
export function windowCount(
  op: string,
  n: number,
  [low, high]: readonly [number, number],
  reach: number,
  stride: number,
): number {
  const room = n + low + high - reach;
  if (room >= 0) return Math.floor(room / stride) + 1;
  throw shapeError(
    op,
    `a window that spans ${reach} does not fit into ${n} elements with a padding of ${low} + ${high}.`,
    "Pad more, or use a smaller window.",
  );
}

/** The spatial shape of a convolution's result. */
export function convOutput(op: string, size: Shape, kernel: Shape, geometry: ConvGeometry): Shape {
  const { strides, padding, dilations } = geometry;
  return size.map((n, axis) =>
    windowCount(op, n, padding[axis]!, dilations[axis]! * (kernel[axis]! - 1) + 1, strides[axis]!),
  );
}

/** The number of spatial axes of [N, C, …spatial]. @throws FathomError bad-shape when there is none. */
export function spatialRank(op: string, x: Tensor): number {
  if (x.shape.length >= 3) return x.shape.length - 2;
  throw shapeError(op, `${showShape(x.shape)} has no spatial axis.`, "Operands are [N, C, …spatial].");
}

/** @throws FathomError bad-shape unless channels divide into the groups of a filter. */
export function checkChannels(
  op: string,
  shown: string,
  channels: number,
  filters: Shape,
  groups: number,
): void {
  const [outputs, each] = filters as [number, number];
  if (outputs % groups !== 0 || channels % groups !== 0) {
    throw shapeError(op, `${shown}: ${channels} → ${outputs} channels do not divide into ${groups} groups.`);
  }
  if (each * groups !== channels) {
    throw shapeError(
      op,
      `${shown}: the filters take ${each} channels in each of ${groups} groups, but there are ${channels}.`,
      "Filters are [O, C / groups, …kernel].",
    );
  }
}

/** Elements that meet at one kernel offset: `inputs[i]` of a channel of x with `outputs[i]` of a channel of y. */
export interface Tap {
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
}

/** The taps of all kernel offsets, row-major. */
export function convTaps({ size, kernel, output, strides, padding, dilations }: ConvSizes): Tap[] {
  const inputStrides = stridesOf(size);
  const outputStrides = stridesOf(output);
  const offsets = stridesOf(kernel);
  return Array.from({ length: sizeOf(kernel) }, (_, k) => {
    let pairs: Tap = { inputs: Int32Array.of(0), outputs: Int32Array.of(0) };
    for (const [axis, n] of size.entries()) {
      const at = (Math.floor(k / offsets[axis]!) % kernel[axis]!) * dilations[axis]! - padding[axis]![0];
      const first = Math.max(0, Math.ceil(-at / strides[axis]!));
      const last = Math.min(output[axis]! - 1, Math.floor((n - 1 - at) / strides[axis]!));
      const line = Math.max(0, last - first + 1);
      pairs = outer(pairs, line, (i) => [
        ((first + i) * strides[axis]! + at) * inputStrides[axis]!,
        (first + i) * outputStrides[axis]!,
      ]);
    }
    return pairs;
  });
}

/** Every pair so far, moved by every pair of a line. */
function outer(pairs: Tap, line: number, move: (i: number) => readonly [number, number]): Tap {
  const length = pairs.inputs.length * line;
  const inputs = new Int32Array(length);
  const outputs = new Int32Array(length);
  const moves = Array.from({ length: line }, (_, i) => move(i));
  let at = 0;
  for (let pair = 0; pair < pairs.inputs.length; pair++) {
    for (const [input, output] of moves) {
      inputs[at] = pairs.inputs[pair]! + input;
      outputs[at++] = pairs.outputs[pair]! + output;
    }
  }
  return { inputs, outputs };
}
