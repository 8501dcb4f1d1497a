/** @file The plain interpreter: every node by its own `evaluate`. It is the oracle of the tests and runs tiny graphs. */
import { FathomError, type NdArray, sameShape, showShape } from "../tensor/index.ts";
import { topologicalOrder } from "./graph.ts";
import { inputName, inputPrimitive } from "./primitives/leaf.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The values of some expressions.
 * @param feeds A value for every input, by name.
 * @throws FathomError bad-input for a missing feed or a wrong dtype, bad-shape for a wrong shape; both name the input.
 * @example const [y] = evaluate([add(x, 1)], { x: ndarray("float32", [2], [1, 2]) });
 */
export function evaluate(
  outputs: readonly Tensor[],
  feeds: Readonly<Record<string, NdArray>> = {},
): NdArray[] {
  const order = topologicalOrder(outputs);
  const uses = new Map<Tensor, number>();
  for (const node of [...order.flatMap((consumer) => consumer.inputs), ...outputs]) {
    uses.set(node, (uses.get(node) ?? 0) + 1);
  }
  const values = new Map<Tensor, NdArray>();
  for (const node of order) {
    const operands = node.inputs.map((operand) => values.get(operand)!);
    values.set(node, node.op === inputPrimitive ? fed(node, feeds) : node.op.evaluate(operands, node));
    for (const operand of node.inputs) release(operand, uses, values);
  }
  return outputs.map((output) => values.get(output)!);
}

/** Drops a value after its last use. */
function release(node: Tensor, uses: Map<Tensor, number>, values: Map<Tensor, NdArray>): void {
  const left = uses.get(node)! - 1;
  uses.set(node, left);
  if (left === 0) values.delete(node);
}

function fed(node: Tensor, feeds: Readonly<Record<string, NdArray>>): NdArray {
  const name = inputName(node);
  const value = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
  if (value === undefined) {
    throw new FathomError({
      code: "bad-input",
      message: `No value was fed for the input "${name}".`,
      where: name,
      hint: `Feed ${node.dtype} ${showShape(node.shape)} under this name.`,
    });
  }
  if (value.dtype !== node.dtype) {
    throw new FathomError({
      code: "bad-input",
      message: `The input "${name}" is ${node.dtype}, but ${value.dtype} was fed.`,
      where: name,
      hint: `Feed ${node.dtype}, or cast the input in the graph.`,
    });
  }
  if (!sameShape(value.shape, node.shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The input "${name}" has the shape ${showShape(node.shape)}, but ${showShape(value.shape)} was fed.`,
      where: name,
      hint: "Shapes are static: feed this shape, or build the graph for another.",
    });
  }
  return value;
}
