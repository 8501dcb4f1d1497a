/** @file Products with the Hessian of a scalar as expressions: forward over reverse mode, exact (training.md §1.4). */
import { jvp, orZeros, type Tensor, vjp } from "../expr/index.ts";

/**
 * H v in the pieces of the parameters.
 * @param scalar The loss, `[]`.
 * @param vectors v, with the shapes of the parameters.
 * @example const [h] = hessianProducts(loss, [w], [v]);
 */
export function hessianProducts(
  scalar: Tensor,
  parameters: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  const gradients = vjp([scalar], parameters).map((g, i) => orZeros(g, parameters[i]!));
  return jvp(gradients, parameters, vectors).map((h, i) => orZeros(h, parameters[i]!));
}
