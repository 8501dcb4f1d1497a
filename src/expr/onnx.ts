/** @file Small helpers for `onnx` rules: scalars, integer lists, casts. */
import { type DType, ndarray, scalar } from "../tensor/index.ts";
import type { Emitter } from "./primitive.ts";

/** ONNX's numbers for element types (TensorProto.DataType). */
const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** A number as an initializer without axes. */
export function emitScalar(emit: Emitter, value: number, dtype: DType): string {
  return emit.constant(scalar(value, dtype));
}

/** A 1-D int64 initializer: shapes, axes, starts, ends. */
export function emitInts(emit: Emitter, values: readonly number[]): string {
  return emit.constant(ndarray("int64", [values.length], values));
}

/** The same value in another dtype. */
export function emitCast(emit: Emitter, value: string, to: DType): string {
  return emit.node("Cast", [value], { to: { int: elementTypes[to] } });
}

/** c₀ + x (c₁ + x (c₂ + …)): coefficients by ascending power. */
export function emitPolynomial(
  emit: Emitter,
  x: string,
  coefficients: readonly number[],
  dtype: DType,
): string {
  const [last, ...rest] = [...coefficients].reverse();
  return rest.reduce(
    (sum, coefficient) =>
      emit.node("Add", [emit.node("Mul", [sum, x]), emitScalar(emit, coefficient, dtype)]),
    emitScalar(emit, last!, dtype),
  );
}
