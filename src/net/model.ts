/** @file A network resolved for use: layers in their places, parameters by name, and the places to look at. */
import { type Shape, sizeOf } from "../tensor/index.ts";
import { type ModelLayer, type ParameterSpec, parametersOf, resolveNet } from "./resolve.ts";
import type { Net } from "./spec.ts";

/** A preactivation h^l: the output of a dense layer or residual block in the network's own list. */
export interface Tap {
  /** Name of its layer: `layers[4] (dense)`. */
  readonly name: string;
  /** l, from 1; the last is usually the readout. */
  readonly index: number;
  /** Shape for one example. */
  readonly shape: Shape;
}

export interface Model {
  readonly net: Net;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly ModelLayer[];
  /** In the order of the forward pass. */
  readonly parameters: readonly ParameterSpec[];
  readonly taps: readonly Tap[];
}

/** True for layers whose outputs are tapped. */
export function isTapped(layer: ModelLayer): boolean {
  return layer.record.preactivation === true;
}

/**
 * Resolves a network: shapes, parameters, taps.
 * @throws FathomError bad-shape when layers do not meet (both named); bad-input when the network's input is open.
 * @example buildModel(parseNetText("mlp:depth=2,width=16,in=8")).outputShape // [10]
 */
export function buildModel(net: Net): Model {
  const layers = resolveNet(net);
  return {
    net,
    inputShape: net.input!.shape,
    outputShape: layers[layers.length - 1]!.output.shape,
    layers,
    parameters: parametersOf(layers),
    taps: layers.filter(isTapped).map(({ name, output }, i) => ({ name, index: i + 1, shape: output.shape })),
  };
}

/** Number of trainable numbers. @example countParameters(buildModel(parseNetText("mlp:depth=0,in=784"))) // 7850 */
export function countParameters(model: Model): number {
  return model.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
}
