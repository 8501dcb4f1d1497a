/** @file ONNX forms written as expressions: an `onnx` rule may say in other primitives what a node computes. */
import { topologicalOrder } from "./graph.ts";
import type { Emitter } from "./primitive.ts";
import { input, inputPrimitive } from "./primitives/leaf.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Emits what `build` makes of a node's operands. Placeholders stand for them, so that simplifications of the expression
 * do not look through to tensors that this model may not have.
 */
export function emitComposed(
  emit: Emitter,
  operands: readonly Tensor[],
  build: (...xs: Tensor[]) => Tensor,
): string {
  const stands = operands.map(({ shape, dtype }, i) => input(`\0operand ${i}`, shape, dtype));
  const values = new Map(stands.map((stand, i) => [stand, emit.value(operands[i]!)]));
  const inner: Emitter = {
    portable: emit.portable,
    channelBlock: emit.channelBlock,
    value: (tensor) => values.get(tensor)!,
    node: (...parts) => emit.node(...parts),
    nodeOutputs: (...parts) => emit.nodeOutputs(...parts),
    constant: (array) => emit.constant(array),
  };
  const result = build(...stands);
  for (const node of topologicalOrder([result])) {
    if (node.op !== inputPrimitive) values.set(node, node.op.onnx!(inner, node));
  }
  return values.get(result)!;
}
