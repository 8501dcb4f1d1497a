/** @file Vectorisation: the same expression over a batch, by every primitive's batch rule. */
import { showShape } from "../tensor/index.ts";
import { topologicalOrder } from "./graph.ts";
import { input, inputName, inputPrimitive } from "./primitives/leaf.ts";
import { broadcastTo } from "./primitives/movement.ts";
import { operandError } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

export interface VmapOptions {
  /** Inputs that vary over the batch: each is replaced by an input of the same name and shape [size, ...shape]. */
  readonly over: readonly Tensor[];
  /** The length of the batch. */
  readonly size: number;
}

/**
 * Expressions for one example turned into expressions for a batch of examples.
 * @param outputs Expressions of some inputs with the shapes of one example.
 * @returns For each output a tensor [size, ...shape]; an output that does not vary is repeated.
 * @throws FathomError bad-input when something in `over` is no input.
 * @example
 * const x = input("x", [1, 784]);
 * const perExample = vmap(vjp([loss(x, w)], [w]), { over: [x], size: 128 }); // feeds "x" [128, 1, 784]
 */
export function vmap(outputs: readonly Tensor[], { over, size }: VmapOptions): Tensor[] {
  const batchedInputs = new Map<Tensor, Tensor>();
  for (const x of over) {
    if (x.op !== inputPrimitive) {
      throw operandError(
        "vmap",
        `cannot batch over a ${x.op.name} ${showShape(x.shape)}`,
        "Batch over inputs.",
      );
    }
    batchedInputs.set(x, input(inputName(x), [size, ...x.shape], x.dtype));
  }
  return batch(outputs, batchedInputs, size).map((batched, i) => {
    const output = outputs[i]!;
    return batched ?? broadcastTo(output, [size, ...output.shape]);
  });
}

/**
 * The batched form of each output when `leaves` are replaced by tensors with a leading axis; `undefined` for outputs
 * that do not depend on them.
 */
export function batch(
  outputs: readonly Tensor[],
  leaves: ReadonlyMap<Tensor, Tensor>,
  size: number,
): (Tensor | undefined)[] {
  const batched = new Map<Tensor, Tensor>(leaves);
  for (const node of topologicalOrder(outputs)) {
    if (batched.has(node)) continue;
    const varies = node.inputs.map((operand) => batched.has(operand));
    if (!varies.includes(true)) continue;
    const operands = node.inputs.map((operand) => batched.get(operand) ?? operand);
    batched.set(node, node.op.batch(operands, varies, node, size));
  }
  return outputs.map((output) => batched.get(output));
}
