/**
 * @file What all elementwise primitives share: numpy broadcasting, evaluation, batching, constant folding, and the
 * rule that a broadcast is done after the arithmetic (on the small operand), not before.
 */
import { type DType, type Shape, sameShape } from "../../tensor/index.ts";
import { mapElements, type ScalarFunction, store } from "../numeric.ts";
import type { Attributes, Emitter, MaybeZero, Primitive } from "../primitive.ts";
import { alignedShape, broadcastShapes } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { add } from "./binary.ts";
import { constant, constantValue, scalarConstant } from "./leaf.ts";
import { broadcastTo, peelBroadcast, reshape } from "./movement.ts";
import { reduceSum } from "./reduce.ts";

/** What one elementwise primitive adds to the shared rules. */
export interface ElementwiseRule {
  readonly name: string;
  /** Checks the operands' dtypes and gives the result's. */
  readonly dtype: (name: string, operands: readonly Tensor[]) => DType;
  readonly f: ScalarFunction;
  /**
   * For each operand the product of its partial derivative with `v`; `undefined` where the derivative is zero. The
   * Jacobian is diagonal, so one function serves jvp (v the operand's tangent) and vjp (v the result's cotangent).
   * Absent: no derivative.
   */
  readonly partials?: readonly ((v: Tensor, node: Tensor) => MaybeZero)[];
  /** The ONNX value from the operands' values; a string names the one operator that does it. */
  readonly onnx: string | ((emit: Emitter, operands: readonly string[], node: Tensor) => string);
}

/** Completes an elementwise primitive. */
export function elementwisePrimitive({ name, dtype, f, partials, onnx }: ElementwiseRule): Primitive {
  const primitive: Primitive = {
    name,
    elementwise: true,
    shape: (inputs) => ({ shape: commonShape(name, inputs), dtype: dtype(name, inputs) }),
    evaluate: (values, node) => store(node.dtype, node.shape, mapElements(f, values, node.shape)),
    batch: (inputs, batched, node, size) =>
      elementwise(primitive, alignBatched(inputs, batched, node.shape.length, size), node.attrs),
    onnx: (emit, node) => {
      const operands = node.inputs.map((x) => emit.value(x));
      return typeof onnx === "string" ? emit.node(onnx, operands) : onnx(emit, operands, node);
    },
    ...(partials && {
      vjp: (ct: Tensor, node: Tensor, needed: readonly boolean[]) =>
        node.inputs.map((x, i) => {
          const full = needed[i] ? partials[i]?.(ct, node) : undefined;
          return full && sumTo(full, x.shape);
        }),
      jvp: (tangents: readonly MaybeZero[], node: Tensor) => {
        const sum = addAll(tangents.map((t, i) => t && partials[i]?.(t, node)));
        return sum && broadcastTo(sum, node.shape);
      },
    }),
  };
  return primitive;
}

/**
 * Applies an elementwise primitive. Broadcasts of operands are peeled off and done on the result, which is where they
 * are cheapest (or vanish); operations on scalar constants are folded.
 */
export function elementwise(op: Primitive, operands: readonly Tensor[], attrs: Attributes = {}): Tensor {
  const peeled = operands.map(peelBroadcast);
  const node = apply(op, peeled, attrs);
  const result = peeled.every((x) => scalarConstant(x) !== undefined) ? folded(node) : node;
  return peeled.every((x, i) => x === operands[i])
    ? result
    : broadcastTo(result, commonShape(op.name, operands));
}

function folded(node: Tensor): Tensor {
  return constant(node.op.evaluate(node.inputs.map(constantValue), node));
}

function commonShape(name: string, operands: readonly Tensor[]): Shape {
  return broadcastShapes(
    name,
    operands.map((x) => x.shape),
  );
}

/**
 * Operands of a broadcasting operation, some of which carry a leading batch axis: that axis is moved in front of
 * all `rank` axes of the unbatched result, so that broadcasting still aligns at the right.
 */
export function alignBatched(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  rank: number,
  size: number,
): Tensor[] {
  return inputs.map((x, i) =>
    batched[i] && x.shape.length < rank + 1 ? reshape(x, [size, ...alignedShape(x.shape.slice(1), rank)]) : x,
  );
}

/** Sums over the axes along which an operand of `shape` was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const added = x.shape.length - shape.length;
  const inner = shape.flatMap((n, axis) => (n === 1 && x.shape[added + axis] !== 1 ? [added + axis] : []));
  const leading = Array.from({ length: added }, (_, axis) => axis);
  if (inner.length === 0) return reduceSum(x, { axes: leading });
  return reshape(reduceSum(x, { axes: [...leading, ...inner], keepDims: true }), shape);
}

/** The sum of terms that may be symbolic zeros. */
export function addAll(terms: readonly MaybeZero[]): MaybeZero {
  return terms.reduce((sum, term) => (sum && term ? add(sum, term) : (sum ?? term)), undefined);
}

/** The number that `x` holds everywhere, if it is known. */
export function splatValue(x: Tensor): number | undefined {
  return scalarConstant(peelBroadcast(x));
}
