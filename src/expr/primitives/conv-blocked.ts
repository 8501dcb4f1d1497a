/**
 * @file Convolutions in the blocked layout of onnxruntime's CPU provider, twice as fast as its plain ones (bench/README.md):
 * channels lie together in blocks of b, images as [N, C / b, H, W, b] and filters as [O / b, C / b, kernel, b, b]. The
 * operators are those that onnxruntime itself puts into graphs whose filters are constants.
 */
import { sizeOf } from "../../tensor/index.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvSizes } from "./conv-geometry.ts";
import { reshape, transpose } from "./movement.ts";
import { convAttributes } from "./window-attributes.ts";

const domain = "com.microsoft.nchwc";
/** Multiplications an element of x and y from which the speed gained is worth the two reorderings (measured). */
const leastUse = 16;

/** True for convolutions over two axes, without groups, whose channels fill their blocks. */
export function fitsBlocks(emit: Emitter, sizes: ConvSizes): boolean {
  const { batch, groups, channels, filters, kernel, size, output } = sizes;
  const block = emit.channelBlock;
  if (block === undefined || groups > 1 || kernel.length !== 2) return false;
  if (channels % block !== 0 || filters % block !== 0) return false;
  const products = batch * channels * filters * sizeOf(kernel) * sizeOf(output);
  return products > leastUse * batch * (channels * sizeOf(size) + filters * sizeOf(output));
}

/** Filters [O, C, …kernel] in blocks, under the same shape. */
export function blockedFilters(w: Tensor, block: number): Tensor {
  const [outputs, inputs, ...kernel] = w.shape as [number, number, ...number[]];
  const apart = reshape(w, [outputs / block, block, inputs / block, block, sizeOf(kernel)]);
  return reshape(transpose(apart, [0, 2, 4, 3, 1]), w.shape);
}

/** The convolution of a plain value by blocked filters and, if given, a bias: a plain value again. */
export function emitBlocked(emit: Emitter, x: string, operands: readonly string[], sizes: ConvSizes): string {
  const attributes = { auto_pad: { string: "NOTSET" }, ...convAttributes(sizes) };
  const image = emit.node("ReorderInput", [x], {}, domain);
  const y = emit.node("Conv", [image, ...operands], attributes, domain);
  return emit.node("ReorderOutput", [y], { channels: { int: sizes.filters } }, domain);
}
