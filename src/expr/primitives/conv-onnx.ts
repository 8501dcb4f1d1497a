/** @file The ONNX forms of convolutions: the operators where ONNX Runtime has kernels, slices and products elsewhere. */
import { sizeOf } from "../../tensor/index.ts";
import { emitComposed } from "../compose.ts";
import { emitInts } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { dividesAlike } from "../threads.ts";
import { blockedFilters, emitBlocked, fitsBlocks } from "./conv-blocked.ts";
import { composeConv, composeConvInput, patchElements, turnedFilters, turnedSizes } from "./conv-compose.ts";
import { composeConvFilter } from "./conv-filter.ts";
import type { ConvSizes } from "./conv-geometry.ts";
import { convAttributes } from "./window-attributes.ts";

/** The CPU provider of onnxruntime 1.30 convolves float32 over up to three axes. */
function hasKernel(node: Tensor): boolean {
  return node.dtype === "float32" && node.shape.length <= 5;
}

/** True when Conv computes this, and its bits do not depend on threads. */
function isNative(node: Tensor, { batch, groups, channels, filters, kernel, output }: ConvSizes): boolean {
  if (!hasKernel(node)) return false;
  const product = { rows: filters, inner: channels * sizeOf(kernel), columns: sizeOf(output) };
  return batch * groups > 1 || dividesAlike(product);
}

/** Whether the adjoint for x is a convolution of y as it is: nothing between its elements, nothing cut off. */
function isPlain({ strides }: ConvSizes, turned: ConvSizes): boolean {
  return strides.every((n) => n === 1) && turned.padding.flat().every((n) => n >= 0);
}

function composesInput(node: Tensor, sizes: ConvSizes, turned: ConvSizes): boolean {
  return !hasKernel(node) || (isPlain(sizes, turned) && !isNative(node, turned));
}

/** Elements that a convolution holds beside its result, at most. */
export function convElements(node: Tensor, sizes: ConvSizes): number {
  return isNative(node, sizes) ? 0 : patchElements(sizes);
}

/** The same for the adjoint for x. */
export function convInputElements(node: Tensor, sizes: ConvSizes): number {
  const turned = turnedSizes(sizes);
  return composesInput(node, sizes, turned) ? patchElements(turned) : 0;
}

function operandsOf(emit: Emitter, node: Tensor): string[] {
  return node.inputs.map((operand) => emit.value(operand));
}

/** The convolution in blocks of channels, where the device has it; `addend` is a bias by channel. */
function emitInBlocks(
  emit: Emitter,
  node: Tensor,
  sizes: ConvSizes,
  bias: readonly string[] = [],
): string | undefined {
  if (!hasKernel(node) || !fitsBlocks(emit, sizes)) return undefined;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const filters = emitComposed(emit, [w], (v) => blockedFilters(v!, emit.channelBlock!));
  return emitBlocked(emit, emit.value(x), [filters, ...bias], sizes);
}

export function emitConv(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  const blocked = emitInBlocks(emit, node, sizes);
  if (blocked !== undefined) return blocked;
  if (isNative(node, sizes)) return emit.node("Conv", operandsOf(emit, node), convAttributes(sizes));
  return emitComposed(emit, node.inputs, (x, w) => composeConv(x!, w!, sizes));
}

/** The convolution and a bias by channel [O, 1, …] in one operator. */
export function emitConvPlus(
  emit: Emitter,
  node: Tensor,
  addend: Tensor,
  sizes: ConvSizes,
): string | undefined {
  const channels = node.shape[1]!;
  const axis = addend.shape.length - sizes.size.length - 1;
  if (addend.shape[axis] !== channels || sizeOf(addend.shape) !== channels) return undefined;
  const bias = emit.node("Reshape", [emit.value(addend), emitInts(emit, [channels])]);
  const blocked = emitInBlocks(emit, node, sizes, [bias]);
  if (blocked !== undefined || !isNative(node, sizes)) return blocked;
  return emit.node("Conv", [...operandsOf(emit, node), bias], convAttributes(sizes));
}

export function emitConvInput(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  const turned = turnedSizes(sizes);
  // Without strides a convolution by turned filters is faster: it divides the images among threads, ConvTranspose does not.
  const turnedBy = (after: (w: Tensor) => Tensor) =>
    emitComposed(emit, [node.inputs[1]!], (w) => after(turnedFilters(w!, sizes)));
  const plain = isPlain(sizes, turned);
  if (hasKernel(node) && plain && fitsBlocks(emit, turned)) {
    const filters = turnedBy((w) => blockedFilters(w, emit.channelBlock!));
    return emitBlocked(emit, emit.value(node.inputs[0]!), [filters], turned);
  }
  if (composesInput(node, sizes, turned)) {
    return emitComposed(emit, node.inputs, (y, w) => composeConvInput(y!, w!, sizes));
  }
  if (plain) {
    const filters = turnedBy((w) => w);
    return emit.node("Conv", [emit.value(node.inputs[0]!), filters], convAttributes(turned));
  }
  const { size, output, kernel, strides, dilations, padding } = sizes;
  // What a window's stride left over at the end of x.
  const rest = size.map((n, axis) => {
    const reach = dilations[axis]! * (kernel[axis]! - 1) + 1;
    const [low, high] = padding[axis]!;
    return n + low + high - reach - strides[axis]! * (output[axis]! - 1);
  });
  const attributes = { ...convAttributes(sizes), output_padding: { ints: rest } };
  return emit.node("ConvTranspose", operandsOf(emit, node), attributes);
}

export function emitConvFilter(emit: Emitter, node: Tensor, sizes: ConvSizes): string {
  return emitComposed(emit, node.inputs, (x, y) => composeConvFilter(x!, y!, sizes));
}
