/** @file A network resolved for use: layers in their places, parameters by name, and the places to look at. */
import { type Shape, sizeOf } from "../tensor/index.ts";
import type { ParameterSpec } from "./parameters.ts";
import { everyLayer, type ModelLayer, resolveNet } from "./resolve.ts";
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

/** A network resolved for use. */
export interface Model {
  readonly net: Net;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly ModelLayer[];
  /** Every array that must be fed, frozen ones and buffers included, in the order of the forward pass. */
  readonly parameters: readonly ParameterSpec[];
  readonly taps: readonly Tap[];
  /** Whether an example's output depends on the other examples of its batch in training mode (batch normalisation). */
  readonly mixesBatch: boolean;
  /** The uniform (0, 1) numbers that training mode is fed (dropout); `shape` is for one example. */
  readonly noise: readonly Noise[];
}

/** Random numbers that a layer needs in training mode. */
export interface Noise {
  /** `3.branch.0.uniform`. */
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Whether a network's inputs are token ids, which are whole numbers.
 * @example takesIds(buildModel(parseNetText("mlp:depth=2,width=16,in=8"))) // false
 */
export function takesIds({ net }: Pick<Model, "net">): boolean {
  return net.input?.kind === "ids";
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
  const { layers, parameters } = resolveNet(net);
  const all = [...everyLayer(layers)];
  return {
    net,
    inputShape: net.input!.shape,
    outputShape: layers[layers.length - 1]!.output.shape,
    layers,
    parameters,
    taps: layers.filter(isTapped).map(({ name, output }, i) => ({ name, index: i + 1, shape: output.shape })),
    mixesBatch: all.some(({ record }) => record.mixesBatch === true),
    noise: all.flatMap(noiseOf),
  };
}

/** The noise of one layer, by its full names. */
function noiseOf({ path, spec, record, input }: ModelLayer): Noise[] {
  const shapes = Object.entries(record.noise?.(spec, input) ?? {});
  return shapes.map(([local, shape]) => ({ name: `${path}.${local}`, shape }));
}

/**
 * The parameters that training changes by gradients: neither frozen ones nor buffers.
 * @example vjp([loss], trainableParameters(model).map(({ name }) => parameters[name]!))
 */
export function trainableParameters(model: Model): ParameterSpec[] {
  return model.parameters.filter(({ trainable }) => trainable);
}

/**
 * Number of trainable numbers: shared arrays count once, frozen ones and running statistics do not.
 * @example countParameters(buildModel(parseNetText("mlp:depth=0,in=784"))) // 7850
 */
export function countParameters(model: Model): number {
  return trainableParameters(model).reduce((total, { shape }) => total + sizeOf(shape), 0);
}
