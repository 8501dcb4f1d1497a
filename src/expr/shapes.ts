/**
 * @file Shape arithmetic shared by the primitives: numpy broadcasting, axes, and the typed errors for operands that
 * do not meet.
 */
import { type DType, FathomError, type Shape, sameShape, showShape } from "../tensor/index.ts";
import type { Tensor } from "./tensor.ts";

/** An error about shapes, naming the operation. */
export function shapeError(op: string, message: string, hint?: string): FathomError {
  return new FathomError({
    code: "bad-shape",
    message: `${op}: ${message}`,
    where: op,
    ...(hint ? { hint } : {}),
  });
}

/** An error about a dtype or an option, naming the operation. */
export function operandError(op: string, message: string, hint?: string): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `${op}: ${message}`,
    where: op,
    ...(hint ? { hint } : {}),
  });
}

/** @throws FathomError bad-shape unless every length is a positive integer. */
export function checkShape(op: string, shape: Shape): Shape {
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw shapeError(
        op,
        `the shape ${showShape(shape)} has the length ${n}`,
        "Lengths are positive integers.",
      );
    }
  }
  return shape;
}

/**
 * The common shape of operands under numpy's rules: shapes are aligned at the right, lengths are equal or 1.
 * @throws FathomError bad-shape naming all shapes.
 */
export function broadcastShapes(op: string, shapes: readonly Shape[]): Shape {
  const first = shapes[0]!;
  if (shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const shift = rank - shape.length;
    for (let i = 0; i < shape.length; i++) {
      const n = shape[i]!;
      const common = result[shift + i]!;
      if (n === common || n === 1) continue;
      if (common !== 1) {
        throw shapeError(op, `the shapes ${shapes.map(showShape).join(" and ")} do not broadcast together.`);
      }
      result[shift + i] = n;
    }
  }
  return result;
}

/** An axis counted from the front. @throws FathomError bad-shape when it is out of range. */
export function normaliseAxis(op: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw shapeError(op, `there is no axis ${axis} in a tensor of rank ${rank}.`);
  }
  return positive;
}

/** Axes counted from the front, ascending, without repetition; all axes when left out. */
export function normaliseAxes(
  op: string,
  axes: readonly number[] | undefined,
  rank: number,
): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const normalised = axes.map((axis) => normaliseAxis(op, axis, rank)).sort((a, b) => a - b);
  for (let i = 1; i < normalised.length; i++) {
    if (normalised[i] === normalised[i - 1])
      throw shapeError(op, `the axis ${normalised[i]} is named twice.`);
  }
  return normalised;
}

/** `shape` with `fill` ones in front, so that it has `rank` axes. */
export function alignedShape(shape: Shape, rank: number): Shape {
  return shape.length === rank ? shape : [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** `shape` with the given axes at length 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
}

/** `shape` without the given axes. */
export function droppedShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

export function isInteger(dtype: DType): boolean {
  return dtype === "int32" || dtype === "int64";
}

/** @throws FathomError bad-input unless the operand is float32 or float64. */
export function requireFloat(op: string, x: Tensor): void {
  if (!isFloat(x.dtype))
    throw operandError(op, `needs float32 or float64, not ${x.dtype}`, "Cast the operand.");
}

/** @throws FathomError bad-input unless the operand is float32, float64, int32 or int64. */
export function requireNumeric(op: string, x: Tensor): void {
  if (!isFloat(x.dtype) && !isInteger(x.dtype)) {
    throw operandError(op, `cannot compute with ${x.dtype}`, "Cast the operand to a float or an integer.");
  }
}

/** @throws FathomError bad-input unless all operands have one dtype. */
export function requireSameDType(op: string, operands: readonly Tensor[]): DType {
  const dtype = operands[0]!.dtype;
  if (operands.some((operand) => operand.dtype !== dtype)) {
    const dtypes = operands.map((operand) => operand.dtype).join(" and ");
    throw operandError(op, `the operands are ${dtypes}`, "Cast them to one dtype.");
  }
  return dtype;
}
