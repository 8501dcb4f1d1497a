/**
 * @file One training step as expressions: gather the batch from the whole data set, scale it, take the loss and its
 * gradient, update. Everything that differs between runs (weights, rates, order of rows) is an input, so one compiled
 * loop serves every run of an architecture.
 */
import type { Dataset } from "../data/index.ts";
import { cast, gather, input, mul, orZeros, reduceMean, reshape, type Tensor, vjp } from "../expr/index.ts";
import { applyModel, type Model, parameterInputs } from "../net/index.ts";
import {
  FathomError,
  type FloatDType,
  type NdArray,
  type Shape,
  showShape,
  sizeOf,
} from "../tensor/index.ts";
import { type LossKind, losses } from "./losses.ts";
import type { Optimizer } from "./optimisers.ts";

/** Names of the inputs that are neither parameters nor optimiser state. */
export const DATA = "data";
export const LABELS = "labels";
export const ROWS = "rows";
export const LEARNING_RATE = "learningRate";
export const LOSS = "loss";

export interface StepGraph {
  /** Parameters, then optimiser state. */
  readonly carry: readonly Tensor[];
  /** What the carry becomes, in the same order. */
  readonly next: readonly Tensor[];
  /** ROWS [batch] int32 and LEARNING_RATE []. */
  readonly perStep: readonly Tensor[];
  /** DATA [N, ...] and LABELS [N]. */
  readonly shared: readonly Tensor[];
  /** The mean loss of the batch before the update, []. */
  readonly loss: Tensor;
  readonly parameterNames: readonly string[];
}

export interface StepDescription {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly loss: LossKind;
  readonly optimizer: Optimizer;
  readonly batch: number;
  readonly dtype: FloatDType;
}

/** Builds the step. @throws FathomError bad-shape when the data do not fit the model. */
export function buildStep({ model, dataset, loss, optimizer, batch, dtype }: StepDescription): StepGraph {
  checkFit(model, dataset);
  const { inputs, labels: classes } = dataset.train;
  const parameters = parameterInputs(model, dtype);
  const state = stateInputs(optimizer.initial(shapesOf(parameters), dtype));
  const data = input(DATA, inputs.shape, inputs.dtype);
  const labels = input(LABELS, classes.shape, "int32");
  const rows = input(ROWS, [batch], "int32");
  const learningRate = input(LEARNING_RATE, [], dtype);

  const x = asModelInput(gather(data, rows, { axis: 0 }), { model, dataset, dtype });
  const outputs = applyModel(model, parameters, x).output;
  const meanLoss = reduceMean(losses[loss](outputs, gather(labels, rows, { axis: 0 })));
  const names = Object.keys(parameters);
  const gradients = vjp(
    [meanLoss],
    names.map((name) => parameters[name]!),
  );
  const next = optimizer.update({
    parameters,
    gradients: Object.fromEntries(names.map((name, i) => [name, orZeros(gradients[i], parameters[name]!)])),
    state,
    learningRate,
  });
  return {
    carry: [...Object.values(parameters), ...Object.values(state)],
    next: [
      ...names.map((name) => next.parameters[name]!),
      ...Object.keys(state).map((name) => next.state[name]!),
    ],
    perStep: [rows, learningRate],
    shared: [data, labels],
    loss: meanLoss,
    parameterNames: names,
  };
}

/**
 * Raw rows as the model's input: cast, scaled (×1/255 for pixels) and in the model's shape.
 * @param raw [B, ...dataset.inputShape]
 * @returns [B, ...model.inputShape]
 */
export function asModelInput(
  raw: Tensor,
  { model, dataset, dtype }: Pick<StepDescription, "model" | "dataset" | "dtype">,
): Tensor {
  const values = cast(raw, dtype);
  const scaled = dataset.scale === 1 ? values : mul(values, dataset.scale);
  return reshape(scaled, [raw.shape[0]!, ...model.inputShape]);
}

/**
 * Checks that a model can be trained on a data set: as many inputs as the data have, and an output for each class.
 * @throws FathomError bad-shape naming both sides.
 */
export function checkFit(model: Model, dataset: Dataset): void {
  if (sizeOf(model.inputShape) !== sizeOf(dataset.inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes inputs of shape ${showShape(model.inputShape)}, the data set "${dataset.name}" has ${showShape(dataset.inputShape)}.`,
      where: "input",
      hint: `Give the network the input shape ${showShape(dataset.inputShape)}.`,
    });
  }
  const outputs = model.outputShape[0]!;
  if (model.outputShape.length !== 1 || outputs < dataset.classes) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network's output has shape ${showShape(model.outputShape)}, the data set "${dataset.name}" has ${dataset.classes} classes.`,
      where: "layers",
      hint: `End the network with a dense layer of width ${dataset.classes}.`,
    });
  }
}

/** Inputs that stand for the optimiser's state, one for each array it starts from. */
function stateInputs(initial: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(initial).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  );
}

export function shapesOf(
  parameters: Readonly<Record<string, { readonly shape: Shape }>>,
): Record<string, Shape> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
}
