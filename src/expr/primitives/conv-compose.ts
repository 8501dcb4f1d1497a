/**
 * @file Convolutions as slices and one matrix product, for what ONNX Runtime has no kernel (float64, more than three
 * spatial axes) and for filter gradients, where it is faster: the elements at each kernel offset are one slice, and
 * the slices stacked are the matrix of patches.
 */
import { type Shape, sizeOf, stridesOf } from "../../tensor/index.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvGeometry, ConvSizes } from "./conv-geometry.ts";
import { concat, flip, pad } from "./join.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./movement.ts";
import { reduceSum } from "./reduce.ts";
import { interleaved, slice } from "./slice.ts";

/** x [N, C, …] with zeros put around its spatial axes; negative widths cut off. */
export function fitted(x: Tensor, padding: ConvGeometry["padding"]): Tensor {
  const bounds = (side: 0 | 1) => [0, 0, ...padding.map((pair) => pair[side])];
  const [low, high] = [bounds(0), bounds(1)];
  const cut = slice(x, {
    starts: low.map((n) => Math.max(0, -n)),
    ends: x.shape.map((n, axis) => n + Math.min(0, high[axis]!)),
  });
  return pad(cut, { low: low.map((n) => Math.max(0, n)), high: high.map((n) => Math.max(0, n)) });
}

/** Zeros put between the elements of the spatial axes, stride − 1 at a time, none behind the last. */
export function spread(x: Tensor, strides: readonly number[]): Tensor {
  let apart = x;
  for (const [axis, stride] of strides.entries()) {
    if (stride > 1) apart = interleaved(apart, axis + 2, stride);
  }
  const ends = x.shape.map((n, axis) => (axis < 2 ? n : (n - 1) * strides[axis - 2]! + 1));
  return slice(apart, { starts: ends.map(() => 0), ends });
}

/** What each offset of a window sees of x [N, C, …], already padded: [N, C, …output], offsets row-major. */
export function windowViews(
  x: Tensor,
  window: Shape,
  output: Shape,
  { strides, dilations }: Pick<ConvGeometry, "strides" | "dilations">,
): Tensor[] {
  const places = stridesOf(window);
  return Array.from({ length: sizeOf(window) }, (_, k) => {
    const starts = window.map((n, axis) => (Math.floor(k / places[axis]!) % n) * dilations[axis]!);
    return slice(x, {
      starts: [0, 0, ...starts],
      ends: [
        ...x.shape.slice(0, 2),
        ...starts.map((start, axis) => start + (output[axis]! - 1) * strides[axis]! + 1),
      ],
      steps: [1, 1, ...strides],
    });
  });
}

/** Patches of x: [N, groups, kernel offsets · channels, output positions]. */
function patches(x: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, channels, kernel, output } = sizes;
  const views = windowViews(fitted(x, sizes.padding), kernel, output, sizes);
  const planes = views.map((view) => reshape(view, [batch, groups, channels, sizeOf(output)]));
  return concat(planes, { axis: 2 });
}

/** Filters [groups·filters, channels, …kernel] as matrices [groups, filters, kernel offsets · channels]. */
function filterMatrices(w: Tensor, { groups, channels, filters, kernel }: ConvSizes): Tensor {
  const apart = reshape(w, [groups, filters, channels, sizeOf(kernel)]);
  return reshape(transpose(apart, [0, 1, 3, 2]), [groups, filters, -1]);
}

export function composeConv(x: Tensor, w: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, filters, output } = sizes;
  const product = matmul(filterMatrices(w, sizes), patches(x, sizes));
  return reshape(product, [batch, groups * filters, ...output]);
}

/** The adjoint for x is a convolution with stride 1 of y, with zeros between its elements, by the filters turned around. */
export function composeConvInput(y: Tensor, w: Tensor, sizes: ConvSizes): Tensor {
  const { strides, padding, dilations, kernel, size, output } = sizes;
  const turned = turnedFilters(w, sizes);
  const low = kernel.map((k, axis) => (k - 1) * dilations[axis]! - padding[axis]![0]);
  const high = low.map((n, axis) => {
    const length = (output[axis]! - 1) * strides[axis]! + 1;
    return size[axis]! + (kernel[axis]! - 1) * dilations[axis]! - n - length;
  });
  return composeConv(spread(y, strides), turned, {
    ...sizes,
    strides: strides.map(() => 1),
    padding: low.map((n, axis) => [n, high[axis]!] as const),
    channels: sizes.filters,
    filters: sizes.channels,
    size: output,
    output: size,
  });
}

/** Filters with input and output channels exchanged and every axis of the kernel reversed. */
export function turnedFilters(w: Tensor, { groups, channels, filters, kernel }: ConvSizes): Tensor {
  const apart = reshape(w, [groups, filters, channels, sizeOf(kernel)]);
  const exchanged = reshape(transpose(apart, [0, 2, 1, 3]), [groups * channels, filters, ...kernel]);
  return flip(exchanged, { axes: kernel.map((_, axis) => axis + 2) });
}

export function composeConvFilter(x: Tensor, y: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, channels, filters, kernel, output } = sizes;
  const planes = reshape(y, [batch, groups, filters, sizeOf(output)]);
  // Patches come first: the second factor is copied, and y is the smaller one.
  const each = matmul(patches(x, sizes), planes, { transposeB: true });
  const sums = reshape(reduceSum(each, { axes: [0] }), [groups, sizeOf(kernel), channels, filters]);
  return reshape(transpose(sums, [0, 3, 2, 1]), [groups * filters, channels, ...kernel]);
}
