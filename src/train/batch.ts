/** @file A batch as expressions, parts of it, and the losses of a network on it. */
import { gather, slice, type Tensor } from "../expr/index.ts";
import { applyModel, type Model } from "../net/index.ts";
import type { Loss } from "./losses.ts";

/** The tensors of a batch; the first axis of each runs over its rows. */
export interface Batch {
  /** [B, ...model.inputShape] */
  readonly x: Tensor;
  /** What the loss compares with. */
  readonly targets: Tensor;
  /** What dropout drew, by name. */
  readonly noise: Readonly<Record<string, Tensor>>;
}

/** What a pass over a batch gives. */
export interface Pass {
  /** Loss of each row, [B]. */
  readonly losses: Tensor;
  /** What the running statistics become. */
  readonly updates: Readonly<Record<string, Tensor>>;
}

/** A pass of a network in training mode: all its arrays by name, and a batch. */
export type Forward = (weights: Readonly<Record<string, Tensor>>, batch: Batch) => Pass;

/** The passes of a model under a loss. */
export function forwardOf(model: Model, loss: Loss): Forward {
  return (weights, { x, targets, noise }) => {
    const { output, updates } = applyModel(model, weights, x, { mode: "training", noise });
    return { losses: loss(output, targets), updates };
  };
}

/** Rows start … end - 1. */
export function partOf(batch: Batch, start: number, end: number): Batch {
  return mapBatch(batch, (tensor) => {
    const [, ...rest] = tensor.shape;
    return slice(tensor, { starts: [start, ...rest.map(() => 0)], ends: [end, ...rest] });
  });
}

/** Rows at some places of the batch, int32. */
export function rowsOf(batch: Batch, places: Tensor): Batch {
  return mapBatch(batch, (tensor) => gather(tensor, places, { axis: 0 }));
}

/** The number of rows. */
export function sizeOfBatch({ x }: Batch): number {
  return x.shape[0]!;
}

function mapBatch({ x, targets, noise }: Batch, change: (tensor: Tensor) => Tensor): Batch {
  return {
    x: change(x),
    targets: change(targets),
    noise: Object.fromEntries(Object.entries(noise).map(([name, tensor]) => [name, change(tensor)])),
  };
}
