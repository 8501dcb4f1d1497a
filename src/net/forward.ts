/** @file The forward pass of a network as an expression. */
import { input, mul, type Tensor } from "../expr/index.ts";
import { FathomError, type FloatDType, sameShape, showShape } from "../tensor/index.ts";
import { isTapped, type Model } from "./model.ts";
import type { ModelLayer, ParameterSpec } from "./resolve.ts";

type Parameters = Readonly<Record<string, Tensor>>;

/** The network's output, and its preactivations h^1 … h^L as expressions. */
export interface Forward {
  /** `[N, ...outputShape]` */
  readonly output: Tensor;
  /** In order; `tensor` is `[N, ...shape]`, `index` is l from 1. */
  readonly taps: readonly { readonly name: string; readonly index: number; readonly tensor: Tensor }[];
}

/**
 * One expression input per parameter, named as the parameter.
 * @example parameterInputs(model, "float64")["0.weight"]
 */
export function parameterInputs(model: Model, dtype: FloatDType = "float32"): Record<string, Tensor> {
  return Object.fromEntries(model.parameters.map(({ name, shape }) => [name, input(name, shape, dtype)]));
}

function parameter({ name, shape, scale }: ParameterSpec, given: Parameters): Tensor {
  const tensor = Object.hasOwn(given, name) ? given[name] : undefined;
  if (tensor === undefined || !sameShape(tensor.shape, shape)) {
    const problem = tensor === undefined ? "is missing" : `has shape ${showShape(tensor.shape)}`;
    throw new FathomError({
      code: tensor === undefined ? "bad-input" : "bad-shape",
      message: `The parameter ${name} ${problem}; it must be ${showShape(shape)}.`,
      where: name,
      hint: "Take the parameters from parameterInputs(model).",
    });
  }
  return scale === 1 ? tensor : mul(tensor, scale);
}

function applyLayer(layer: ModelLayer, given: Parameters, x: Tensor): Tensor {
  const own = Object.entries(layer.parameters).map(([local, spec]) => [local, parameter(spec, given)]);
  const chains = Object.entries(layer.chains).map(([option, inner]) => [
    option,
    (start: Tensor) => inner.reduce((value, next) => applyLayer(next, given, value), start),
  ]);
  return layer.record.apply(layer.spec, Object.fromEntries(own), x, Object.fromEntries(chains));
}

/**
 * The forward pass over a batch.
 * @param params - by name, as from {@link parameterInputs}.
 * @param x - `[N, ...inputShape]`, of the parameters' dtype.
 * @throws FathomError bad-shape for an input or parameter of another shape, bad-input for a missing parameter.
 * @example const { output, taps } = applyModel(model, parameterInputs(model), input("x", [128, 784]));
 */
export function applyModel(model: Model, params: Parameters, x: Tensor): Forward {
  if (!sameShape(x.shape.slice(1), model.inputShape) || x.shape.length === 0) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes [N, ${model.inputShape.join(", ")}], but the batch is ${showShape(x.shape)}.`,
      where: "input",
      hint: "Feed examples of the network's input shape, with the batch axis first.",
    });
  }
  const taps: { name: string; index: number; tensor: Tensor }[] = [];
  let value = x;
  for (const layer of model.layers) {
    value = applyLayer(layer, params, value);
    if (isTapped(layer)) taps.push({ name: layer.name, index: taps.length + 1, tensor: value });
  }
  return { output: value, taps };
}
