/** @file A choice between two computations of which a loop makes only the one that is asked for. */
import { type DType, showShape } from "../../tensor/index.ts";
import { operandError, requireSameDType, shapeError } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { lift, type Operand } from "./binary.ts";
import { elementwise, elementwisePrimitive } from "./elementwise.ts";

/** The dtype of what is chosen; the condition must be bool. */
function chosen(name: string, [condition, a, b]: readonly Tensor[]): DType {
  if (condition!.dtype !== "bool") {
    throw operandError(name, `the condition is ${condition!.dtype}`, "Compare, or cast it to bool.");
  }
  return requireSameDType(name, [a!, b!]);
}

export const choosePrimitive = elementwisePrimitive({
  name: "choose",
  dtype: chosen,
  f: (condition, a, b) => (condition !== 0 ? a : b),
  partials: [
    () => undefined,
    (v, { inputs: [condition] }) => choose(condition!, v, 0),
    (v, { inputs: [condition] }) => choose(condition!, 0, v),
  ],
  onnx: "Where",
});

/**
 * a if the condition holds, else b, as `where`; but what only a or only b needs is computed, in every step of a compiled
 * loop, only where it is taken. Choices by one condition are made together.
 * @param condition A scalar, bool.
 * @throws FathomError bad-input unless the condition is bool and a, b have one dtype; bad-shape unless it is a scalar and
 * the shapes meet.
 * @example choose(less(norm, 1), gradient, div(gradient, norm))
 */
export function choose(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  chosen("choose", [condition, x, y]);
  if (condition.shape.length > 0) {
    throw shapeError(
      "choose",
      `the condition has shape ${showShape(condition.shape)}`,
      "Use where for choices by element.",
    );
  }
  return x === y ? x : elementwise(choosePrimitive, [condition, x, y]);
}
