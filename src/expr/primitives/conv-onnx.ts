/** @file The ONNX forms of convolutions: the operators where ONNX Runtime has kernels, slices and products elsewhere. */
import { emitComposed } from "../compose.ts";
import type { Emitter, OnnxAttribute } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { composeConv, composeConvFilter, composeConvInput } from "./conv-compose.ts";
import type { ConvSizes } from "./conv-geometry.ts";

/** The CPU provider of onnxruntime 1.30 convolves float32 over up to three axes. */
export function hasKernel(node: Tensor): boolean {
  return node.dtype === "float32" && node.shape.length <= 5;
}

function attributesOf({
  strides,
  padding,
  dilations,
  groups,
  kernel,
}: ConvSizes): Record<string, OnnxAttribute> {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    pads: { ints: [...padding.map(([low]) => low), ...padding.map(([, high]) => high)] },
    dilations: { ints: dilations },
    group: { int: groups },
  };
}

function operandsOf(emit: Emitter, node: Tensor): string[] {
  return node.inputs.map((operand) => emit.value(operand));
}

export function emitConv(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  if (hasKernel(node)) return emit.node("Conv", operandsOf(emit, node), attributesOf(sizes));
  return emitComposed(emit, node.inputs, (x, w) => composeConv(x!, w!, sizes));
}

export function emitConvInput(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  if (!hasKernel(node)) return emitComposed(emit, node.inputs, (y, w) => composeConvInput(y!, w!, sizes));
  const { size, output, kernel, strides, dilations, padding } = sizes;
  // What a window's stride left over at the end of x.
  const rest = size.map((n, axis) => {
    const reach = dilations[axis]! * (kernel[axis]! - 1) + 1;
    const [low, high] = padding[axis]!;
    return n + low + high - reach - strides[axis]! * (output[axis]! - 1);
  });
  const attributes = { ...attributesOf(sizes), output_padding: { ints: rest } };
  return emit.node("ConvTranspose", operandsOf(emit, node), attributes);
}

export function emitConvFilter(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  return emitComposed(emit, node.inputs, (x, y) => composeConvFilter(x!, y!, sizes));
}
