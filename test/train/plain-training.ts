/**
 * @file An independent implementation of training, to test against: softmax regression (one dense layer) in plain
 * float64 loops, its gradient written out by hand, with SGD and Adam as PyTorch's documentation states them.
 */
import type { Dataset } from "../../src/data/index.ts";
import type { Key } from "../../src/tensor/index.ts";
import { BatchOrder } from "../../src/train/index.ts";

/** Weights [classes][features] and biases [classes]. */
export interface Plain {
  weight: number[][];
  bias: number[];
}

export interface Example {
  readonly x: readonly number[];
  readonly label: number;
}

/** Mean cross-entropy of a batch and its gradient: d/dz = softmax(z) - onehot. */
export function crossEntropy(
  { weight, bias }: Plain,
  batch: readonly Example[],
): { loss: number; gradient: Plain } {
  const gradient: Plain = { weight: weight.map((row) => row.map(() => 0)), bias: bias.map(() => 0) };
  let loss = 0;
  for (const { x, label } of batch) {
    const z = weight.map((row, c) => row.reduce((sum, w, i) => sum + w * x[i]!, bias[c]!));
    const top = Math.max(...z);
    const total = z.reduce((sum, value) => sum + Math.exp(value - top), 0);
    loss += (Math.log(total) + top - z[label]!) / batch.length;
    z.forEach((value, c) => {
      const delta = (Math.exp(value - top) / total - (c === label ? 1 : 0)) / batch.length;
      gradient.bias[c]! += delta;
      x.forEach((value, i) => {
        gradient.weight[c]![i]! += delta * value;
      });
    });
  }
  return { loss, gradient };
}

/** Mean over entries of (z - onehot)² and its gradient 2(z - onehot)/(B·C). */
export function meanSquares(
  { weight, bias }: Plain,
  batch: readonly Example[],
): { loss: number; gradient: Plain } {
  const gradient: Plain = { weight: weight.map((row) => row.map(() => 0)), bias: bias.map(() => 0) };
  const entries = batch.length * bias.length;
  let loss = 0;
  for (const { x, label } of batch) {
    weight.forEach((row, c) => {
      const residual = row.reduce((sum, w, i) => sum + w * x[i]!, bias[c]!) - (c === label ? 1 : 0);
      loss += residual ** 2 / entries;
      gradient.bias[c]! += (2 * residual) / entries;
      x.forEach((value, i) => {
        gradient.weight[c]![i]! += (2 * residual * value) / entries;
      });
    });
  }
  return { loss, gradient };
}

const flat = ({ weight, bias }: Plain) => [...weight.flat(), ...bias];

function unflat(values: readonly number[], { weight, bias }: Plain): Plain {
  const columns = weight[0]!.length;
  return {
    weight: weight.map((_, r) => values.slice(r * columns, (r + 1) * columns)),
    bias: values.slice(-bias.length),
  };
}

export type Update = (weights: number[], gradient: number[]) => number[];

/** torch.optim.SGD: buf = momentum·buf + (g + decay·w), w -= lr·buf. */
export function plainSgd(lr: number, momentum: number, decay: number): Update {
  let velocity: number[] | undefined;
  return (weights, gradient) => {
    const g = gradient.map((value, i) => value + decay * weights[i]!);
    velocity = velocity === undefined ? g : velocity.map((v, i) => momentum * v + g[i]!);
    return weights.map((w, i) => w - lr * velocity![i]!);
  };
}

/** torch.optim.Adam: w -= lr·(m/(1-β1^t)) / (√(s/(1-β2^t)) + ε). */
export function plainAdam(lr: number, beta1: number, beta2: number, epsilon: number): Update {
  let m: number[] = [];
  let s: number[] = [];
  let t = 0;
  return (weights, gradient) => {
    t += 1;
    m = gradient.map((g, i) => beta1 * (m[i] ?? 0) + (1 - beta1) * g);
    s = gradient.map((g, i) => beta2 * (s[i] ?? 0) + (1 - beta2) * g * g);
    return weights.map(
      (w, i) => w - (lr * (m[i]! / (1 - beta1 ** t))) / (Math.sqrt(s[i]! / (1 - beta2 ** t)) + epsilon),
    );
  };
}

/** Trains over the given batches; returns weights and the loss before each update. */
export function plainTraining(
  start: Plain,
  batches: readonly (readonly Example[])[],
  lossOf: typeof crossEntropy,
  update: Update,
): { weights: number[]; losses: number[] } {
  let weights = flat(start);
  const losses = batches.map((batch) => {
    const { loss, gradient } = lossOf(unflat(weights, start), batch);
    weights = update(weights, flat(gradient));
    return loss;
  });
  return { weights, losses };
}

/** The batches that a run of this key visits, as plain examples of vectors. */
export function plainBatches(
  { train: { inputs, labels }, inputShape }: Dataset,
  { key, batch, steps }: { readonly key: Key; readonly batch: number; readonly steps: number },
): Example[][] {
  const [features] = inputShape as [number];
  const all = Int32Array.from(labels.data, (_, i) => i);
  const rows = [...new BatchOrder(key.split("order"), all, batch).indices(0, steps).data].map((row) => ({
    x: [...inputs.data.subarray(features * row, features * (row + 1))] as number[],
    label: labels.data[row]!,
  }));
  return Array.from({ length: steps }, (_, step) => rows.slice(step * batch, (step + 1) * batch));
}
