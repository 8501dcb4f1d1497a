/**
 * @file Convolutions, x [N, C, …size] by w [O, C / groups, …kernel], and their two adjoints. All three are the sum
 * Σ x[n, c, p·stride + k·dilation − padding] w[o, c, k] y[n, o, p] with one factor left out, so each is linear in its two
 * operands, and they differentiate into each other.
 */
import { type NdArray, type Shape, showShape, sizeOf } from "../../tensor/index.ts";
import { store } from "../numeric.ts";
import type { Attributes, Emitter, Primitive } from "../primitive.ts";
import { checkShape, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { float } from "./binary.ts";
import { foldBatch, foldOf, type Slot, unfoldBatch } from "./conv-batch.ts";
import { evaluateConv, evaluateConvFilter, evaluateConvInput } from "./conv-evaluate.ts";
import { filterElements } from "./conv-filter.ts";
import {
  type ConvGeometry,
  type ConvOptions,
  type ConvSizes,
  checkChannels,
  checkEntries,
  convGeometry,
  convOutput,
  spatialRank,
} from "./conv-geometry.ts";
import {
  convElements,
  convInputElements,
  emitConv,
  emitConvFilter,
  emitConvInput,
  emitConvPlus,
} from "./conv-onnx.ts";
import { addAll } from "./elementwise.ts";

export interface ConvInputOptions extends ConvOptions {
  /** The spatial shape of the result. */
  readonly size: Shape;
}

export interface ConvFilterOptions extends ConvOptions {
  /** The spatial shape of the filters. */
  readonly kernel: Shape;
}

/** What the three primitives differ in. */
interface ConvRule {
  readonly name: string;
  readonly operands: readonly [Slot, Slot];
  readonly result: Slot;
  readonly evaluate: (sizes: ConvSizes, a: NdArray, b: NdArray, out: Float64Array) => void;
  readonly emit: (emit: Emitter, node: Tensor, sizes: ConvSizes) => string;
  readonly scratch: (node: Tensor, sizes: ConvSizes) => number;
  readonly emitPlus?: (emit: Emitter, node: Tensor, addend: Tensor, sizes: ConvSizes) => string | undefined;
}

function sizesOf(attrs: Attributes): ConvSizes {
  return attrs as unknown as ConvSizes;
}

function shapeOf(slot: Slot, { batch, groups, channels, filters, size, kernel, output }: ConvSizes): Shape {
  if (slot === "x") return [batch, groups * channels, ...size];
  return slot === "w" ? [groups * filters, channels, ...kernel] : [batch, groups * filters, ...output];
}

function convolutionPrimitive(rule: ConvRule): Primitive {
  const primitive: Primitive = {
    name: rule.name,
    shape: (inputs, attrs) => ({
      dtype: float(rule.name, inputs),
      shape: shapeOf(rule.result, sizesOf(attrs)),
    }),
    evaluate: ([a, b], node) => {
      const out = new Float64Array(sizeOf(node.shape));
      rule.evaluate(sizesOf(node.attrs), a!, b!, out);
      return store(node.dtype, node.shape, out);
    },
    vjp: (ct, node, needed) =>
      rule.operands.map((slot, i) => (needed[i] ? adjoint(rule, slot, ct, node) : undefined)),
    jvp: ([ta, tb], node) => {
      const [a, b] = node.inputs as [Tensor, Tensor];
      return addAll([
        ta && apply(primitive, [ta, b], node.attrs),
        tb && apply(primitive, [a, tb], node.attrs),
      ]);
    },
    batch: (inputs, batched, node, size) => {
      const fold = foldOf(sizesOf(node.attrs), rule.operands[batched.indexOf(false)], size);
      const folded = inputs.map((x, i) => {
        const { axis, groups } = fold.place(rule.operands[i]!);
        return batched[i] ? foldBatch(x, axis, groups) : x;
      });
      const { axis, groups } = fold.place(rule.result);
      return unfoldBatch(apply(primitive, folded, { ...fold.sizes }), axis, groups, size);
    },
    multiplications: ({ attrs }) => {
      const { batch, groups, filters, channels, kernel, output } = sizesOf(attrs);
      return batch * groups * filters * channels * sizeOf(kernel) * sizeOf(output);
    },
    scratch: (node) => rule.scratch(node, sizesOf(node.attrs)),
    onnx: (emit, node) => rule.emit(emit, node, sizesOf(node.attrs)),
    onnxPlus: (emit, node, addend) => rule.emitPlus?.(emit, node, addend, sizesOf(node.attrs)),
  };
  return primitive;
}

/** The cotangent of one operand: the same sum with `ct` for the result and that operand left out. */
function adjoint(rule: ConvRule, slot: Slot, ct: Tensor, node: Tensor): Tensor {
  const at = new Map<Slot, Tensor>([[rule.result, ct]]);
  for (const [i, operand] of rule.operands.entries()) at.set(operand, node.inputs[i]!);
  const [x, w, y] = (["x", "w", "y"] as const).map((each) => at.get(each)!) as [Tensor, Tensor, Tensor];
  if (slot === "x") return apply(convInputPrimitive, [y, w], node.attrs);
  return slot === "w"
    ? apply(convFilterPrimitive, [x, y], node.attrs)
    : apply(convPrimitive, [x, w], node.attrs);
}

export const convPrimitive = convolutionPrimitive({
  name: "conv",
  operands: ["x", "w"],
  result: "y",
  evaluate: evaluateConv,
  emit: emitConv,
  scratch: convElements,
  emitPlus: emitConvPlus,
});

export const convInputPrimitive = convolutionPrimitive({
  name: "convInput",
  operands: ["y", "w"],
  result: "x",
  evaluate: evaluateConvInput,
  emit: emitConvInput,
  scratch: convInputElements,
});

export const convFilterPrimitive = convolutionPrimitive({
  name: "convFilter",
  operands: ["x", "y"],
  result: "w",
  evaluate: evaluateConvFilter,
  emit: emitConvFilter,
  scratch: (_, sizes) => filterElements(sizes),
});

/** Checks two operands against the shapes that a convolution from x by w would have, and applies the primitive. */
function checked(
  primitive: Primitive,
  [a, b]: readonly [Tensor, Tensor],
  shapes: { readonly x: Shape; readonly w: Shape },
  geometry: ConvGeometry,
): Tensor {
  const op = primitive.name;
  const { x, w } = shapes;
  const shown = `${showShape(a.shape)} and ${showShape(b.shape)}`;
  checkChannels(op, shown, x[1]!, w, geometry.groups);
  const [size, kernel] = [x.slice(2), w.slice(2)];
  const sizes: ConvSizes = {
    ...geometry,
    batch: x[0]!,
    channels: x[1]! / geometry.groups,
    filters: w[0]! / geometry.groups,
    size,
    kernel,
    output: convOutput(op, size, kernel, geometry),
  };
  return apply(primitive, [a, b], { ...sizes });
}

function requireSameRank(op: string, a: Tensor, b: Tensor): number {
  const rank = spatialRank(op, a);
  if (b.shape.length === a.shape.length) return rank;
  throw shapeError(
    op,
    `${showShape(a.shape)} and ${showShape(b.shape)} have different numbers of axes.`,
    "Images are [N, C, …spatial], filters [O, C / groups, …kernel].",
  );
}

/** @throws FathomError bad-shape unless y has the spatial shape and the images that x and w give. */
function requireResult(op: string, y: Tensor, expected: Shape): void {
  if (y.shape.every((n, axis) => n === expected[axis])) return;
  throw shapeError(
    op,
    `the convolution of this geometry gives ${showShape(expected)}, not ${showShape(y.shape)}.`,
    "Check size or kernel, strides, padding and dilations.",
  );
}

/**
 * Convolution (cross-correlation, as PyTorch and ONNX): y[n, o, p] = Σ x[n, c, p·stride + k·dilation − padding] w[o, c, k].
 * @param x Images or signals [N, C, …spatial], any number of spatial axes from one on.
 * @param w Filters [O, C / groups, …kernel].
 * @returns [N, O, …], along each axis ⌊(n + padding − dilation·(k − 1) − 1) / stride⌋ + 1
 * @throws FathomError bad-shape naming the shapes when they do not meet; bad-input for options out of range and for
 * dtypes that differ or are no floats.
 * @example conv(images, filters, { strides: [2, 2], padding: [[1, 1], [1, 1]] })
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  const geometry = convGeometry("conv", requireSameRank("conv", x, w), options);
  float("conv", [x, w]);
  return checked(convPrimitive, [x, w], { x: x.shape, w: w.shape }, geometry);
}

/**
 * The adjoint of {@link conv} for its images, also known as transposed convolution: the gradient of ⟨ct, conv(x, w)⟩ by x.
 * @param ct [N, O, …output], what a convolution of images of the spatial shape `size` would give.
 * @param w Filters [O, C / groups, …kernel].
 * @returns [N, C, …size]
 * @throws FathomError as {@link conv}.
 * @example convInput(y, filters, { size: [32, 32], strides: [2, 2], padding: [[1, 1], [1, 1]] })
 */
export function convInput(ct: Tensor, w: Tensor, { size, ...options }: ConvInputOptions): Tensor {
  const rank = requireSameRank("convInput", ct, w);
  const geometry = convGeometry("convInput", rank, options);
  float("convInput", [ct, w]);
  checkEntries("convInput", "size", size, rank, 1);
  const x = checkShape("convInput", [ct.shape[0]!, w.shape[1]! * geometry.groups, ...size]);
  const output = convOutput("convInput", size, w.shape.slice(2), geometry);
  requireResult("convInput", ct, [x[0]!, w.shape[0]!, ...output]);
  return checked(convInputPrimitive, [ct, w], { x, w: w.shape }, geometry);
}

/**
 * The adjoint of {@link conv} for its filters: the gradient of ⟨ct, conv(x, w)⟩ by w.
 * @param x Images [N, C, …spatial].
 * @param ct [N, O, …output], what a convolution of x by filters of the spatial shape `kernel` would give.
 * @returns [O, C / groups, …kernel]
 * @throws FathomError as {@link conv}.
 * @example convFilter(images, ct, { kernel: [3, 3], padding: [[1, 1], [1, 1]] })
 */
export function convFilter(x: Tensor, ct: Tensor, { kernel, ...options }: ConvFilterOptions): Tensor {
  const rank = requireSameRank("convFilter", x, ct);
  const geometry = convGeometry("convFilter", rank, options);
  float("convFilter", [x, ct]);
  checkEntries("convFilter", "kernel", kernel, rank, 1);
  const w = [ct.shape[1]!, x.shape[1]! / geometry.groups, ...kernel];
  const output = convOutput("convFilter", x.shape.slice(2), kernel, geometry);
  requireResult("convFilter", ct, [x.shape[0]!, ct.shape[1]!, ...output]);
  return checked(convFilterPrimitive, [x, ct], { x: x.shape, w }, geometry);
}
