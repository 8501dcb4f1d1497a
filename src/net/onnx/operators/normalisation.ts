/** @file Softmax and normalisations of ONNX within an example. */
import {
  abs,
  add,
  div,
  layerNorm,
  logSoftmax,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  softmax,
  sqrt,
  square,
  sub,
  type Tensor,
} from "../../../expr/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";
import { scaledByChannel } from "./batch-normalisation.ts";
import type { Operator, OperatorTable } from "./operator.ts";

type AlongAxis = (x: Tensor, options: { readonly axis: number }) => Tensor;

/** Along one axis; before operator set 13 over all axes from `axis` on. */
function softmaxLike(f: AlongAxis): Operator {
  return (node) => {
    const x = node.tensor(0);
    const rank = x.shape.length;
    if (node.opset >= 13) return f(x, { axis: node.axis(node.int("axis", -1), rank) });
    const axis = node.axis(node.int("axis", 1), rank);
    return reshape(f(flatFrom(x, axis), { axis: -1 }), x.shape);
  };
}

/** The axes from `axis` on as one: [..before, product]. */
function flatFrom(x: Tensor, axis: number): Tensor {
  return reshape(x, [...x.shape.slice(0, axis), sizeOf(x.shape.slice(axis))]);
}

/** Mean 0 and variance 1 over the axes from `axis` on, then scale and bias of the shape of these axes. */
function layerNormalization(node: OnnxNode): readonly Tensor[] {
  const x = node.tensor(0);
  const axis = node.axis(node.int("axis", -1), x.shape.length);
  const epsilon = node.float("epsilon", 1e-5);
  const normal = reshape(layerNorm(flatFrom(x, axis), { epsilon }), x.shape);
  const scaled = mul(normal, node.tensor(1));
  const y = node.has(2) ? add(scaled, node.tensor(2)) : scaled;
  if (!node.wants(1) && !node.wants(2)) return [y];
  const over = { axes: x.shape.flatMap((_, i) => (i < axis ? [] : [i])), keepDims: true };
  const mean = reduceMean(x, over);
  const variance = reduceMean(square(sub(x, mean)), over);
  return [y, mean, div(1, sqrt(add(variance, epsilon)))];
}

function instanceNormalization(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const lines = flatFrom(x, 2);
  const normal = reshape(layerNorm(lines, { epsilon: node.float("epsilon", 1e-5) }), x.shape);
  return scaledByChannel(normal, node.tensor(1), node.tensor(2));
}

/** Scale and bias are by group in operator sets before 21, by channel since. */
function groupNormalization(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const [n, channels] = x.shape as [number, number];
  const groups = node.int("num_groups", 1);
  if (!(groups >= 1 && channels % groups === 0)) {
    throw node.error(`${channels} channels do not make ${groups} groups.`);
  }
  const lines = reshape(x, [n, groups, -1]);
  const normal = layerNorm(lines, { epsilon: node.float("epsilon", 1e-5) });
  if (node.opset >= 21) return scaledByChannel(reshape(normal, x.shape), node.tensor(1), node.tensor(2));
  return reshape(scaledByChannel(normal, node.tensor(1), node.tensor(2)), x.shape);
}

function rmsNormalization(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(node.int("axis", -1), x.shape.length);
  const over = { axes: x.shape.flatMap((_, i) => (i < axis ? [] : [i])), keepDims: true };
  const root = sqrt(add(reduceMean(square(x), over), node.float("epsilon", 1e-5)));
  return mul(div(x, root), node.tensor(1));
}

function lpNormalization(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const over = { axes: [node.axis(node.int("axis", -1), x.shape.length)], keepDims: true };
  if (node.int("p", 2) === 1) return div(x, reduceSum(abs(x), over));
  return div(x, sqrt(reduceSum(square(x), over)));
}

export const normalisationOperators: OperatorTable = {
  Softmax: softmaxLike(softmax),
  LogSoftmax: softmaxLike(logSoftmax),
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  LpNormalization: lpNormalization,
};
