/** @file Walking the part of a graph between given tensors and outputs. */
import type { Tensor } from "../expr/index.ts";

/** The nodes that `outputs` need, cut at the tensors that are given. */
export function neededNodes(outputs: readonly Tensor[], given: ReadonlySet<Tensor>): Tensor[] {
  const seen = new Set<Tensor>(outputs);
  for (const node of seen) {
    if (!given.has(node)) for (const operand of node.inputs) seen.add(operand);
  }
  return [...seen].filter((node) => !given.has(node)).sort((a, b) => a.id - b.id);
}
