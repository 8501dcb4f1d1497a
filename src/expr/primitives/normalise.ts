/** @file softmax, logSumExp and layerNorm, with their own stable derivatives. */
import { filled, sizeOf } from "../../tensor/index.ts";
import { forEachLine, numbersOf, store } from "../numeric.ts";
import { emitInts, emitScalar } from "../onnx.ts";
import type { Emitter, Primitive } from "../primitive.ts";
import { droppedShape, keptShape, normaliseAxis, operandError, requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { add, div, mul, square, sub } from "./binary.ts";
import { reshape } from "./movement.ts";
import { reduceMean, reduceSum } from "./reduce.ts";
import { sqrt } from "./unary.ts";

function axisOf(node: Tensor): number {
  return node.attrs.axis as number;
}

export const softmaxPrimitive: Primitive = {
  name: "softmax",
  shape: ([x]) => {
    requireFloat("softmax", x!);
    return { shape: x!.shape, dtype: x!.dtype };
  },
  evaluate: ([x], node) => {
    const source = numbersOf(x!);
    const out = new Float64Array(source.length);
    forEachLine(x!.shape, axisOf(node), (first, stride, length) => {
      const last = first + stride * length;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = first; i < last; i += stride) largest = Math.max(largest, source[i]!);
      let sum = 0;
      for (let i = first; i < last; i += stride) sum += out[i] = Math.exp(source[i]! - largest);
      for (let i = first; i < last; i += stride) out[i]! /= sum;
    });
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node) => [softmaxDerivative(ct, node)],
  jvp: ([t], node) => softmaxDerivative(t!, node),
  batch: ([x], _, node) => softmax(x!, { axis: axisOf(node) + 1 }),
  onnx: (emit, node) => emit.node("Softmax", [emit.value(node.inputs[0]!)], { axis: { int: axisOf(node) } }),
};

/** The Jacobian diag(y) − y yᵀ is symmetric: one formula for tangents and cotangents. */
function softmaxDerivative(v: Tensor, y: Tensor): Tensor {
  return mul(y, sub(v, reduceSum(mul(v, y), { axes: [axisOf(y)], keepDims: true })));
}

/**
 * Exponentials that sum to 1 along an axis (the last unless said).
 * @throws FathomError bad-input unless x is a float, bad-shape for an axis out of range.
 * @example softmax(div(matmul(q, k, { transposeB: true }), Math.sqrt(d)))
 */
export function softmax(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  return apply(softmaxPrimitive, [x], { axis: normaliseAxis("softmax", options.axis ?? -1, x.shape.length) });
}

export interface LogSumExpOptions {
  readonly axis: number;
  readonly keepDims?: boolean;
}

function logSumExpOptions(node: Tensor): Required<LogSumExpOptions> {
  return node.attrs as unknown as Required<LogSumExpOptions>;
}

export const logSumExpPrimitive: Primitive = {
  name: "logSumExp",
  shape: ([x], attrs) => {
    requireFloat("logSumExp", x!);
    const { axis, keepDims } = attrs as unknown as Required<LogSumExpOptions>;
    return {
      shape: keepDims ? keptShape(x!.shape, [axis]) : droppedShape(x!.shape, [axis]),
      dtype: x!.dtype,
    };
  },
  evaluate: ([x], node) => {
    const source = numbersOf(x!);
    const out = new Float64Array(sizeOf(node.shape));
    let line = 0;
    forEachLine(x!.shape, axisOf(node), (first, stride, length) => {
      const last = first + stride * length;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = first; i < last; i += stride) largest = Math.max(largest, source[i]!);
      let sum = 0;
      for (let i = first; i < last; i += stride) sum += Math.exp(source[i]! - largest);
      out[line++] = Number.isFinite(largest) ? largest + Math.log(sum) : largest;
    });
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node) => {
    const x = node.inputs[0]!;
    const kept = reshape(ct, keptShape(x.shape, [axisOf(node)]));
    return [mul(kept, softmax(x, { axis: axisOf(node) }))];
  },
  jvp: ([t], node) => {
    const { axis, keepDims } = logSumExpOptions(node);
    return reduceSum(mul(t!, softmax(node.inputs[0]!, { axis })), { axes: [axis], keepDims });
  },
  batch: ([x], _, node) => {
    const { axis, keepDims } = logSumExpOptions(node);
    return logSumExp(x!, { axis: axis + 1, keepDims });
  },
  onnx: (emit, node) => {
    const { axis, keepDims } = logSumExpOptions(node);
    const operands = [emit.value(node.inputs[0]!), emitInts(emit, [axis])];
    return emit.node("ReduceLogSumExp", operands, { keepdims: { int: Number(keepDims) } });
  },
};

