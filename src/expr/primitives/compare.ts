/** @file Comparisons and logic: bool results, no derivatives. */
import { operandError } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { lift, numeric, type Operand } from "./binary.ts";
import { elementwise, elementwisePrimitive } from "./elementwise.ts";

function compared(name: string, operands: readonly Tensor[]): "bool" {
  numeric(name, operands);
  return "bool";
}

/** Equality is defined for bool, too. */
function equated(name: string, operands: readonly Tensor[]): "bool" {
  if (operands.every((x) => x.dtype === "bool")) return "bool";
  return compared(name, operands);
}

function logical(name: string, operands: readonly Tensor[]): "bool" {
  for (const x of operands) {
    if (x.dtype !== "bool") throw operandError(name, `needs bool, not ${x.dtype}`, "Compare first, or cast.");
  }
  return "bool";
}

export const lessPrimitive = elementwisePrimitive({
  name: "less",
  dtype: compared,
  f: (a, b) => Number(a < b),
  onnx: "Less",
});

/** a < b, element by element (bool). @example less(x, 0) */
export function less(a: Operand, b: Operand): Tensor {
  return elementwise(lessPrimitive, lift(a, b));
}

/** a > b. @example greater(x, 0) */
export function greater(a: Operand, b: Operand): Tensor {
  return less(b, a);
}

export const lessEqualPrimitive = elementwisePrimitive({
  name: "lessEqual",
  dtype: compared,
  f: (a, b) => Number(a <= b),
  onnx: "LessOrEqual",
});

/** a ≤ b. @example lessEqual(x, 1) */
export function lessEqual(a: Operand, b: Operand): Tensor {
  return elementwise(lessEqualPrimitive, lift(a, b));
}

/** a ≥ b. @example greaterEqual(x, 1) */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return lessEqual(b, a);
}

export const equalPrimitive = elementwisePrimitive({
  name: "equal",
  dtype: equated,
  f: (a, b) => Number(a === b),
  onnx: "Equal",
});

/** a = b. @example reduceMean(cast(equal(argmax(logits, { axis: -1 }), labels), "float32")) */
export function equal(a: Operand, b: Operand): Tensor {
  return elementwise(equalPrimitive, lift(a, b));
}

/** a ≠ b. @example notEqual(labels, 0) */
export function notEqual(a: Operand, b: Operand): Tensor {
  return logicalNot(equal(a, b));
}

export const logicalAndPrimitive = elementwisePrimitive({
  name: "logicalAnd",
  dtype: logical,
  f: (a, b) => Number(a !== 0 && b !== 0),
  onnx: "And",
});

/** a ∧ b, of bool tensors. @example logicalAnd(less(x, 1), greater(x, -1)) */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return elementwise(logicalAndPrimitive, [a, b]);
}

export const logicalOrPrimitive = elementwisePrimitive({
  name: "logicalOr",
  dtype: logical,
  f: (a, b) => Number(a !== 0 || b !== 0),
  onnx: "Or",
});

/** a ∨ b, of bool tensors. @example logicalOr(less(x, -1), greater(x, 1)) */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  return elementwise(logicalOrPrimitive, [a, b]);
}

export const logicalNotPrimitive = elementwisePrimitive({
  name: "logicalNot",
  dtype: logical,
  f: (a) => Number(a === 0),
  onnx: "Not",
});

/** ¬a, of a bool tensor. @example logicalNot(equal(a, b)) */
export function logicalNot(a: Tensor): Tensor {
  return a.op === logicalNotPrimitive ? a.inputs[0]! : elementwise(logicalNotPrimitive, [a]);
}
