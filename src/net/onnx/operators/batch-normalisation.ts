/**
 * @file BatchNormalization of ONNX: by running statistics in inference mode, by those of the batch in training mode, where
 * the examples of a batch act on each other (criticality.md §4.8).
 */
import { add, div, mul, reduceMean, reshape, sqrt, square, sub, type Tensor } from "../../../expr/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import type { OperatorTable } from "./operator.ts";

/** Operator sets before 14 have no mode of their own: who asks for new statistics trains. */
function isTraining(node: OnnxNode): boolean {
  return node.int("training_mode", 0) !== 0 || (node.opset < 14 && node.wants(1));
}

/** A vector by channel, [C], as it broadcasts against [N, C, ...]. */
function byChannel(x: Tensor, vector: Tensor): Tensor {
  return reshape(vector, [...vector.shape, ...x.shape.slice(2).map(() => 1)]);
}

/** x · scale + bias, both `[C]`, on x `[N, C, ...]`. */
export function scaledByChannel(x: Tensor, scale: Tensor, bias: Tensor): Tensor {
  return add(mul(x, byChannel(x, scale)), byChannel(x, bias));
}

interface Statistics {
  /** `[C]` */
  readonly mean: Tensor;
  /** `[C]`, divided by the number of values. */
  readonly variance: Tensor;
}

function normalised(node: OnnxNode, { mean, variance }: Statistics): Tensor {
  const [x, scale, bias] = [node.tensor(0), node.tensor(1), node.tensor(2)];
  const factor = div(scale, sqrt(add(variance, node.float("epsilon", 1e-5))));
  return scaledByChannel(sub(x, byChannel(x, mean)), factor, bias);
}

/** Over examples and places. */
function batchStatistics(x: Tensor): Statistics {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const mean = reduceMean(x, { axes });
  return { mean, variance: reduceMean(square(sub(x, byChannel(x, mean))), { axes }) };
}

/** @throws FathomError unsupported where a channel has one number, which has no variance. */
function checkCount(node: OnnxNode): void {
  const { shape } = node.tensor(0);
  if (sizeOf(shape) > shape[1]!) return;
  throw node.unsupported(
    `in training mode it has one number a channel in a batch of ${shape[0]}, which has no variance.`,
    "Give a batch of 2 or more.",
  );
}

/** The result, the running statistics after this batch, and (operator sets before 14) those of the batch. */
function inTraining(node: OnnxNode): readonly Tensor[] {
  checkCount(node);
  const batch = batchStatistics(node.tensor(0));
  const momentum = node.float("momentum", 0.9);
  const moved = (operand: number, now: Tensor) =>
    add(mul(node.tensor(operand), momentum), mul(now, 1 - momentum));
  const statistics = node.wants(1) || node.wants(2) ? [moved(3, batch.mean), moved(4, batch.variance)] : [];
  const all = [normalised(node, batch), ...statistics, batch.mean, batch.variance];
  return all.slice(0, node.outputs);
}

function batchNormalization(node: OnnxNode): readonly Tensor[] {
  // Operator sets 7 and 8 may normalise every unit by statistics of its own.
  if (node.int("spatial", 1) === 0) throw node.unsupported("its statistics are not by channel.");
  const rank = node.shape(0).length;
  if (rank < 2) throw node.error(`its operand of rank ${rank} has no channels.`);
  if (isTraining(node)) return inTraining(node);
  node.remark("inferenceBatchNorm");
  return [normalised(node, { mean: node.tensor(3), variance: node.tensor(4) })];
}

export const batchNormalisationOperators: OperatorTable = { BatchNormalization: batchNormalization };
