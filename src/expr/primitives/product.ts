/**
 * @file The derivative of a product over axes. ct·y/x fails where a factor is zero, so the derivative is taken of an
 * equal expression: the balanced tree of products of halves, which is exact everywhere and differentiates again.
 */
import { sizeOf } from "../../tensor/index.ts";
import { jvp } from "../jvp.ts";
import type { MaybeZero } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { vjp } from "../vjp.ts";
import { mul } from "./binary.ts";
import { concat } from "./join.ts";
import { reshape, transpose } from "./movement.ts";
import { slice } from "./slice.ts";

function productTree(node: Tensor): Tensor {
  const x = node.inputs[0]!;
  const axes = node.attrs.axes as readonly number[];
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const keptShape = kept.map((axis) => x.shape[axis]!);
  let factors = reshape(transpose(x, [...axes, ...kept]), [
    sizeOf(axes.map((axis) => x.shape[axis]!)),
    ...keptShape,
  ]);
  while (factors.shape[0]! > 1) factors = multiplyHalves(factors);
  return reshape(factors, node.shape);
}

/** [n, …] → [⌈n/2⌉, …]: with an odd n the last factor is carried over. */
function multiplyHalves(factors: Tensor): Tensor {
  const n = factors.shape[0]!;
  const half = Math.floor(n / 2);
  const rows = (start: number, end: number) =>
    slice(factors, {
      starts: [start, ...factors.shape.slice(1).map(() => 0)],
      ends: [end, ...factors.shape.slice(1)],
    });
  const pairs = mul(rows(0, half), rows(half, 2 * half));
  return n % 2 === 0 ? pairs : concat([pairs, rows(n - 1, n)], { axis: 0 });
}

/** The vjp rule of reduceProd. */
export function productVjp(ct: Tensor, node: Tensor): readonly MaybeZero[] {
  return vjp([productTree(node)], [node.inputs[0]!], [ct]);
}

/** The jvp rule of reduceProd. */
export function productJvp(t: Tensor, node: Tensor): MaybeZero {
  return jvp([productTree(node)], [node.inputs[0]!], [t])[0];
}
