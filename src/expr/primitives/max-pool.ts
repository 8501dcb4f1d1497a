/**
 * @file Maxima over windows of [N, C, …spatial]. Which element wins does not change with small changes of x, so the derivative
 * is a selection: `maxPoolIndex` says where each window's maximum stands in its plane, `planeGather` takes elements from
 * there, and `planeScatter`, its adjoint, adds them there.
 */
import { allocate, type NdArray, ndarray, sizeOf } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import type { Primitive } from "../primitive.ts";
import { requireFloat } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { convTaps } from "./conv-geometry.ts";
import { emitMaxPool, emitMaxPoolIndex, emitPlaneGather, emitPlaneScatter } from "./max-pool-onnx.ts";
import { broadcastTo, reshape } from "./movement.ts";
import {
  asConvolution,
  foldImages,
  isIdentity,
  type PoolOptions,
  type PoolSizes,
  poolSizes,
  requireElements,
} from "./pool-geometry.ts";
import { hasPoolKernel, sliceElements } from "./pool-onnx.ts";

function sizesOf(node: Tensor): PoolSizes {
  return node.attrs as unknown as PoolSizes;
}

/** The position of each window's maximum in its plane: the first one, row-major; a number that is none wins. */
function winners(x: NdArray, sizes: PoolSizes): Int32Array {
  const planes = x.shape[0]! * x.shape[1]!;
  const [input, output] = [sizeOf(sizes.size), sizeOf(sizes.output)];
  const source = numbersOf(x);
  const best = new Int32Array(planes * output).fill(-1);
  for (const { inputs, outputs } of convTaps(asConvolution(sizes, planes))) {
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0; i < inputs.length; i++) {
        const at = plane * output + outputs[i]!;
        const value = source[plane * input + inputs[i]!]!;
        const leader = best[at]!;
        const wins = leader < 0 || value > source[plane * input + leader]! || Number.isNaN(value);
        if (wins) best[at] = inputs[i]!;
      }
    }
  }
  return best;
}

function sliceScratch(node: Tensor): number {
  return hasPoolKernel(node, sizesOf(node)) ? 0 : sliceElements(node.shape, sizesOf(node));
}

/** Over a batch, examples are further images. */
function batchOfImages(primitive: Primitive): Primitive["batch"] {
  return (inputs, batched, node, size) => {
    const folded = inputs.map((x, i) => {
      const full = batched[i] ? x : broadcastTo(x, [size, ...x.shape]);
      return reshape(full, foldImages(full));
    });
    return reshape(apply(primitive, folded, node.attrs), [size, ...node.shape]);
  };
}

export const maxPoolPrimitive: Primitive = {
  name: "maxPool",
  shape: ([x], attrs) => ({
    dtype: x!.dtype,
    shape: [...x!.shape.slice(0, 2), ...(attrs as unknown as PoolSizes).output],
  }),
  evaluate: ([x], node) => gathered(x!, winners(x!, sizesOf(node)), node),
  vjp: (ct, node) => [planeScatter(ct, maxPoolIndex(node), sizesOf(node).size)],
  jvp: ([t], node) => t && apply(planeGatherPrimitive, [t, maxPoolIndex(node)]),
  batch: (...parts) => batchOfImages(maxPoolPrimitive)(...parts),
  scratch: (node) => sliceScratch(node),
  onnx: (emit, node) => emitMaxPool(emit, node, sizesOf(node)),
};

export const maxPoolIndexPrimitive: Primitive = {
  name: "maxPoolIndex",
  shape: ([x], attrs) => ({
    dtype: "int64",
    shape: [...x!.shape.slice(0, 2), ...(attrs as unknown as PoolSizes).output],
  }),
  evaluate: ([x], node) => store("int64", node.shape, Float64Array.from(winners(x!, sizesOf(node)))),
  batch: (...parts) => batchOfImages(maxPoolIndexPrimitive)(...parts),
  scratch: (node) => sliceScratch(node),
  onnx: (emit, node) => emitMaxPoolIndex(emit, node, sizesOf(node)),
};

/** Where the maxima of a `maxPool` node stand. */
function maxPoolIndex(node: Tensor): Tensor {
  return apply(maxPoolIndexPrimitive, node.inputs, node.attrs);
}

/** Elements of each plane of x at positions of that plane. */
function gathered(x: NdArray, index: ArrayLike<number>, node: Tensor): NdArray {
  const [plane, chosen] = [sizeOf(x.shape.slice(2)), sizeOf(node.shape.slice(2))];
  const data = allocate(node.dtype, index.length);
  for (let i = 0; i < index.length; i++) data[i] = x.data[Math.floor(i / chosen) * plane + index[i]!]!;
  return ndarray(node.dtype, node.shape, data);
}

export const planeGatherPrimitive: Primitive = {
  name: "planeGather",
  shape: ([x, index]) => ({ dtype: x!.dtype, shape: index!.shape }),
  evaluate: ([x, index], node) => gathered(x!, numbersOf(index!), node),
  vjp: (ct, { inputs: [x, index] }) => [planeScatter(ct, index!, x!.shape.slice(2))],
  jvp: ([t], { inputs: [, index] }) => t && apply(planeGatherPrimitive, [t, index!]),
  batch: (...parts) => batchOfImages(planeGatherPrimitive)(...parts),
  onnx: emitPlaneGather,
};

export const planeScatterPrimitive: Primitive = {
  name: "planeScatter",
  shape: ([x], attrs) => ({
    dtype: x!.dtype,
    shape: [...x!.shape.slice(0, 2), ...(attrs.size as readonly number[])],
  }),
  evaluate: ([x, index], node) => {
    const [values, at] = [numbersOf(x!), numbersOf(index!)];
    const [plane, chosen] = [sizeOf(node.shape.slice(2)), sizeOf(x!.shape.slice(2))];
    const out = new Float64Array(sizeOf(node.shape));
    for (let i = 0; i < values.length; i++) out[Math.floor(i / chosen) * plane + at[i]!]! += values[i]!;
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, { inputs: [, index] }) => [apply(planeGatherPrimitive, [ct, index!])],
  jvp: ([t], node) => t && planeScatter(t, node.inputs[1]!, node.shape.slice(2)),
  batch: (...parts) => batchOfImages(planeScatterPrimitive)(...parts),
  onnx: emitPlaneScatter,
};

function planeScatter(x: Tensor, index: Tensor, size: readonly number[]): Tensor {
  return apply(planeScatterPrimitive, [x, index], { size });
}

/**
 * Maxima over windows. Padding never wins; where several elements are largest, the derivative goes to the first (row-major).
 * Of finite numbers: the interpreter lets NaN win, onnxruntime passes over it, and gives −3.4e38 for a padded window of −∞.
 * @param x [N, C, …spatial], any number of spatial axes from one on.
 * @returns [N, C, …], along each axis ⌊(n + padding − window) / stride⌋ + 1
 * @throws FathomError bad-shape when a window does not fit; bad-input for options out of range, for padding as wide as
 * the window, and for integers.
 * @example maxPool(x, { window: [3, 3], strides: [2, 2], padding: [[1, 1], [1, 1]] })
 */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  requireFloat("maxPool", x);
  const sizes = poolSizes("maxPool", x, options);
  requireElements("maxPool", sizes);
  return isIdentity(sizes) ? x : apply(maxPoolPrimitive, [x], { ...sizes });
}
