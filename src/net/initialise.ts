/**
 * @file Random parameters. Every parameter draws from a stream of its own, derived from its name, so the values do not
 * depend on order, and networks that share layers share weights.
 */
import { type FloatDType, haar, type Key, type NdArray, normal, zeros } from "../tensor/index.ts";
import type { Model } from "./model.ts";
import type { ParameterSpec } from "./resolve.ts";

/**
 * Haar matrix with the mean square entry of the Gaussian one: orthonormal rows or columns times
 * `σ √(fan_in · max(1, n_out/n_in))` (criticality.md §11), so that chiJ keeps sw2.
 */
function haarWeights({ shape, variance, fanIn }: ParameterSpec, key: Key, dtype: FloatDType): NdArray {
  const [rows, columns] = shape as [number, number];
  const factor = Math.sqrt(variance * fanIn * Math.max(1, rows / columns));
  const matrix = haar(key, dtype, rows, columns);
  return { ...matrix, data: matrix.data.map((value) => value * factor) };
}

function draw(spec: ParameterSpec, key: Key, dtype: FloatDType): NdArray {
  if (spec.variance === 0) return zeros(dtype, spec.shape);
  if (spec.init === "haar") return haarWeights(spec, key, dtype);
  return normal(key, dtype, spec.shape, { std: Math.sqrt(spec.variance) });
}

/**
 * Random parameters by name, from the law that the network states. The parameter `p` uses the stream
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
