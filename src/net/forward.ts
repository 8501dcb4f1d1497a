/** @file The forward pass of a network as an expression. */
import { input, mul, type Tensor } from "../expr/index.ts";
import { FathomError, type FloatDType, type Shape, sameShape, showShape } from "../tensor/index.ts";
import type { ApplyContext, Mode } from "./define.ts";
import { isTapped, type Model } from "./model.ts";
import type { ModelLayer } from "./resolve.ts";

type Parameters = Readonly<Record<string, Tensor>>;

/** The network's output, and its preactivations h^1 … h^L as expressions. */
export interface Forward {
  /** `[N, ...outputShape]` */
  readonly output: Tensor;
  /** In order; `tensor` is `[N, ...shape]`, `index` is l from 1. */
  readonly taps: readonly { readonly name: string; readonly index: number; readonly tensor: Tensor }[];
  /** What the buffers become, by name; those of a pass in inference mode stay as they are and are left out. */
  readonly updates: Readonly<Record<string, Tensor>>;
}

/** How a network is run. */
export interface ApplyOptions {
  /** inference unless said. */
  readonly mode?: Mode;
  /**
   * The random numbers of training mode by name, as from {@link noiseInputs}; `off` runs layers that need them as in
   * inference, so that a network with batch statistics can be looked at without dropout.
   */
  readonly noise?: Readonly<Record<string, Tensor>> | "off";
  /** Is told the output of every layer, those inside others too, in the order they are computed. */
  readonly observe?: (layer: ModelLayer, output: Tensor) => void;
}

/** One forward pass: what its layers are given, and what they state. */
interface Pass {
  readonly mode: Mode;
  readonly params: Parameters;
  readonly noise: Readonly<Record<string, Tensor>> | "off";
  readonly updates: Record<string, Tensor>;
  readonly observe: (layer: ModelLayer, output: Tensor) => void;
}

/**
 * One expression input per parameter, named as the parameter.
 * @example parameterInputs(model, "float64")["0.weight"]
 */
export function parameterInputs(model: Model, dtype: FloatDType = "float32"): Record<string, Tensor> {
  return Object.fromEntries(model.parameters.map(({ name, shape }) => [name, input(name, shape, dtype)]));
}

/**
 * One expression input per array of random numbers that training mode needs, `[batch, ...shape]`, named as in the model.
 * @example applyModel(model, parameters, x, { mode: "training", noise: noiseInputs(model, 128) })
 */
export function noiseInputs(
  model: Model,
  batch: number,
  dtype: FloatDType = "float32",
): Record<string, Tensor> {
  return Object.fromEntries(
    model.noise.map(({ name, shape }) => [name, input(name, [batch, ...shape], dtype)]),
  );
}

/** The given tensor of a name. @throws FathomError naming it where it is missing or of another shape. */
function take(name: string, shape: Shape, given: Parameters, origin: string): Tensor {
  const tensor = Object.hasOwn(given, name) ? given[name] : undefined;
  if (tensor !== undefined && sameShape(tensor.shape, shape)) return tensor;
  const problem = tensor === undefined ? "is missing" : `has shape ${showShape(tensor.shape)}`;
  throw new FathomError({
    code: tensor === undefined ? "bad-input" : "bad-shape",
    message: `${name} ${problem}; it must be ${showShape(shape)}.`,
    where: name,
    hint: `Take it from ${origin}.`,
  });
}

function parametersOf({ parameters }: ModelLayer, given: Parameters): Record<string, Tensor> {
  const entries = Object.entries(parameters).map(([local, { name, shape, scale }]) => {
    const tensor = take(name, shape, given, "parameterInputs(model)");
    return [local, scale === 1 ? tensor : mul(tensor, scale)] as const;
  });
  return Object.fromEntries(entries);
}

function contextOf(layer: ModelLayer, batch: number, { mode, noise, updates }: Pass): ApplyContext {
  const given = mode === "training" && noise !== "off" ? noise : undefined;
  const shapes = given === undefined ? {} : (layer.record.noise?.(layer.spec, layer.input) ?? {});
  const own = Object.entries(shapes).map(([local, shape]) => {
    const name = `${layer.path}.${local}`;
    return [local, take(name, [batch, ...shape], given!, "noiseInputs(model, batch)")] as const;
  });
  return {
    mode,
    self: layer.name,
    where: layer.where,
    input: layer.input,
    output: layer.output,
    noise: Object.fromEntries(own),
    update(local, value) {
      const { name, shape, role } = layer.parameters[local]!;
      if (role !== "buffer" || !sameShape(value.shape, shape)) {
        throw new TypeError(`${layer.name} updates ${name} with ${showShape(value.shape)}`);
      }
      updates[name] = value;
    },
  };
}

function applyLayer(layer: ModelLayer, x: Tensor, pass: Pass): Tensor {
  const chains = Object.entries(layer.chains).map(([key, inner]) => [
    key,
    (start: Tensor) => inner.reduce((value, next) => applyLayer(next, value, pass), start),
  ]);
  const parameters = parametersOf(layer, pass.params);
  const context = contextOf(layer, x.shape[0]!, pass);
  const output = layer.record.apply(layer.spec, parameters, x, Object.fromEntries(chains), context);
  pass.observe(layer, output);
  return output;
}

/**
 * The forward pass over a batch.
 * @param params - by name, as from {@link parameterInputs}.
 * @param x - `[N, ...inputShape]`, of the parameters' dtype; int32 for token ids.
 * @throws FathomError bad-shape for an input, parameter or noise of another shape, bad-input for a missing one.
 * @example const { output, taps } = applyModel(model, parameterInputs(model), input("x", [128, 784]));
 */
export function applyModel(
  model: Model,
  params: Parameters,
  x: Tensor,
  { mode = "inference", noise = {}, observe = () => {} }: ApplyOptions = {},
): Forward {
  if (!sameShape(x.shape.slice(1), model.inputShape) || x.shape.length === 0) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes [N, ${model.inputShape.join(", ")}], but the batch is ${showShape(x.shape)}.`,
      where: "input",
      hint: "Feed examples of the network's input shape, with the batch axis first.",
    });
  }
  const pass: Pass = { mode, params, noise, updates: {}, observe };
  const taps: { name: string; index: number; tensor: Tensor }[] = [];
  let value = x;
  for (const layer of model.layers) {
    value = applyLayer(layer, value, pass);
    if (isTapped(layer)) taps.push({ name: layer.name, index: taps.length + 1, tensor: value });
  }
  return { output: value, taps, updates: pass.updates };
}
