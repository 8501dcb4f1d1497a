/** @file What the pooling layers share: options, shapes and windows. */
import { z } from "zod";
import type { Tensor } from "../expr/index.ts";
import type { Place } from "./define.ts";
import { type Sizes, sizes, type WindowAxis } from "./geometry.ts";
import type { NetShape } from "./shapes.ts";
import {
  outSizes,
  requireSpatial,
  requireWindows,
  spatialOf,
  spatialShape,
  windowArguments,
  windowsOf,
  wrap,
} from "./spatial.ts";

/** Options of every pooling. */
export const poolOptions = {
  window: sizes.describe("length of the window: one whole number, or one for each spatial axis"),
  stride: sizes
    .optional()
    .describe(
      "step between windows: one whole number, or one for each spatial axis; the window, when left out",
    ),
  padding: z
    .enum(["valid", "same", "circular"])
    .default("valid")
    .describe("valid (none), same (as XLA: ⌈n/stride⌉ outputs) or circular (same, on a ring)"),
};

export interface PoolOptions {
  readonly window: Sizes;
  readonly stride?: Sizes | undefined;
  readonly padding: "valid" | "same" | "circular";
}

function asWindow({ window, stride, padding }: PoolOptions) {
  return { kernel: window, stride: stride ?? window, padding };
}

/** Output shape. @throws FathomError bad-shape where windows do not fit, naming both layers. */
export function poolShape(options: PoolOptions, input: NetShape, place: Place): NetShape {
  const { channels } = requireSpatial(input, place);
  return spatialShape(input, channels, outSizes(requireWindows(asWindow(options), input, place, "window")));
}

/** The windows on an input. */
export function poolWindows(options: PoolOptions, input: NetShape): WindowAxis[] {
  return windowsOf(asWindow(options), spatialOf(input).sizes);
}

function geometryOf(windows: readonly WindowAxis[]) {
  const { strides, padding } = windowArguments(windows);
  return { window: windows.map(({ kernel }) => kernel), strides, padding };
}

/** The input with circular axes wrapped, and what a pooling of `expr` takes. */
export function pooled(
  options: PoolOptions,
  x: Tensor,
): { wrapped: Tensor; geometry: ReturnType<typeof geometryOf> } {
  const windows = windowsOf(asWindow(options), x.shape.slice(2));
  return { wrapped: wrap(x, windows), geometry: geometryOf(windows) };
}
