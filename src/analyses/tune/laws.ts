/** @file The laws of a network's parameters as initialisation code states them: one line an array, whatever the language. */
import { buildModel, type ModelLayer, type Net, type ParameterSpec } from "../../net/index.ts";
import { type Shape, sizeOf } from "../../tensor/index.ts";

/** How the values of one array are drawn. */
export type Law =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "orthogonal"; readonly gain: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "signs"; readonly std: number }
  | { readonly kind: "constant"; readonly value: number };

/** One array of the network. */
export interface ParameterLaw {
  /** `3.branch.0.weight`. */
  readonly name: string;
  readonly shape: Shape;
  readonly law: Law;
  /** `layers[3].branch[0] (dense)`, with what else a reader should know. */
  readonly comment: string;
}

/**
 * The laws in the order of the forward pass, of the effective weights under either parameterisation; shared arrays once.
 * @example parameterLaws(net)[0].law // { kind: "normal", std: 0.0884 }
 */
export function parameterLaws(net: Net): ParameterLaw[] {
  const { layers, parameters } = buildModel({ ...net, parameterisation: "standard" });
  const owners = new Map(layersOf(layers).map((layer) => [layer.path, layer]));
  return parameters
    .filter(({ role }) => role === "parameter")
    .map((spec) => {
      const path = spec.name.slice(0, spec.name.lastIndexOf("."));
      const notes = spec.trainable ? "" : ", frozen";
      return {
        name: spec.name,
        shape: spec.shape,
        law: lawOf(spec),
        comment: `${owners.get(path)!.name}${notes}`,
      };
    });
}

function layersOf(layers: readonly ModelLayer[]): ModelLayer[] {
  return layers.flatMap((layer) => [layer, ...Object.values(layer.chains).flatMap(layersOf)]);
}

function lawOf({ init, variance, mean, shape }: ParameterSpec): Law {
  if (variance === 0 || init === "zeros") return { kind: "constant", value: init === "zeros" ? 0 : mean };
  const std = Math.sqrt(variance);
  switch (init) {
    case "gaussian":
      return { kind: "normal", std };
    case "uniform":
      return { kind: "uniform", bound: Math.sqrt(3) * std };
    case "signs":
      return { kind: "signs", std };
    case "haar":
      // Orthonormal rows or columns have mean square entry 1/max(rows, columns).
      return { kind: "orthogonal", gain: std * Math.sqrt(Math.max(shape[0]!, sizeOf(shape) / shape[0]!)) };
  }
}
