/** @file Sums and means over windows of [N, C, …spatial], and their adjoint. Zeros stand around the images. */
import { type NdArray, type Shape, showShape, sizeOf } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import type { Attributes, Primitive } from "../primitive.ts";
import { requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { div, mul } from "./binary.ts";
import { convTaps } from "./conv-geometry.ts";
import { constant } from "./leaf.ts";
import { reshape } from "./movement.ts";
import {
  asConvolution,
  foldImages,
  isIdentity,
  isWhole,
  type PoolOptions,
  type PoolSizes,
  poolSizes,
  requireElements,
} from "./pool-geometry.ts";
import { emitSumPool, emitSumPoolInput, hasMeanKernel, type Sums, sliceElements } from "./pool-onnx.ts";
import { reduceMean, reduceSum } from "./reduce.ts";

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts in the means: `include` (unless said) divides by the window, `exclude` by what is no padding. */
  readonly countPadding?: "include" | "exclude";
}

function sumsOf(attrs: Attributes): Sums {
  return attrs as unknown as Sums;
}

/** What a sum over the window is multiplied by. */
function factorOf({ weight, window }: Sums): number {
  return weight === "mean" ? 1 / sizeOf(window) : 1;
}

/** Adds every element of an image to its windows (`gather`), or every window to its elements (`spread`). */
function evaluateSums(sums: Sums, direction: "gather" | "spread", x: NdArray, shape: Shape): Float64Array {
  const planes = x.shape[0]! * x.shape[1]!;
  const [input, output] = [sizeOf(sums.size), sizeOf(sums.output)];
  const [from, to] = direction === "gather" ? [input, output] : [output, input];
  const out = new Float64Array(sizeOf(shape));
  const source = numbersOf(x);
  for (const { inputs, outputs } of convTaps(asConvolution(sums, planes))) {
    const [sources, targets] = direction === "gather" ? [inputs, outputs] : [outputs, inputs];
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0; i < sources.length; i++) {
        out[plane * to + targets[i]!]! += source[plane * from + sources[i]!]!;
      }
    }
  }
  const factor = factorOf(sums);
  return factor === 1 ? out : out.map((sum) => sum * factor);
}

function sumPrimitive(
  name: string,
  direction: "gather" | "spread",
  adjoint: () => Primitive,
  { onnx, scratch }: Required<Pick<Primitive, "onnx" | "scratch">>,
): Primitive {
  const spatial = direction === "gather" ? "output" : "size";
  const primitive: Primitive = {
    name,
    shape: ([x], attrs) => {
      requireFloat(name, x!);
      return { dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...sumsOf(attrs)[spatial]] };
    },
    evaluate: ([x], node) =>
      store(node.dtype, node.shape, evaluateSums(sumsOf(node.attrs), direction, x!, node.shape)),
    vjp: (ct, node) => [apply(adjoint(), [ct], node.attrs)],
    jvp: ([t], node) => t && apply(primitive, [t], node.attrs),
    batch: ([x], _, node, size) =>
      reshape(apply(primitive, [reshape(x!, foldImages(x!))], node.attrs), [size, ...node.shape]),
    scratch,
    onnx,
  };
  return primitive;
}

export const sumPoolPrimitive: Primitive = sumPrimitive("sumPool", "gather", () => sumPoolInputPrimitive, {
  onnx: (emit, node) => emitSumPool(emit, node, sumsOf(node.attrs)),
  scratch: (node) => {
    const sums = sumsOf(node.attrs);
    return hasMeanKernel(node, sums) ? 0 : sliceElements(node.shape, sums);
  },
});

export const sumPoolInputPrimitive: Primitive = sumPrimitive(
  "sumPoolInput",
  "spread",
  () => sumPoolPrimitive,
  {
    onnx: (emit, node) => emitSumPoolInput(emit, node, sumsOf(node.attrs)),
    scratch: (node) => sliceElements(node.shape, sumsOf(node.attrs)),
  },
);

/** A pooling after the simplifications that sums and means share. */
function pooled(x: Tensor, sizes: PoolSizes, weight: Sums["weight"]): Tensor {
  if (isIdentity(sizes)) return x;
  if (!isWhole(sizes)) return apply(sumPoolPrimitive, [x], { ...sizes, weight });
  const options = { axes: sizes.size.map((_, axis) => axis + 2), keepDims: true };
  return weight === "mean" ? reduceMean(x, options) : reduceSum(x, options);
}

/**
 * Sums over windows; padding counts as 0.
 * @param x [N, C, …spatial], any number of spatial axes from one on.
 * @returns [N, C, …], along each axis ⌊(n + padding − window) / stride⌋ + 1
 * @throws FathomError bad-shape when a window does not fit, bad-input for options out of range and for integers.
 * @example sumPool(x, { window: [2, 2] }) // [N, C, H, W] → [N, C, H/2, W/2]
 */
export function sumPool(x: Tensor, options: PoolOptions): Tensor {
  requireFloat("sumPool", x);
  return pooled(x, poolSizes("sumPool", x, options), "sum");
}

/**
 * The adjoint of {@link sumPool}: every element of `ct` added to all elements of its window.
 * @param ct [N, C, …output], what a pooling of images of the spatial shape `size` would give.
 * @returns [N, C, …size]
 * @throws FathomError as {@link sumPool}; bad-shape when `ct` does not have the shape of such a result.
 * @example sumPoolInput(ct, { size: [28, 28], window: [2, 2] })
 */
export function sumPoolInput(ct: Tensor, options: PoolOptions & { readonly size: Shape }): Tensor {
  requireFloat("sumPoolInput", ct);
  const image = { ...ct, shape: [...ct.shape.slice(0, 2), ...options.size] };
  const sizes = poolSizes("sumPoolInput", image, options);
  if (ct.shape.length !== image.shape.length || sizes.output.some((n, axis) => n !== ct.shape[axis + 2])) {
    throw shapeError(
      "sumPoolInput",
      `windows of this geometry on ${showShape(options.size)} give ${showShape(sizes.output)}, not ${showShape(ct.shape.slice(2))}.`,
    );
  }
  return isIdentity(sizes) ? ct : apply(sumPoolInputPrimitive, [ct], { ...sizes, weight: "sum" });
}

/**
 * Means over windows.
 * @param x [N, C, …spatial]
 * @throws FathomError as {@link sumPool}; bad-input where padding is excluded and a window may hold nothing else.
 * @example avgPool(x, { window: [3, 3], strides: [2, 2], padding: [[1, 1], [1, 1]], countPadding: "exclude" })
 */
export function avgPool(x: Tensor, { countPadding = "include", ...options }: AvgPoolOptions): Tensor {
  requireFloat("avgPool", x);
  const sizes = poolSizes("avgPool", x, options);
  if (countPadding === "include" || sizes.padding.flat().every((width) => width === 0)) {
    return pooled(x, sizes, "mean");
  }
  requireElements("avgPool", sizes);
  return div(pooled(x, sizes, "sum"), elementCounts(sizes, x));
}

/** How many elements of each window are no padding: a product of one vector an axis. */
function elementCounts({ window, strides, padding, size, output }: PoolSizes, x: Tensor): Tensor {
  return output.reduce(
    (counts, n, axis) => {
      const along = Array.from({ length: n }, (_, i) => {
        const start = i * strides[axis]! - padding[axis]![0];
        return Math.min(size[axis]!, start + window[axis]!) - Math.max(0, start);
      });
      const shape = output.map((length, other) => (other === axis ? length : 1));
      return mul(counts, reshape(constant(along, x.dtype), shape));
    },
    constant(1, x.dtype),
  );
}
