/**
 * @file Locally connected layer: a convolution whose weights are not shared between positions (kernels.md §2.1,
 * ConvLocal). Weights `[positions, channels, C, ...k]` and biases `[positions, channels]`, positions in row-major order.
 */
import { z } from "zod";
import { add, constant, conv, matmul, reshape, type Tensor, transpose } from "../../expr/index.ts";
import { ndarray, sizeOf } from "../../tensor/index.ts";
import { localConvolution } from "../../theory/index.ts";
import { defineLayer, gaussian } from "../define.ts";
import { convPadding, kernelOptions, type WindowAxis } from "../geometry.ts";
import { refuseLarge } from "../intermediate.ts";
import { positiveInt, variances } from "../options.ts";
import {
  outSizes,
  perAxis,
  requireSpatial,
  requireWindows,
  spatialOf,
  spatialShape,
  windowArguments,
  windowsOf,
  wrap,
} from "../spatial.ts";

/**
 * What every window sees, as a convolution with one filter a tap: `[N, C, ...s]` → `[N, C·Πk, positions]`, the taps of
 * one channel together.
 */
function patches(x: Tensor, windows: readonly WindowAxis[]): Tensor {
  const channels = x.shape[1]!;
  const kernel = windows.map((axis) => axis.kernel);
  const taps = sizeOf(kernel);
  const data = new Array<number>(channels * taps * taps).fill(0);
  for (let row = 0; row < channels * taps; row++) data[row * taps + (row % taps)] = 1;
  const filters = constant(ndarray(x.dtype, [channels * taps, 1, ...kernel], data));
  const seen = conv(wrap(x, windows), filters, { ...windowArguments(windows), groups: channels });
  return reshape(seen, [x.shape[0]!, channels * taps, sizeOf(seen.shape.slice(2))]);
}

export const convLocal = defineLayer({
  kind: "convLocal",
  summary:
    "convolution without shared weights: every position has weights W ~ N(0, sw2/(C·Πkernel)) and biases b ~ N(0, sb2)",
  options: z.strictObject({
    channels: positiveInt.describe("number of channels it makes: a whole number, 1 or more"),
    ...kernelOptions,
    padding: convPadding,
    ...variances,
  }),
  preactivation: true,
  shape: (options, input, place) => {
    const { channels } = requireSpatial(input, place);
    const windows = requireWindows(options, input, place);
    const taps = sizeOf(windows.map((axis) => axis.kernel));
    refuseLarge(channels * taps * Math.max(taps, sizeOf(outSizes(windows))), "taps", place);
    return spatialShape(input, options.channels, outSizes(windows));
  },
  params: (options, input) => {
    const { channels, sizes } = spatialOf(input);
    const kernel = perAxis(options.kernel, sizes.length);
    const fanIn = channels * sizeOf(kernel);
    const positions = sizeOf(outSizes(windowsOf(options, sizes)));
    return {
      weight: gaussian([positions, options.channels, channels, ...kernel], options.sw2 / fanIn, fanIn),
      bias: gaussian([positions, options.channels], options.sb2, 1),
    };
  },
  multiplications: ({ kernel }, input, output) => {
    const { channels, sizes } = spatialOf(input);
    return sizeOf(output.shape) * channels * sizeOf(perAxis(kernel, sizes.length));
  },
  apply: (options, { weight, bias }, x) => {
    const windows = windowsOf(options, x.shape.slice(2));
    const seen = patches(x, windows);
    const [batch, taps, positions] = seen.shape as [number, number, number];
    const weights = reshape(weight!, [positions, options.channels, taps]);
    // [positions, N, taps]·[positions, channels, taps]ᵀ: a small product a position.
    const z = matmul(transpose(seen, [2, 0, 1]), weights, { transposeB: true });
    const shifted = add(z, reshape(bias!, [positions, 1, options.channels]));
    return reshape(transpose(shifted, [1, 2, 0]), [batch, options.channels, ...outSizes(windows)]);
  },
  meanField: (options, input) => {
    const { channels, sizes } = spatialOf(input);
    const geometry = windowsOf(options, sizes);
    const fanIn = channels * sizeOf(geometry.map((axis) => axis.kernel));
    return localConvolution({ sw2: options.sw2, sb2: options.sb2, fanIn, geometry });
  },
  covariance: (options, { input, own: { weight, bias } }) => ({
    op: "localConvolution",
    scale: options.sw2,
    shift: options.sb2,
    trained: { weight: weight!, bias: bias! },
    windows: windowsOf(options, spatialOf(input).sizes),
  }),
});
