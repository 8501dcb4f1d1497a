/**
 * @file Convolutions as slices and one matrix product, for what ONNX Runtime has no kernel (float64, more than three
 * spatial axes): the elements at each kernel offset are one slice, and the slices stacked are the matrix of patches.
 */
import { type Shape, sizeOf, stridesOf } from "../../tensor/index.ts";
import { apply, type Tensor } from "../tensor.ts";
import type { ConvGeometry, ConvSizes } from "./conv-geometry.ts";
import { concat, flip, padPrimitive } from "./join.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./movement.ts";
import { interleaved, slice } from "./slice.ts";

/**
 * x [N, C, …] with zeros, or another value, put around its spatial axes; negative widths cut off, which ONNX's Pad does in
 * one step but the interpreter's does not.
 */
export function fitted(x: Tensor, padding: ConvGeometry["padding"], value = 0): Tensor {
  const [low, high] = ([0, 1] as const).map((side) => [0, 0, ...padding.map((pair) => pair[side])]);
  if ([...low!, ...high!].every((n) => n === 0)) return x;
  return apply(padPrimitive, [x], { low: low!, high: high!, value });
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
export function patches(x: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, channels, kernel, output } = sizes;
  const views = windowViews(fitted(x, sizes.padding), kernel, output, sizes);
  const planes = views.map((view) => reshape(view, [batch, groups, channels, sizeOf(output)]));
  return concat(planes, { axis: 2 });
}

/** Elements of the slices, and of the patches that they are joined to. */
export function patchElements({ batch, groups, channels, kernel, output }: ConvSizes): number {
  return 2 * batch * groups * channels * sizeOf(kernel) * sizeOf(output);
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
  return composeConv(spread(y, sizes.strides), turnedFilters(w, sizes), turnedSizes(sizes));
}

/** The convolution from y, with zeros between its elements, back to x. Its padding may be negative. */
export function turnedSizes(sizes: ConvSizes): ConvSizes {
  const { strides, padding, dilations, kernel, size, output } = sizes;
  const apart = output.map((n, axis) => (n - 1) * strides[axis]! + 1);
  return {
    ...sizes,
    strides: strides.map(() => 1),
    padding: kernel.map((k, axis) => {
      const low = (k - 1) * dilations[axis]! - padding[axis]![0];
      return [low, size[axis]! + (k - 1) * dilations[axis]! - low - apart[axis]!] as const;
    }),
    channels: sizes.filters,
    filters: sizes.channels,
    size: apart,
    output: size,
  };
}

/** Filters with input and output channels exchanged and every axis of the kernel reversed. */
export function turnedFilters(w: Tensor, { groups, channels, filters, kernel }: ConvSizes): Tensor {
  const apart = reshape(w, [groups, filters, channels, sizeOf(kernel)]);
  const exchanged = reshape(transpose(apart, [0, 2, 1, 3]), [groups * channels, filters, ...kernel]);
  return flip(exchanged, { axes: kernel.map((_, axis) => axis + 2) });
}
