/** @file Forward mode: tangents travel from operands to results. They are expressions again, so derivatives nest. */
import { dependents, orderSince } from "./graph.ts";
import type { MaybeZero } from "./primitive.ts";
import { add } from "./primitives/binary.ts";
import { isFloat } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";
import { checkedDirection, requireOneEach } from "./vjp.ts";

/**
 * Jacobian-vector products: Σ over xs of ∂y/∂x t, for each y.
 * @param ys Results.
 * @param xs Any nodes, inputs or not; where one x is computed from another, its tangent is added to the one that arrives.
 * @param ts Tangents with the shapes of xs; `undefined` for zero.
 * @returns One tangent for each y with its shape; `undefined` where y does not depend on any x that is a float.
 * @throws FathomError bad-shape or bad-input when a tangent does not fit its x, or there is not one an x.
 * @example const [dy] = jvp([y], [x], [dx]);
 */
export function jvp(ys: readonly Tensor[], xs: readonly Tensor[], ts: readonly MaybeZero[]): MaybeZero[] {
  requireOneEach("jvp", ts, xs);
  const tangents = new Map<Tensor, MaybeZero>();
  xs.forEach((x, i) => {
    const direction = checkedDirection("jvp", ts[i], x);
    const t = isFloat(x.dtype) ? direction : undefined;
    const sum = tangents.get(x);
    tangents.set(x, sum && t ? add(sum, t) : (sum ?? t));
  });
  const order = orderSince(ys, xs);
  const active = dependents(order, [...tangents.keys()]);
  for (const node of order) {
    if (!active.has(node) || node.op.jvp === undefined) continue;
    const incoming = node.inputs.map((operand) => tangents.get(operand));
    if (incoming.every((t) => t === undefined)) continue;
    const given = tangents.get(node);
    const arrived = node.op.jvp(incoming, node);
    tangents.set(node, given && arrived ? add(given, arrived) : (given ?? arrived));
  }
  return ys.map((y) => tangents.get(y));
}
