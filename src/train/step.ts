/**
 * @file One training step as expressions: gather the batch from the whole data set, scale it, take the loss and its
 * gradient, update. Everything that differs between runs (weights, rates, order of rows) is an input, so one compiled
 * loop serves every run of an architecture.
 */
import type { Dataset } from "../data/index.ts";
import { cast, gather, input, mul, orZeros, reduceMean, reshape, type Tensor, vjp } from "../expr/index.ts";
import {
  applyModel,
  type Model,
  noiseInputs,
  type ParameterSpec,
  parameterInputs,
  takesIds,
  trainableParameters,
} from "../net/index.ts";
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
import { parseRates } from "./options.ts";

/** Names of the inputs that are neither parameters nor optimiser state. */
export const DATA = "data";
export const LABELS = "labels";
export const ROWS = "rows";
export const LEARNING_RATE = "learningRate";
export const LOSS = "loss";

export interface StepGraph {
  /** Trained parameters, buffers, then optimiser state. */
  readonly carry: readonly Tensor[];
  /** What the carry becomes, in the same order. */
  readonly next: readonly Tensor[];
  /** ROWS [batch] int32, LEARNING_RATE [] and the noise of training mode, [batch, ...shape] each. */
  readonly perStep: readonly Tensor[];
  /** DATA [N, ...], LABELS [N] and the frozen parameters. */
  readonly shared: readonly Tensor[];
  /** The mean loss of the batch before the update, []. */
  readonly loss: Tensor;
  /** All arrays of the model by name: trained parameters, frozen ones and buffers. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Names of the trained parameters. */
  readonly trained: readonly string[];
  /** Names of the parameters that no step changes. */
  readonly frozen: readonly string[];
}

export interface StepDescription {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly loss: LossKind;
  readonly optimizer: Optimizer;
  /** Factors on the learning rate by name of a trained parameter; 1 where left out. */
  readonly rates?: Readonly<Record<string, number>> | undefined;
  readonly batch: number;
  readonly dtype: FloatDType;
}

/**
 * Builds the step.
 * @throws FathomError bad-shape when the data do not fit the model, bad-input when the model has nothing to train.
 */
export function buildStep(description: StepDescription): StepGraph {
  const { model, dataset, loss, optimizer, rates, batch, dtype } = description;
  checkFit(model, dataset);
  const { inputs, labels: classes } = dataset.train;
  const weights = parameterInputs(model, dtype);
  const { trained, buffers, frozen } = namesByRole(model);
  if (rates !== undefined) parseRates(rates, trained);
  const parameters = only(trained, weights);
  const state = stateInputs(optimizer.initial(shapesOf(parameters), dtype));
  const noise = noiseInputs(model, batch, dtype);
  const data = input(DATA, inputs.shape, inputs.dtype);
  const labels = input(LABELS, classes.shape, "int32");
  const rows = input(ROWS, [batch], "int32");
  const learningRate = input(LEARNING_RATE, [], dtype);

  const x = asModelInput(gather(data, rows, { axis: 0 }), { model, dataset, dtype });
  const { output, updates } = applyModel(model, weights, x, { mode: "training", noise });
  const meanLoss = reduceMean(losses[loss](output, gather(labels, rows, { axis: 0 })));
  const gradients = gradientsOf(meanLoss, parameters);
  const next = optimizer.update({ parameters, gradients, state, learningRate, rates });
  return {
    carry: [...Object.values({ ...parameters, ...only(buffers, weights), ...state })],
    next: [
      ...trained.map((name) => next.parameters[name]!),
      ...buffers.map((name) => updates[name] ?? weights[name]!),
      ...Object.keys(state).map((name) => next.state[name]!),
    ],
    perStep: [rows, learningRate, ...Object.values(noise)],
    shared: [data, labels, ...Object.values(only(frozen, weights))],
    loss: meanLoss,
    weights,
    trained,
    frozen,
  };
}

function gradientsOf(loss: Tensor, parameters: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const tensors = Object.values(parameters);
  const gradients = vjp([loss], tensors).map((gradient, i) => orZeros(gradient, tensors[i]!));
  return Object.fromEntries(Object.keys(parameters).map((name, i) => [name, gradients[i]!]));
}

/** The names of a model's arrays by what a step does with them. */
function namesByRole(model: Model): Record<"trained" | "buffers" | "frozen", string[]> {
  const names = (specs: readonly ParameterSpec[]) => specs.map(({ name }) => name);
  const trained = names(trainableParameters(model));
  if (trained.length === 0) {
    throw new FathomError({
      code: "bad-input",
      message: "The network has no trainable parameters, so there is nothing to train.",
      where: "layers",
      hint: 'Add a layer with parameters, or take "trainable": false off one of them.',
    });
  }
  return {
    trained,
    buffers: names(model.parameters.filter(({ role }) => role === "buffer")),
    frozen: names(model.parameters.filter(({ role, trainable }) => role === "parameter" && !trainable)),
  };
}

function only<T>(names: readonly string[], values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

/**
 * Raw rows as the model's input: cast, scaled (×1/255 for pixels) and in the model's shape; token ids stay whole numbers.
 * @param raw [B, ...dataset.inputShape]
 * @returns [B, ...model.inputShape]
 */
export function asModelInput(
  raw: Tensor,
  { model, dataset, dtype }: Pick<StepDescription, "model" | "dataset" | "dtype">,
): Tensor {
  if (takesIds(model)) {
    return reshape(cast(raw, "int32"), [raw.shape[0]!, ...model.inputShape]);
  }
  const values = cast(raw, dtype);
  const scaled = dataset.scale === 1 ? values : mul(values, dataset.scale);
  return reshape(scaled, [raw.shape[0]!, ...model.inputShape]);
}

/**
 * Checks that a model can be trained on a data set: as many inputs as the data have, and an output for each class.
 * @throws FathomError bad-shape naming both sides; bad-input for a vocabulary smaller than that of the data.
 */
export function checkFit(model: Model, dataset: Dataset): void {
  checkIds(model, dataset);
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

/** Token ids need a network that takes them, with a row in its table for each of them. */
function checkIds(model: Model, { name, kind, vocabulary }: Dataset): void {
  if ((kind === "ids") !== takesIds(model)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes an input of kind ${model.net.input?.kind}, the data set "${name}" is of kind ${kind}.`,
      where: "input",
      hint: "Token ids go into an embedding layer, and nothing else does.",
    });
  }
  const [first] = model.net.layers;
  if (vocabulary === undefined || first?.kind !== "embedding" || first.vocabulary >= vocabulary.size) return;
  throw new FathomError({
    code: "bad-input",
    message: `The network knows ${first.vocabulary} token ids, the data set "${name}" has ${vocabulary.size}.`,
    where: "layers[0].vocabulary",
    hint: `Set the vocabulary to ${vocabulary.size}, or read the data with a smaller one.`,
  });
}

/** Inputs that stand for the optimiser's state, one for each array it starts from. */
function stateInputs(initial: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(initial).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  );
}

/** The shapes of some arrays, under their names. */
export function shapesOf(
  parameters: Readonly<Record<string, { readonly shape: Shape }>>,
): Record<string, Shape> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
}
