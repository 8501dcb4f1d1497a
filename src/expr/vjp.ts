/** @file Reverse mode: cotangents travel from results to operands. They are expressions again, so derivatives nest. */
import { sameShape, showShape } from "../tensor/index.ts";
import { dependents, orderSince } from "./graph.ts";
import type { MaybeZero } from "./primitive.ts";
import { add } from "./primitives/binary.ts";
import { constant } from "./primitives/leaf.ts";
import { zerosLike } from "./primitives/movement.ts";
import { isFloat, operandError, shapeError } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Vector-Jacobian products: Σ over ys of ctᵀ ∂y/∂x, for each x.
 * The derivative with respect to an inner node is total: a change of it travels on through everything computed from it.
 * @param ys Results (floats).
 * @param xs Any nodes, inputs or not.
 * @param cts Cotangents with the shapes of ys (`undefined` for zero); may be left out when all ys are scalars, for ones.
 * @returns One cotangent for each x with its shape; `undefined` where no y depends on it.
 * @throws FathomError bad-input when cotangents are left out for results that are no scalars, or are not one a result;
 * bad-shape when they do not fit.
 * @example const [gw, gb] = vjp([loss], [w, b]);
 */
export function vjp(
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  cts: readonly MaybeZero[] = ys.map(unit),
): MaybeZero[] {
  requireOneEach("vjp", cts, ys);
  const cotangents = new Map<Tensor, Tensor>();
  const accumulate = (node: Tensor, ct: MaybeZero) => {
    if (ct === undefined || !isFloat(node.dtype)) return;
    const sum = cotangents.get(node);
    cotangents.set(node, sum ? add(sum, ct) : ct);
  };
  ys.forEach((y, i) => {
    accumulate(y, checkedDirection("vjp", cts[i], y));
  });
  const order = orderSince(ys, xs);
  const active = dependents(order, xs);
  for (const node of order.reverse()) {
    const ct = cotangents.get(node);
    if (ct === undefined || node.op.vjp === undefined || !active.has(node)) continue;
    const needed = node.inputs.map((operand) => active.has(operand));
    if (!needed.includes(true)) continue;
    const parts = node.op.vjp(ct, node, needed);
    node.inputs.forEach((operand, i) => {
      if (needed[i]) accumulate(operand, parts[i]);
    });
  }
  return xs.map((x) => cotangents.get(x));
}

function unit(y: Tensor): Tensor {
  if (y.shape.length === 0) return constant(1, y.dtype);
  throw operandError(
    "vjp",
    `a result of shape ${showShape(y.shape)} needs a cotangent; only scalars have one by default.`,
    "Give cotangents, or reduce the result to a scalar.",
  );
}

/** @throws FathomError bad-input unless there is one tangent or cotangent a node. */
export function requireOneEach(op: string, directions: readonly MaybeZero[], nodes: readonly Tensor[]): void {
  if (directions.length === nodes.length) return;
  const message = `${directions.length} directions do not belong to ${nodes.length} tensors.`;
  throw operandError(op, message, "Give one each, undefined for zero.");
}

/** @throws FathomError bad-shape when a tangent or cotangent does not have the shape of its node. */
export function checkedDirection(op: string, direction: MaybeZero, node: Tensor): MaybeZero {
  if (direction === undefined) return undefined;
  if (!sameShape(direction.shape, node.shape)) {
    throw shapeError(
      op,
      `a direction of shape ${showShape(direction.shape)} does not fit ${showShape(node.shape)}.`,
    );
  }
  if (direction.dtype !== node.dtype) {
    throw operandError(op, `a ${direction.dtype} direction does not fit a ${node.dtype} tensor.`);
  }
  return direction;
}

/** A derivative as a tensor: zeros like `like` where it is a symbolic zero. @example orZeros(vjp([y], [x])[0], x) */
export function orZeros(maybe: MaybeZero, like: Tensor): Tensor {
  return maybe ?? zerosLike(like);
}
