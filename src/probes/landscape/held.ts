/**
 * @file A linear map of some inputs, cut in two: what does not depend on them is computed once and held, so that each further
 * product costs the tangents alone. For a Hessian that is the forward pass and the cotangents of the gradient.
 */
import { input, substitute, type Tensor, topologicalOrder } from "../../expr/index.ts";
import { bytesOf, sizeOf } from "../../tensor/index.ts";

/** The two halves. */
export interface Cut {
  /** What is held, by the name under which `results` takes it. */
  readonly held: Readonly<Record<string, Tensor>>;
  /** Bytes of all that is held. */
  readonly bytes: number;
  /** The results as expressions of the vectors, of what is held, and of inputs. */
  readonly results: readonly Tensor[];
}

/** Operations that cost nothing but a copy of a smaller operand: repeated rather than held. */
const repeated = new Set(["broadcastTo", "reshape", "stopGradient"]);

/**
 * Cuts an expression where it begins to depend on the vectors.
 * @param results Linear in the vectors or not.
 */
export function cutBefore(results: readonly Tensor[], vectors: readonly Tensor[]): Cut {
  const moving = new Set<Tensor>(vectors);
  const places = new Map<Tensor, Tensor>();
  const hold = (node: Tensor): void => {
    if (moving.has(node) || places.has(node) || isLeaf(node)) return;
    if (repeated.has(node.op.name)) {
      node.inputs.forEach(hold);
      return;
    }
    places.set(node, input(`held ${places.size}`, node.shape, node.dtype));
  };
  for (const node of topologicalOrder(results)) {
    if (!node.inputs.some((operand) => moving.has(operand))) continue;
    moving.add(node);
    node.inputs.forEach(hold);
  }
  for (const result of results) hold(result);
  const held = [...places].map(([node, { attrs }]) => [String(attrs["name"]), node] as const);
  return {
    held: Object.fromEntries(held),
    bytes: held.reduce((sum, [, { shape, dtype }]) => sum + sizeOf(shape) * bytesOf[dtype], 0),
    results: substitute(results, places),
  };
}

function isLeaf(node: Tensor): boolean {
  return node.inputs.length === 0;
}
