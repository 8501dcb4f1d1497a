/** @file Poolings of ONNX over any number of spatial axes, channels first. */
import {
  add,
  argmax,
  cast,
  constant,
  div,
  gather,
  iota,
  maxPool,
  mul,
  reduceMax,
  reduceMean,
  reshape,
  sumPool,
  type Tensor,
  where,
} from "../../../expr/index.ts";
import { ndarray, sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import type { OperatorTable } from "./operator.ts";
import { spatialShape, type WindowAxis, windowAxes } from "./windows.ts";

/** A window that also covers what `ceil_mode` adds at the end. */
interface PoolAxis extends WindowAxis {
  /** Padding that the model states at the end; `high` may be more. */
  readonly stated: number;
}

function poolAxes(node: OnnxNode, x: Tensor): PoolAxis[] {
  const spatial = spatialShape(node, x.shape);
  const axes = windowAxes(node, spatial, node.ints("kernel_shape") ?? []);
  if (axes.some(({ dilation }) => dilation !== 1))
    throw node.unsupported("its windows have gaps (dilations).");
  const up = node.int("ceil_mode", 0) !== 0;
  return axes.map((axis) => ({ ...axis, stated: axis.high, high: up ? roundedUp(axis) : axis.high }));
}

/** Padding at the end so that a last window which begins before the padding is whole. */
function roundedUp({ n, kernel, stride, low, high }: WindowAxis): number {
  const steps = Math.ceil((n + low + high - kernel) / stride);
  const last = steps * stride >= n + low ? steps - 1 : steps;
  return Math.max(high, last * stride + kernel - n - low);
}

function asPool(axes: readonly PoolAxis[]) {
  return {
    window: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    padding: axes.map(({ low, high }) => [low, high] as const),
  };
}

function largest(node: OnnxNode): readonly Tensor[] {
  const x = node.tensor(0);
  const axes = poolAxes(node, x);
  const y = maxPool(x, asPool(axes));
  return node.wants(1) ? [y, reshape(largestPositions(node, x, axes), y.shape)] : [y];
}

/** Where the largest elements stand in the flat operand (the first of equals), int64. */
function largestPositions(node: OnnxNode, x: Tensor, axes: readonly PoolAxis[]): Tensor {
  if (node.int("storage_order", 0) !== 0) throw node.unsupported("it counts positions by columns.");
  const size = sizeOf(axes.map(({ n }) => n));
  const planes = sizeOf(x.shape) / size;
  const count = axes.reduce((product, axis) => product * windowsAlong(axis) * axis.kernel, 1);
  if (!(count <= 2 ** 24)) throw node.unsupported(`it gives positions in windows of ${count} places.`);
  const places = windowPlaces(axes);
  const width = sizeOf(axes.map(({ kernel }) => kernel));
  const windows = places.length / width;
  const inside = places.map((place) => Number(place >= 0));
  const known = constant(
    ndarray(
      "int32",
      [places.length],
      places.map((place) => Math.max(0, place)),
    ),
  );
  const elements = gather(reshape(x, [planes, size]), known, { axis: 1 });
  const counted = where(
    constant(ndarray("bool", [places.length], inside)),
    elements,
    Number.NEGATIVE_INFINITY,
  );
  const winners = argmax(reshape(counted, [planes, windows, width]), { axis: 2 });
  const own = gather(known, add(winners, mul(iota(windows), width)), { axis: 0 });
  return cast(add(own, reshape(mul(iota(planes), size), [planes, 1])), "int64");
}

/** Number of windows along one axis. */
function windowsAlong({ n, kernel, stride, low, high }: WindowAxis): number {
  return Math.floor((n + low + high - kernel) / stride) + 1;
}

/** For every window the places of its elements in a plane, −1 for padding. */
function windowPlaces(axes: readonly PoolAxis[]): number[] {
  const lines = axes.map((axis) =>
    Array.from({ length: windowsAlong(axis) }, (_, i) =>
      Array.from({ length: axis.kernel }, (_, k) => {
        const at = i * axis.stride - axis.low + k;
        return at >= 0 && at < axis.n ? at : -1;
      }),
    ),
  );
  // Windows of all axes in row-major order, and inside each its elements.
  const windows = lines.reduce<number[][]>(
    (outer, line, axis) =>
      outer.flatMap((before) =>
        line.map((inner) =>
          before.flatMap((place) =>
            inner.map((at) => (place < 0 || at < 0 ? -1 : place * axes[axis]!.n + at)),
          ),
        ),
      ),
    [[0]],
  );
  return windows.flat();
}

/** Sums divided by how many elements each window covers, with or without the padding that the model states. */
function average(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axes = poolAxes(node, x);
  const includes = node.int("count_include_pad", 0) !== 0;
  const sums = sumPool(x, asPool(axes));
  return axes.reduce((result, axis, i) => {
    const counts = windowCounts(axis, includes);
    const shape = axes.map((_, k) => (k === i ? counts.length : 1));
    return div(result, reshape(constant(ndarray(x.dtype, [counts.length], counts)), shape));
  }, sums);
}

/** Elements of one axis that each window covers. */
function windowCounts(axis: PoolAxis, includes: boolean): number[] {
  const { n, kernel, stride, low, stated } = axis;
  const [begin, end] = includes ? [-low, n + stated] : [0, n];
  return Array.from({ length: windowsAlong(axis) }, (_, i) => {
    const first = i * stride - low;
    return Math.min(first + kernel, end) - Math.max(first, begin);
  });
}

function overSpace(x: Tensor) {
  return { axes: x.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis])), keepDims: true };
}

export const poolingOperators: OperatorTable = {
  MaxPool: largest,
  AveragePool: average,
  GlobalAveragePool: (node) => reduceMean(node.tensor(0), overSpace(node.tensor(0))),
  GlobalMaxPool: (node) => reduceMax(node.tensor(0), overSpace(node.tensor(0))),
};
