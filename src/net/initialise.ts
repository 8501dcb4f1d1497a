/**
 * @file Random parameters. Every parameter draws from a stream of its own, derived from its name, so the values do not
 * depend on order, and networks that share layers share weights.
 */
import {
  allocate,
  type FloatDType,
  haar,
  type Key,
  type NdArray,
  normal,
  reshaped,
  scaled,
  sizeOf,
  uniform,
  zeros,
} from "../tensor/index.ts";
import type { Model } from "./model.ts";
import type { ParameterSpec } from "./parameters.ts";

/**
 * Haar matrix with the mean square entry of the Gaussian one: orthonormal rows or columns times
 * `σ √(columns · max(1, rows/columns))` (criticality.md §11), so that chiJ keeps sw2. Kernels of convolutions count as
 * matrices of one row an output channel.
 */
function haarWeights({ shape, variance }: ParameterSpec, key: Key, dtype: FloatDType): NdArray<FloatDType> {
  const rows = shape[0]!;
  const columns = sizeOf(shape) / rows;
  const factor = Math.sqrt(variance * columns * Math.max(1, rows / columns));
  return reshaped(scaled(haar(key, dtype, rows, columns), factor), shape);
}

/** ±σ: plus in the first half of the first axis that is longer than 1, minus in the second. */
function signs({ shape, variance }: ParameterSpec, dtype: FloatDType): NdArray<FloatDType> {
  const axis = shape.findIndex((size) => size > 1);
  const length = axis < 0 ? 1 : shape[axis]!;
  const stride = axis < 0 ? 1 : sizeOf(shape.slice(axis + 1));
  const data = allocate(dtype, sizeOf(shape));
  const deviation = Math.sqrt(variance);
  for (let i = 0; i < data.length; i++) {
    data[i] = 2 * (Math.floor(i / stride) % length) < length ? deviation : -deviation;
  }
  return { dtype, shape, data };
}

function centred(spec: ParameterSpec, key: Key, dtype: FloatDType): NdArray<FloatDType> {
  const { shape, variance, init } = spec;
  if (variance === 0 || init === "zeros") return zeros(dtype, shape);
  const bound = Math.sqrt(3 * variance);
  switch (init) {
    case "haar":
      return haarWeights(spec, key, dtype);
    case "signs":
      return signs(spec, dtype);
    case "uniform":
      return uniform(key, dtype, shape, { low: -bound, high: bound });
    case "gaussian":
      return normal(key, dtype, shape, { std: Math.sqrt(variance) });
  }
}

function draw(spec: ParameterSpec, key: Key, dtype: FloatDType): NdArray<FloatDType> {
  const array = centred(spec, key, dtype);
  const mean = spec.init === "zeros" ? 0 : spec.mean;
  return mean === 0 ? array : { ...array, data: array.data.map((value) => value + mean) };
}

/**
 * Random parameters by name, from the law that the network states, frozen ones and buffers included. The parameter `p` uses the stream
 * `key.split("init").split(p)`.
 * @example initialise(buildModel(net), Key.fromSeed(0))["0.weight"]
 */
export function initialise(
  model: Model,
  key: Key,
  { dtype = "float32" }: { dtype?: FloatDType } = {},
): Record<string, NdArray> {
  const root = key.split("init");
  return Object.fromEntries(
    model.parameters.map((spec) => [spec.name, draw(spec, root.split(spec.name), dtype)]),
  );
}
