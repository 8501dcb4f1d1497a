/** @file Reductions over axes: sum, mean, product, maximum, minimum. */
import { sizeOf } from "../../tensor/index.ts";
import { broadcastOffsets, numbersOf, store } from "../numeric.ts";
import { emitInts } from "../onnx.ts";
import type { MaybeZero, Primitive } from "../primitive.ts";
import {
  alignedShape,
  droppedShape,
  keptShape,
  normaliseAxes,
  requireFloat,
  requireNumeric,
} from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { div, mul, neg, negPrimitive, pow } from "./binary.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { contraction } from "./contraction.ts";
import { broadcastTo, peelBroadcast, permOf, reshape, transpose, transposePrimitive } from "./movement.ts";
import { productJvp, productVjp } from "./product.ts";

export interface ReduceOptions {
  /** All axes unless said; negative axes count from the end. */
  readonly axes?: readonly number[];
  /** Leave reduced axes in place with length 1. */
  readonly keepDims?: boolean;
}

interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function attributesOf(node: Tensor): ReduceAttributes {
  return node.attrs as unknown as ReduceAttributes;
}

interface ReduceRule extends Pick<Primitive, "vjp" | "jvp"> {
  readonly name: string;
  readonly onnx: string;
  readonly check: (name: string, x: Tensor) => void;
  readonly start: number;
  readonly combine: (sum: number, x: number) => number;
  /** The reduction of `n` equal values, from the reduction of one. */
  readonly repeated: (y: Tensor, n: number) => Tensor;
}

const repeats = new Map<Primitive, ReduceRule["repeated"]>();

function reducePrimitive(rule: ReduceRule): Primitive {
  const primitive: Primitive = {
    name: rule.name,
    shape: ([x], attrs) => {
      rule.check(rule.name, x!);
      const { axes, keepDims } = attrs as unknown as ReduceAttributes;
      return { shape: keepDims ? keptShape(x!.shape, axes) : droppedShape(x!.shape, axes), dtype: x!.dtype };
    },
    evaluate: ([x], node) => {
      const source = numbersOf(x!);
      const out = new Float64Array(sizeOf(node.shape)).fill(rule.start);
      const offsets = broadcastOffsets(keptShape(x!.shape, attributesOf(node).axes), x!.shape);
      for (let i = 0; i < source.length; i++) {
        const at = offsets ? offsets[i]! : i;
        out[at] = rule.combine(out[at]!, source[i]!);
      }
      if (rule.name === "reduceMean")
        for (let i = 0; i < out.length; i++) out[i]! /= source.length / out.length;
      return store(node.dtype, node.shape, out);
    },
    batch: ([x], _, node) => {
      const { axes, keepDims } = attributesOf(node);
      return reduce(primitive, x!, { axes: axes.map((axis) => axis + 1), keepDims });
    },
    onnx: (emit, node) => {
      const { axes, keepDims } = attributesOf(node);
      const operands = [emit.value(node.inputs[0]!), emitInts(emit, axes)];
      return emit.node(rule.onnx, operands, { keepdims: { int: Number(keepDims) } });
    },
    ...(rule.vjp && { vjp: rule.vjp }),
    ...(rule.jvp && { jvp: rule.jvp }),
  };
  repeats.set(primitive, rule.repeated);
  return primitive;
}

/** Applies a reduction after the simplifications that all reductions share. */
function reduce(op: Primitive, x: Tensor, options: ReduceOptions): Tensor {
  const axes = normaliseAxes(op.name, options.axes, x.shape.length);
  const keepDims = options.keepDims ?? false;
  op.shape([x], { axes, keepDims });
  const shape = keepDims ? keptShape(x.shape, axes) : droppedShape(x.shape, axes);
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.length === 0) return reshape(x, shape);
  return (
    reducedTranspose(op, x, axes, keepDims) ??
    reducedBroadcast(op, x, axes)?.(shape) ??
    apply(op, [x], { axes, keepDims })
  );
}

/** Reducing a transposed tensor: reduce first, then transpose what is left. */
function reducedTranspose(
  op: Primitive,
  x: Tensor,
  axes: readonly number[],
  keepDims: boolean,
): Tensor | undefined {
  if (x.op !== transposePrimitive) return undefined;
  const perm = permOf(x);
  const kept = reduce(op, x.inputs[0]!, { axes: axes.map((axis) => perm[axis]!), keepDims: true });
  const moved = transpose(kept, perm);
  return keepDims ? moved : reshape(moved, droppedShape(x.shape, axes));
}

/** Reducing a broadcast: only the axes along which the operand really varies are reduced. */
function reducedBroadcast(
  op: Primitive,
  x: Tensor,
  axes: readonly number[],
): ((shape: readonly number[]) => Tensor) | undefined {
  const y = peelBroadcast(x);
  if (y === x) return undefined;
  // Leading axes that the broadcast added and the reduction takes away again need not exist in between.
  const added = x.shape.length - y.shape.length;
  const skipped = axes.filter((axis) => axis < added).length === added ? added : 0;
  const own = reshape(y, alignedShape(y.shape, x.shape.length - skipped));
  const kept = keptShape(x.shape, axes).slice(skipped);
  const real = axes.filter((axis) => axis >= skipped && own.shape[axis - skipped] === x.shape[axis]);
  const repeated = axes.filter((axis) => !real.includes(axis));
  const reduced = reduce(op, own, { axes: real.map((axis) => axis - skipped), keepDims: true });
  const scaled = repeats.get(op)!(reduced, sizeOf(repeated.map((axis) => x.shape[axis]!)));
  return (shape) => reshape(broadcastTo(scaled, kept), shape);
}

