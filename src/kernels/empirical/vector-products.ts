/**
 * @file A tile of the empirical kernel by products with unit vectors, Θ(x, x') v = JVP_x(VJP_x'(v)), one for every output of
 * every item of the second side (kernels.md §10, method 2): no Jacobian is ever held, and the cost does not grow with the
 * square of the number of outputs.
 */
import { cast, jvp, orZeros, type Tensor, vjp, vmap } from "../../expr/index.ts";
import type { Side } from "./features.ts";

/**
 * `[B, q, A, C]` float64: the outputs of the A items of the first side as the weights move along the gradient of each of the
 * q cotangents at each of the B items of the second.
 */
export function productTile(
  sides: readonly [Side, Side],
  items: readonly [number, number],
  cotangents: number,
): Tensor | undefined {
  const [left, right] = sides;
  const weights = left.weights.map(({ tensor }) => tensor);
  if (weights.length === 0) return undefined;
  const [outputs] = vmap([left.output], { over: [left.x], size: items[0] });
  const directions = vjp([right.output], weights, [right.cotangent]);
  const [moved] = jvp([outputs!], weights, directions);
  const many = vmap([orZeros(moved, outputs!)], { over: [right.cotangent], size: cotangents });
  const [tile] = vmap(many, { over: [right.x], size: items[1] });
  return cast(tile!, "float64");
}
