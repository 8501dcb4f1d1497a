/**
 * @file Convolution of images and signals (kernels.md §2.1): z[p] = Σ_j W_j x[s·p + d·j − lo] + b,
 * W ~ N(0, sw2/(C/groups·Πk)), b ~ N(0, sb2); cross-correlation, as PyTorch.
 */
import { z } from "zod";
import { add, conv as convolve, reshape } from "../../expr/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import { convolution } from "../../theory/index.ts";
import { defineLayer, gaussian, type Place } from "../define.ts";
import { convPadding, kernelOptions, sizes } from "../geometry.ts";
import { positiveInt, variances } from "../options.ts";
import type { NetShape } from "../shapes.ts";
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

function requireGroups(channels: number, groups: number, input: NetShape, place: Place): void {
  const from = input.shape[0]!;
  if (from % groups === 0 && channels % groups === 0) return;
  const side = from % groups === 0 ? "makes" : "reads";
  const count = side === "makes" ? channels : from;
  throw new FathomError({
    code: "bad-shape",
    message: `${place.self} has ${groups} groups, but ${side} ${count} ${count === 1 ? "channel" : "channels"}${side === "reads" ? ` of ${place.before}` : ""}: not a multiple.`,
    where: `${place.where}.groups`,
    hint: "The channels before and after must both be multiples of groups.",
  });
}

export const conv = defineLayer({
  kind: "conv",
  summary:
    "convolution of an image or a signal: W ~ N(0, sw2/(C/groups·Πkernel)), b ~ N(0, sb2), one bias a channel",
  options: z.strictObject({
    channels: positiveInt.describe("number of channels it makes: a whole number, 1 or more"),
    ...kernelOptions,
    padding: convPadding,
    dilation: sizes.default(1).describe("step between taps: one whole number, or one for each spatial axis"),
    groups: positiveInt.default(1).describe("number of groups of channels that do not see each other"),
    ...variances,
  }),
  preactivation: true,
  shape: (options, input, place) => {
    requireSpatial(input, place);
    requireGroups(options.channels, options.groups, input, place);
    return spatialShape(input, options.channels, outSizes(requireWindows(options, input, place)));
  },
  params: ({ channels, kernel, groups, sw2, sb2 }, input) => {
    const shape = [channels, input.shape[0]! / groups, ...perAxis(kernel, input.shape.length - 1)];
    return {
      weight: gaussian(shape, sw2 / sizeOf(shape.slice(1))),
      bias: gaussian([channels], sb2),
    };
  },
  apply: (options, { weight, bias }, x) => {
    const windows = windowsOf(options, x.shape.slice(2));
    const z = convolve(wrap(x, windows), weight!, { ...windowArguments(windows), groups: options.groups });
    return add(z, reshape(bias!, [options.channels, ...windows.map(() => 1)]));
  },
  meanField: (options, input) => {
    const { channels, sizes } = spatialOf(input);
    const geometry = windowsOf(options, sizes);
    const fanIn = (channels / options.groups) * sizeOf(geometry.map((axis) => axis.kernel));
    return convolution({ sw2: options.sw2, sb2: options.sb2, fanIn, geometry });
  },
  covariance: (options, { input, own: { weight, bias } }) => ({
    op: "convolution",
    scale: options.sw2,
    shift: options.sb2,
    trained: { weight: weight!, bias: bias! },
    windows: windowsOf(options, spatialOf(input).sizes),
  }),
});