/**
 * ln Σ eˣ along an axis, without overflow.
 * @throws FathomError bad-input unless x is a float, bad-shape for an axis out of range.
 * @example logSumExp(logits, { axis: -1 }) // [N, C] → [N]
 */
export function logSumExp(x: Tensor, { axis, keepDims = false }: LogSumExpOptions): Tensor {
  return apply(logSumExpPrimitive, [x], { axis: normaliseAxis("logSumExp", axis, x.shape.length), keepDims });
}

/** ln softmax(x) along an axis (the last unless said). @example logSoftmax(logits) */
export function logSoftmax(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  return sub(x, logSumExp(x, { axis: options.axis ?? -1, keepDims: true }));
}

export const layerNormPrimitive: Primitive = {
  name: "layerNorm",
  shape: ([x]) => {
    requireFloat("layerNorm", x!);
    if (x!.shape.length === 0) throw shapeError("layerNorm", "a scalar has no axis to normalise.");
    return { shape: x!.shape, dtype: x!.dtype };
  },
  evaluate: ([x], node) => {
    const source = numbersOf(x!);
    const out = new Float64Array(source.length);
    forEachLine(x!.shape, x!.shape.length - 1, (first, _, length) => {
      let mean = 0;
      for (let i = first; i < first + length; i++) mean += source[i]! / length;
      let variance = 0;
      for (let i = first; i < first + length; i++) variance += (source[i]! - mean) ** 2 / length;
      const scale = 1 / Math.sqrt(variance + epsilonOf(node));
      for (let i = first; i < first + length; i++) out[i] = (source[i]! - mean) * scale;
    });
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node) => [layerNormDerivative(ct, node)],
  jvp: ([t], node) => layerNormDerivative(t!, node),
  batch: ([x], _, node) => layerNorm(x!, { epsilon: epsilonOf(node) }),
  onnx: (emit, node) => emitLayerNorm(emit, node),
};

function epsilonOf(node: Tensor): number {
  return node.attrs.epsilon as number;
}

/** The Jacobian (I − 11ᵀ/n − y yᵀ/n)/σ is symmetric: one formula for tangents and cotangents. */
function layerNormDerivative(v: Tensor, y: Tensor): Tensor {
  const x = y.inputs[0]!;
  const last = { axes: [-1], keepDims: true };
  const variance = reduceMean(square(sub(x, reduceMean(x, last))), last);
  const deviation = sqrt(add(variance, epsilonOf(y)));
  const projected = sub(sub(v, reduceMean(v, last)), mul(y, reduceMean(mul(v, y), last)));
  return div(projected, deviation);
}

/**
 * The operator computes the variance as E x² − (E x)², which cancels where the mean is large, so it is given centred
 * lines. In float64 it would also round epsilon to float32: there the formula itself is emitted.
 */
function emitLayerNorm(emit: Emitter, node: Tensor): string {
  const { dtype } = node;
  const mean = (value: string) =>
    emit.node("ReduceMean", [value, emitInts(emit, [-1])], { keepdims: { int: 1 } });
  const x = emit.value(node.inputs[0]!);
  const centred = emit.node("Sub", [x, mean(x)]);
  if (dtype === "float32") {
    const scale = emit.constant(filled(dtype, node.shape.slice(-1), 1));
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilonOf(node) } };
    return emit.node("LayerNormalization", [centred, scale], attributes);
  }
  const variance = mean(emit.node("Mul", [centred, centred]));
  const shifted = emit.node("Add", [variance, emitScalar(emit, epsilonOf(node), dtype)]);
  return emit.node("Div", [centred, emit.node("Sqrt", [shifted])]);
}

/**
 * (x − mean)/√(variance + epsilon) over the last axis (the variance divides by n); no scale or shift.
 * `epsilon` is 0 unless said: a line without variance then gives NaN.
 * @throws FathomError bad-input unless x is a float and epsilon a number >= 0.
 * @example layerNorm(h, { epsilon: 1e-5 })
 */
export function layerNorm(x: Tensor, { epsilon = 0 }: { readonly epsilon?: number } = {}): Tensor {
  if (!(epsilon >= 0 && epsilon < Number.POSITIVE_INFINITY))
    throw operandError("layerNorm", `epsilon is ${epsilon}.`, "Give a finite number >= 0.");
  return apply(layerNormPrimitive, [x], { epsilon });
}
