/** @file Convolutions of ONNX over any number of spatial axes, channels first. */
import { add, conv, convInput, reshape, type Tensor } from "../../../expr/index.ts";
import type { OnnxNode } from "../node.ts";
import type { OperatorTable } from "./operator.ts";
import {
  asOptions,
  extentOf,
  perAxis,
  shared,
  spatialShape,
  type WindowAxis,
  windowAxes,
} from "./windows.ts";

function kernelOf(node: OnnxNode): readonly number[] {
  const kernel = node.shape(1).slice(2);
  const stated = node.ints("kernel_shape");
  if (stated === undefined || String(stated) === String(kernel)) return kernel;
  throw node.error(`its kernel_shape is [${stated}], its filters are [${kernel}].`);
}

function withBias(node: OnnxNode, y: Tensor): Tensor {
  if (!node.has(2)) return y;
  return add(y, reshape(node.tensor(2), [-1, ...y.shape.slice(2).map(() => 1)]));
}

function convolution(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axes = windowAxes(node, spatialShape(node, x.shape), kernelOf(node));
  return withBias(node, conv(x, node.tensor(1), { ...asOptions(axes), groups: node.int("group", 1) }));
}

/** Transposed convolution: the adjoint of a convolution whose images have the size of the result. */
function transposedConvolution(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const spatial = spatialShape(node, x.shape);
  const kernel = kernelOf(node);
  const rank = spatial.length;
  if (kernel.length !== rank) throw node.error(`filters [${kernel}] do not fit ${rank} spatial axes.`);
  const strides = perAxis(node, "strides", rank, 1);
  const dilations = perAxis(node, "dilations", rank, 1);
  const extra = perAxis(node, "output_padding", rank, 0);
  const full = spatial.map(
    (n, i) => strides[i]! * (n - 1) + extra[i]! + extentOf({ kernel: kernel[i]!, dilation: dilations[i]! }),
  );
  const pads = transposedPads(node, full, spatial, strides);
  const size = full.map((n, i) => n - pads[i]!.low - pads[i]!.high);
  const axes: WindowAxis[] = size.map((n, i) => ({
    n,
    kernel: kernel[i]!,
    stride: strides[i]!,
    dilation: dilations[i]!,
    ...pads[i]!,
  }));
  const groups = node.int("group", 1);
  return withBias(node, convInput(x, node.tensor(1), { size, ...asOptions(axes), groups }));
}

/** What is cut off at both ends of the full result, from `output_shape`, `auto_pad` or `pads`. */
function transposedPads(
  node: OnnxNode,
  full: readonly number[],
  spatial: readonly number[],
  strides: readonly number[],
): { low: number; high: number }[] {
  const mode = node.text("auto_pad", "NOTSET");
  const shape = node.ints("output_shape")?.slice(-full.length);
  const wanted = shape ?? (mode.startsWith("SAME") ? spatial.map((n, i) => n * strides[i]!) : undefined);
  if (wanted !== undefined) {
    return full.map((n, i) => {
      const total = n - (wanted[i] ?? 0);
      if (total < 0) throw node.unsupported(`its output [${wanted}] is larger than the full one [${full}].`);
      return shared(node, mode === "NOTSET" || mode === "VALID" ? "SAME_LOWER" : mode, total);
    });
  }
  const pads = node.ints("pads") ?? full.flatMap(() => [0, 0]);
  if (pads.length !== 2 * full.length || pads.some((n) => n < 0)) throw node.error(`its pads are [${pads}].`);
  return full.map((_, i) => ({ low: pads[i]!, high: pads[i + full.length]! }));
}

export const convolutionOperators: OperatorTable = {
  Conv: convolution,
  ConvTranspose: transposedConvolution,
};
