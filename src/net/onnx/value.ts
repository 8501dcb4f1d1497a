/**
 * @file Values while a model is read: expressions, arrays that are known (shapes, indices, axes; also empty ones, which
 * expressions do not have), and weights, which become inputs of the graph when an expression needs them.
 */
import { constant, constantValue, evaluate, type Tensor } from "../../expr/index.ts";
import { type NdArray, sizeOf } from "../../tensor/index.ts";

/** A weight: known, and still an input wherever it is not needed as a number. */
export interface Weight {
  readonly weight: string;
  readonly array: NdArray;
}

export type Value = Tensor | NdArray | Weight;
/** What an operator gives. */
export type Result = Tensor | NdArray;

/** Results up to this size are computed while reading when all that they need is known. */
const foldedSize = 2 ** 14;

export function isTensor(value: Value): value is Tensor {
  return "op" in value;
}

export function isWeight(value: Value): value is Weight {
  return "weight" in value;
}

/** The value of what is known without running the graph; weights are known. */
export function knownArray(value: Value): NdArray | undefined {
  if (isWeight(value)) return value.array;
  if (!isTensor(value)) return value;
  return value.op.name === "constant" ? constantValue(value) : undefined;
}

/** An expression of values that are all known, computed at once where it is small. */
export function settle(result: Result, closed: boolean, operands: number): Result {
  if (!closed || !isTensor(result) || result.op.name === "constant") return result;
  if (sizeOf(result.shape) + operands > foldedSize) return result;
  return evaluate([result])[0]!;
}

export function asTensor(value: Result): Tensor {
  return isTensor(value) ? value : constant(value);
}

export function sizeOfValue(value: Value): number {
  return isWeight(value) ? sizeOf(value.array.shape) : sizeOf(value.shape);
}
