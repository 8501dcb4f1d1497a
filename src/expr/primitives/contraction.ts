/**
 * @file Sums of products that are matrix products in disguise. Σ a·b over some axes, with a and b broadcast against
 * each other, never forms the broadcast product: axes that only one operand has are summed there first, and what is
 * left is a matmul when both operands (or one, without shared kept axes) have axes of their own.
 */
import { sameShape, sizeOf } from "../../tensor/index.ts";
import { alignedShape, isFloat } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { mul, mulPrimitive } from "./binary.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./movement.ts";
import { reduceSum } from "./reduce.ts";

/** The axes of a product, by who has them (length > 1) and whether they are summed. */
interface Axes {
  /** Kept, in both operands. */
  readonly batch: readonly number[];
  /** Kept, in the first operand only. */
  readonly rows: readonly number[];
  /** Kept, in the second operand only. */
  readonly columns: readonly number[];
  /** Summed, in both. */
  readonly inner: readonly number[];
  /** Summed, in the first only; in the second only. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

function classify(a: Tensor, b: Tensor, summed: readonly number[]): Axes {
  const select = (inA: boolean, inB: boolean, sum: boolean) =>
    a.shape.flatMap((n, axis) =>
      n > 1 === inA && b.shape[axis]! > 1 === inB && summed.includes(axis) === sum ? [axis] : [],
    );
  return {
    batch: select(true, true, false),
    rows: select(true, false, false),
    columns: select(false, true, false),
    inner: select(true, true, true),
    first: select(true, false, true),
    second: select(false, true, true),
  };
}

/**
 * Σ x over `summed` where x is a product that should not be formed, with the summed axes kept at length 1;
 * `undefined` where multiplying and summing is best.
 */
export function contraction(x: Tensor, summed: readonly number[]): Tensor | undefined {
  if (x.op !== mulPrimitive || !isFloat(x.dtype)) return undefined;
  if (sameShape(x.inputs[0]!.shape, x.inputs[1]!.shape)) return undefined;
  const rank = x.shape.length;
  const [a, b] = x.inputs.map((operand) => reshape(operand, alignedShape(operand.shape, rank))) as [
    Tensor,
    Tensor,
  ];
  const axes = classify(a, b, summed);
  const separable = axes.first.length + axes.second.length > 0;
  const left = reduceSum(a, { axes: axes.first, keepDims: true });
  const right = reduceSum(b, { axes: axes.second, keepDims: true });
  if (axes.inner.length === 0) return separable ? mul(left, right) : undefined;
  const { rows, columns, batch } = axes;
  const both = rows.length > 0 && columns.length > 0;
  const either = rows.length > 0 || columns.length > 0;
  if (both || (either && batch.length === 0)) return product(left, right, axes);
  return separable ? reduceSum(mul(left, right), { axes: axes.inner, keepDims: true }) : undefined;
}

/** The matmul, with operands in whichever order leaves the result's axes in place. */
function product(a: Tensor, b: Tensor, axes: Axes): Tensor {
  const { batch, rows, columns, inner } = axes;
  if (precede(columns, rows)) return product(b, a, { ...axes, rows: columns, columns: rows });
  const transposeA = precede(inner, rows);
  const transposeB = !precede(inner, columns);
  const left = matrices(a, batch, transposeA ? inner : rows, transposeA ? rows : inner);
  const right = matrices(b, batch, transposeB ? columns : inner, transposeB ? inner : columns);
  const found = [...batch, ...rows, ...columns];
  const order = [...found, ...others(a, found)];
  const shape = order.map((axis) => (inner.includes(axis) ? 1 : Math.max(a.shape[axis]!, b.shape[axis]!)));
  const position = a.shape.map((_, axis) => order.indexOf(axis));
  return transpose(reshape(matmul(left, right, { transposeA, transposeB }), shape), position);
}

/** True when every axis of `first` comes before every axis of `second` (and both exist). */
function precede(first: readonly number[], second: readonly number[]): boolean {
  return first.length > 0 && second.length > 0 && Math.max(...first) < Math.min(...second);
}

function others(x: Tensor, axes: readonly number[]): number[] {
  return x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
}

/** x as matrices [...batch, first, second], groups of axes taken together. */
function matrices(
  x: Tensor,
  batch: readonly number[],
  first: readonly number[],
  second: readonly number[],
): Tensor {
  const lengths = (axes: readonly number[]) => axes.map((axis) => x.shape[axis]!);
  const order = [...batch, ...first, ...second];
  return reshape(transpose(x, [...order, ...others(x, order)]), [
    ...lengths(batch),
    sizeOf(lengths(first)),
    sizeOf(lengths(second)),
  ]);
}
