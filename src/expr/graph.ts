/** @file Walking expression graphs: order, inputs, substitution. All walks are iterative, so depth costs no stack. */
import { sameShape, showShape } from "../tensor/index.ts";
import { operandError, shapeError } from "./shapes.ts";
import { apply, type Tensor } from "./tensor.ts";

/**
 * All nodes that `outputs` need, operands before consumers.
 * @param since Nodes with smaller ids are left out, and with them all that only they need.
 * @example topologicalOrder([add(x, y)]) // [x, y, add]
 */
export function topologicalOrder(outputs: readonly Tensor[], since = 0): Tensor[] {
  const seen = new Set<Tensor>(outputs);
  // A set visits what is added while it is walked, so this is the breadth-first closure.
  for (const node of seen) {
    for (const operand of node.inputs) if (operand.id >= since) seen.add(operand);
  }
  // Operands are made before their consumers, so ascending ids are a topological order.
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * The `input` nodes that `outputs` depend on, in the order in which they were made.
 * @example inputsOf([matmul(x, w)]) // [x, w]
 */
export function inputsOf(outputs: readonly Tensor[]): Tensor[] {
  return topologicalOrder(outputs).filter((node) => node.op.name === "input");
}

/**
 * The nodes of `outputs` that may depend on one of `sources`, operands before consumers. Nothing older than the oldest
 * source depends on it, so the derivative of one layer of a deep chain does not walk the layers before it.
 */
export function orderSince(outputs: readonly Tensor[], sources: readonly Tensor[]): Tensor[] {
  return topologicalOrder(
    outputs,
    sources.reduce((oldest, { id }) => Math.min(oldest, id), Number.POSITIVE_INFINITY),
  );
}

/** The nodes of `order` that depend on one of `sources` (sources included). */
export function dependents(order: readonly Tensor[], sources: readonly Tensor[]): Set<Tensor> {
  const active = new Set<Tensor>(sources);
  for (const node of order) {
    if (node.inputs.some((operand) => active.has(operand))) active.add(node);
  }
  return active;
}

/**
 * The same expressions with some nodes replaced; everything that depends on them is rebuilt.
 * @throws FathomError when a replacement has another shape or dtype.
 * @example const [atZero] = substitute([y], new Map([[x, zeros]]));
 */
export function substitute(outputs: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  for (const [old, replacement] of replacements) {
    if (!sameShape(old.shape, replacement.shape)) {
      throw shapeError(
        "substitute",
        `${showShape(old.shape)} cannot become ${showShape(replacement.shape)}.`,
      );
    }
    if (old.dtype !== replacement.dtype) {
      throw operandError("substitute", `${old.dtype} cannot become ${replacement.dtype}.`);
    }
  }
  const rebuilt = new Map<Tensor, Tensor>(replacements);
  for (const node of topologicalOrder(outputs)) {
    if (rebuilt.has(node) || !node.inputs.some((operand) => rebuilt.has(operand))) continue;
    const operands = node.inputs.map((operand) => rebuilt.get(operand) ?? operand);
    rebuilt.set(node, apply(node.op, operands, node.attrs));
  }
  return outputs.map((output) => rebuilt.get(output) ?? output);
}