/** A cotangent or result of a reduction, repeated along the reduced axes: the shape of the operand. */
function expand(v: Tensor, node: Tensor): Tensor {
  const { shape } = node.inputs[0]!;
  return broadcastTo(reshape(v, keptShape(shape, attributesOf(node).axes)), shape);
}

function countOf(node: Tensor): number {
  return sizeOf(node.inputs[0]!.shape) / sizeOf(node.shape);
}

export const reduceSumPrimitive = reducePrimitive({
  name: "reduceSum",
  onnx: "ReduceSum",
  check: requireNumeric,
  start: 0,
  combine: (sum, x) => sum + x,
  repeated: (y, n) => mul(y, n),
  vjp: (ct, node) => [expand(ct, node)],
  jvp: ([t], node) => reduceSum(t!, attributesOf(node)),
});

/**
 * Sums. A sum of products that is a matrix product becomes one.
 * @throws FathomError bad-shape for an axis out of range, bad-input for bool and uint8.
 * @example reduceSum(x, { axes: [-1] }) // [N, M] → [N]
 */
export function reduceSum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = normaliseAxes("reduceSum", options.axes, x.shape.length);
  if (x.op === negPrimitive) return neg(reduceSum(x.inputs[0]!, options));
  const contracted = contraction(x, axes);
  if (contracted === undefined) return reduce(reduceSumPrimitive, x, options);
  return options.keepDims ? contracted : reshape(contracted, droppedShape(x.shape, axes));
}

export const reduceMeanPrimitive = reducePrimitive({
  name: "reduceMean",
  onnx: "ReduceMean",
  check: requireFloat,
  start: 0,
  combine: (sum, x) => sum + x,
  repeated: (y) => y,
  vjp: (ct, node) => [expand(mul(ct, 1 / countOf(node)), node)],
  jvp: ([t], node) => reduceMean(t!, attributesOf(node)),
});

/**
 * Means.
 * @throws FathomError as {@link reduceSum}; integers are refused.
 * @example reduceMean(losses) // [N] → []
 */
export function reduceMean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = normaliseAxes("reduceMean", options.axes, x.shape.length);
  const contracted = contraction(x, axes);
  if (contracted === undefined) return reduce(reduceMeanPrimitive, x, options);
  const shape = options.keepDims ? contracted.shape : droppedShape(x.shape, axes);
  return mul(reshape(contracted, shape), sizeOf(shape) / sizeOf(x.shape));
}

/** Weights 1/(number of winners) where x attains the extremum, 0 elsewhere: ties share the derivative. */
function winners(node: Tensor): Tensor {
  const x = node.inputs[0]!;
  const mask = cast(equal(x, expand(node, node)), x.dtype);
  return div(mask, reduceSum(mask, { axes: attributesOf(node).axes, keepDims: true }));
}

const extremum: Pick<Required<ReduceRule>, "check" | "repeated" | "vjp" | "jvp"> = {
  check: requireNumeric,
  repeated: (y) => y,
  vjp: (ct, node): MaybeZero[] => [mul(expand(ct, node), winners(node))],
  jvp: ([t], node) => reduceSum(mul(t!, winners(node)), attributesOf(node)),
};

export const reduceMaxPrimitive = reducePrimitive({
  ...extremum,
  name: "reduceMax",
  onnx: "ReduceMax",
  start: Number.NEGATIVE_INFINITY,
  combine: Math.max,
});

/**
 * Maxima; ties share the derivative equally.
 * @throws FathomError as {@link reduceSum}.
 * @example reduceMax(logits, { axes: [1], keepDims: true })
 */
export function reduceMax(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(reduceMaxPrimitive, x, options);
}

export const reduceMinPrimitive = reducePrimitive({
  ...extremum,
  name: "reduceMin",
  onnx: "ReduceMin",
  start: Number.POSITIVE_INFINITY,
  combine: Math.min,
});

/**
 * Minima; ties share the derivative equally.
 * @throws FathomError as {@link reduceSum}.
 * @example reduceMin(x, { axes: [0] })
 */
export function reduceMin(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(reduceMinPrimitive, x, options);
}

export const reduceProdPrimitive = reducePrimitive({
  name: "reduceProd",
  onnx: "ReduceProd",
  check: requireNumeric,
  start: 1,
  combine: (product, x) => product * x,
  repeated: (y, n) => pow(y, n),
  vjp: (ct, node) => productVjp(ct, node),
  jvp: ([t], node) => productJvp(t!, node),
});

/**
 * Products. The derivative is exact where factors are zero.
 * @throws FathomError as {@link reduceSum}.
 * @example reduceProd(x, { axes: [-1] })
 */
export function reduceProd(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(reduceProdPrimitive, x, options);
}
