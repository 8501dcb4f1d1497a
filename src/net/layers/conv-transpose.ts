/**
 * @file Transposed convolution: the adjoint of a convolution that reads `channels` and makes C_in. Weight
 * `[C_in, channels, ...k]` as PyTorch.
 * Sizes: `valid` gives (n − 1)·s + k, a number p gives (n − 1)·s + k − 2p, `same` gives n·s (the adjoint of XLA's SAME).
 * Fan-in is C_in·Πk, as in kernels.md ("adjoint stencil, divided by k²"): with stride s an output position is reached by
 * Πk/Πs taps on average, so a stride lowers K to sw2·K/Πs. One law for all strides keeps the rule a stencil.
 */
import { z } from "zod";
import { add, convInput, reshape } from "../../expr/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import { transposedConvolution } from "../../theory/index.ts";
import { defineLayer, gaussian, type Place } from "../define.ts";
import { kernelOptions, type Padding, type Sizes, sizes, type WindowAxis, windowAxis } from "../geometry.ts";
import { positiveInt, variances } from "../options.ts";
import { type NetShape, showNetShape } from "../shapes.ts";
import {
  perAxis,
  requireRank,
  requireSpatial,
  spatialOf,
  spatialShape,
  windowArguments,
} from "../spatial.ts";

interface Options {
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly padding: Padding;
}

function outSize(n: number, kernel: number, stride: number, padding: Padding): number {
  if (padding === "same") return n * stride;
  return (n - 1) * stride + kernel - (typeof padding === "number" ? 2 * padding : 0);
}

/** The windows of the convolution whose adjoint the layer is: from its output back to its input. */
function windowsBack({ kernel, stride, padding }: Options, inputSizes: readonly number[]): WindowAxis[] {
  const kernels = perAxis(kernel, inputSizes.length);
  const strides = perAxis(stride, inputSizes.length);
  return inputSizes.map((n, i) => {
    const axis = { kernel: kernels[i]!, stride: strides[i]! };
    return windowAxis({ ...axis, size: outSize(n, axis.kernel, axis.stride, padding), padding });
  });
}

function requireSizes(windows: readonly WindowAxis[], input: NetShape, place: Place): number[] {
  if (windows.every(({ size }) => size >= 1)) return windows.map(({ size }) => size);
  throw new FathomError({
    code: "bad-shape",
    message: `${place.self} cuts more padding than there is output on what ${place.before} gives, ${showNetShape(input)}.`,
    where: `${place.where}.padding`,
    hint: "Use less padding, or a larger kernel or stride.",
  });
}

export const convTranspose = defineLayer({
  kind: "convTranspose",
  summary:
    "transposed convolution of an image or a signal: W ~ N(0, sw2/(C·Πkernel)), b ~ N(0, sb2); the size grows by stride",
  options: z.strictObject({
    channels: positiveInt.describe("number of channels it makes: a whole number, 1 or more"),
    ...kernelOptions,
    stride: sizes.default(1).describe("factor of growth: one whole number, or one for each spatial axis"),
    padding: z
      .union([z.enum(["same", "valid"]), z.int().min(0)])
      .default("same")
      .describe("same (n·stride outputs), valid (all outputs) or the number of outputs cut on both sides"),
    ...variances,
  }),
  preactivation: true,
  shape: (options, input, place) => {
    requireSpatial(input, place);
    requireRank(options.kernel, "kernel", input, place);
    requireRank(options.stride, "stride", input, place);
    const windows = windowsBack(options, spatialOf(input).sizes);
    return spatialShape(input, options.channels, requireSizes(windows, input, place));
  },
  params: ({ channels, kernel, sw2, sb2 }, input) => {
    const { channels: from, sizes } = spatialOf(input);
    const kernels = perAxis(kernel, sizes.length);
    const fanIn = from * sizeOf(kernels);
    return {
      weight: gaussian([from, channels, ...kernels], sw2 / fanIn, fanIn),
      bias: gaussian([channels], sb2),
    };
  },
  multiplications: ({ channels, kernel }, input) => {
    const { sizes } = spatialOf(input);
    return sizeOf(input.shape) * channels * sizeOf(perAxis(kernel, sizes.length));
  },
  apply: (options, { weight, bias }, x) => {
    const windows = windowsBack(options, x.shape.slice(2));
    const size = windows.map((axis) => axis.size);
    const z = convInput(x, weight!, { size, ...windowArguments(windows) });
    return add(z, reshape(bias!, [options.channels, ...windows.map(() => 1)]));
  },
  meanField: (options, input) => {
    const { channels, sizes } = spatialOf(input);
    const geometry = windowsBack(options, sizes);
    const fanIn = channels * sizeOf(geometry.map((axis) => axis.kernel));
    return transposedConvolution({ sw2: options.sw2, sb2: options.sb2, fanIn, geometry });
  },
  covariance: (options, { input, own: { weight, bias } }) => ({
    op: "transposedConvolution",
    scale: options.sw2,
    shift: options.sb2,
    trained: { weight: weight!, bias: bias! },
    windows: windowsBack(options, spatialOf(input).sizes),
  }),
});
