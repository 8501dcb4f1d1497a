/** @file Finite networks of the tests of empirical kernels, small, and each with something of its own. */
import { buildModel, initialise, type Model, parseNet } from "../../src/net/index.ts";
import { type FloatDType, Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";

const tanh = { kind: "activation", activation: "tanh" };
const relu = { kind: "activation", activation: "relu" };
const dense = (width: number, rest = {}) => ({ kind: "dense", width, sb2: 0.1, ...rest });
const conv = (channels: number, rest = {}) => ({
  kind: "conv",
  channels,
  kernel: 3,
  padding: "same",
  sb2: 0.1,
  ...rest,
});
const vector = { kind: "vector", shape: [5] };
const image = { kind: "image", shape: [2, 4, 4] };
const tokens = { kind: "tokens", shape: [3, 4] };

const networks = {
  mlp: { input: vector, layers: [dense(7), tanh, dense(6), relu, dense(3)] },
  "CNN, pooled": {
    input: image,
    layers: [conv(4), relu, conv(3, { stride: 2 }), tanh, { kind: "globalAvgPool" }, dense(3)],
  },
  "CNN, flattened": { input: image, layers: [conv(4, { groups: 2 }), tanh, { kind: "flatten" }, dense(3)] },
  "circular CNN": {
    input: image,
    layers: [conv(3, { padding: "circular", dilation: 1 }), tanh, { kind: "flatten" }, dense(2)],
  },
  residual: {
    input: vector,
    layers: [dense(6), { kind: "residual", branch: [tanh, dense(6)] }, tanh, dense(3)],
  },
  "layer norm": { input: vector, layers: [dense(6), { kind: "layerNorm" }, tanh, dense(3)] },
  attention: {
    input: tokens,
    layers: [{ kind: "selfAttention", heads: 2, width: 4 }, tanh, { kind: "globalAvgPool" }, dense(3)],
  },
  "shared and frozen": {
    input: vector,
    layers: [
      dense(5),
      tanh,
      dense(5, { parameters: { weight: { shareWith: "0.weight" } } }),
      tanh,
      dense(3, { parameters: { weight: { trainable: false } } }),
    ],
  },
  "outputs at positions": { input: tokens, layers: [dense(5), tanh, dense(2)] },
} as const;

/** Names of the networks. */
export const networkNames = Object.keys(networks) as (keyof typeof networks)[];

/** A network, its weights and items. */
export interface FiniteCase {
  readonly model: Model;
  readonly parameters: Record<string, NdArray>;
  readonly x1: NdArray;
  readonly x2: NdArray;
}

/** A network of the list, with random weights, five items and three others. */
export function finiteCase(
  name: keyof typeof networks,
  dtype: FloatDType = "float64",
  parameterisation: "standard" | "ntk" = "standard",
): FiniteCase {
  const model = buildModel(parseNet({ fathom: 1, ...networks[name], parameterisation }));
  const key = Key.fromSeed(5);
  // Drawn in float64, so that both precisions see the same numbers up to rounding.
  const draw = (label: string, count: number) =>
    inPrecision(normal(key.split(label), "float64", [count, ...model.inputShape]), dtype);
  const parameters = initialise(model, key, { dtype: "float64" });
  return {
    model,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([weight, array]) => [weight, inPrecision(array, dtype)]),
    ),
    x1: draw("x1", 5),
    x2: draw("x2", 3),
  };
}

export function inPrecision(array: NdArray, dtype: FloatDType): NdArray {
  return ndarray(dtype, array.shape, array.data as Float64Array);
}

/** Largest difference of two arrays, relative to the largest entry of the second. */
export function distance(a: NdArray, b: NdArray): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < b.data.length; i++) {
    difference = Math.max(difference, Math.abs(Number(a.data[i]) - Number(b.data[i])));
    scale = Math.max(scale, Math.abs(Number(b.data[i])));
  }
  return a.data.length === b.data.length ? difference / scale : Number.POSITIVE_INFINITY;
}
