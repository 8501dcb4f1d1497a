/** @file How ONNX writes the geometry of windows: attributes of its convolutions and poolings. */
import type { Shape } from "../../tensor/index.ts";
import type { OnnxAttribute } from "../primitive.ts";
import type { ConvSizes } from "./conv-geometry.ts";

interface Windows {
  readonly window: Shape;
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

export function windowAttributes({ window, strides, padding }: Windows): Record<string, OnnxAttribute> {
  return {
    kernel_shape: { ints: window },
    strides: { ints: strides },
    pads: { ints: [...padding.map(([low]) => low), ...padding.map(([, high]) => high)] },
  };
}

export function convAttributes({
  kernel,
  dilations,
  groups,
  ...sizes
}: ConvSizes): Record<string, OnnxAttribute> {
  return {
    ...windowAttributes({ ...sizes, window: kernel }),
    dilations: { ints: dilations },
    group: { int: groups },
  };
}
