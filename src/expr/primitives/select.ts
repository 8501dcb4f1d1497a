/** @file Choices, element by element: where, minimum, maximum. */
import { type DType, sameShape } from "../../tensor/index.ts";
import { operandError, requireSameDType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { lift, numeric, type Operand } from "./binary.ts";
import { greaterEqual, lessEqual } from "./compare.ts";
import { elementwise, elementwisePrimitive } from "./elementwise.ts";

/** The dtype of what is chosen; the condition must be bool. */
function chosen(name: string, [condition, a, b]: readonly Tensor[]): DType {
  if (condition!.dtype !== "bool") {
    throw operandError(name, `the condition is ${condition!.dtype}`, "Compare, or cast it to bool.");
  }
  return requireSameDType(name, [a!, b!]);
}

export const wherePrimitive = elementwisePrimitive({
  name: "where",
  dtype: chosen,
  f: (condition, a, b) => (condition !== 0 ? a : b),
  partials: [
    () => undefined,
    (v, { inputs: [condition] }) => where(condition!, v, 0),
    (v, { inputs: [condition] }) => where(condition!, 0, v),
  ],
  onnx: "Where",
});

/**
 * a where the condition holds, b elsewhere. What is not chosen does not contribute to derivatives.
 * @throws FathomError bad-input unless the condition is bool and a, b have one dtype; bad-shape when shapes do not meet.
 * @example where(less(x, 0), mul(x, 0.1), x)
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  chosen("where", [condition, x, y]);
  if (x === y && sameShape(x.shape, condition.shape)) return x;
  return elementwise(wherePrimitive, [condition, x, y]);
}

export const maximumPrimitive = elementwisePrimitive({
  name: "maximum",
  dtype: numeric,
  f: (a, b) => Math.max(a, b),
  partials: [
    (v, { inputs: [a, b] }) => where(greaterEqual(a!, b!), v, 0),
    (v, { inputs: [a, b] }) => where(greaterEqual(a!, b!), 0, v),
  ],
  onnx: "Max",
});

/** The larger of a and b; at ties the derivative goes to a. @example maximum(x, -1) */
export function maximum(a: Operand, b: Operand): Tensor {
  return elementwise(maximumPrimitive, lift(a, b));
}

export const minimumPrimitive = elementwisePrimitive({
  name: "minimum",
  dtype: numeric,
  f: (a, b) => Math.min(a, b),
  partials: [
    (v, { inputs: [a, b] }) => where(lessEqual(a!, b!), v, 0),
    (v, { inputs: [a, b] }) => where(lessEqual(a!, b!), 0, v),
  ],
  onnx: "Min",
});

/** The smaller of a and b; at ties the derivative goes to a. @example minimum(x, 1) */
export function minimum(a: Operand, b: Operand): Tensor {
  return elementwise(minimumPrimitive, lift(a, b));
}
