/** @file Networks derived from a network: another input, other variances. */
import { FathomError, type Shape, sizeOf } from "../tensor/index.ts";
import { parseNet } from "./parse.ts";
import { findLayer } from "./registry.ts";
import { type NetShape, netShapeOf, sameNetShape, showNetShape } from "./shapes.ts";
import type { DenseSpec, LayerSpec, Net } from "./spec.ts";

/**
 * The network on inputs of this shape. An open input takes the shape; a network on vectors takes images or signals of
 * the same size through a flatten layer; otherwise the shape must be the network's own.
 * @param input - a shape with its kind, or the sizes of one example (`[1, 28, 28]` is an image).
 * @throws FathomError bad-shape when the network is for other inputs, or its layers do not meet on this one; bad-input
 * for sizes that no input has.
 * @example withInput(parseNetText("mlp:depth=3"), [1, 28, 28])
 */
export function withInput(net: Net, input: NetShape | Shape): Net {
  const shape = "kind" in input ? input : netShapeOf(input);
  if (net.input !== undefined && sameNetShape(net.input, shape)) return net;
  const flattened =
    net.input?.kind === "vector" && sizeOf(net.input.shape) === sizeOf(shape.shape)
      ? [{ kind: "flatten" } as const, ...net.layers]
      : undefined;
  if (net.input !== undefined && flattened === undefined) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes ${showNetShape(net.input)}, but the data give ${showNetShape(shape)}.`,
      where: "input",
      hint: "Change the network's input, or leave it out to take it from the data.",
    });
  }
  return parseNet({ ...net, input: shape, layers: flattened ?? net.layers });
}

/** Weight and bias variances of a dense layer. */
export interface Variances {
  readonly sw2: number;
  readonly sb2: number;
}

/** Replaces the dense layers of a list, branches included; `change` sees them in the order of the forward pass. */
function mapDense(layers: readonly LayerSpec[], change: (layer: DenseSpec) => DenseSpec): LayerSpec[] {
  return layers.map((layer) => {
    if (layer.kind === "dense") return change(layer);
    const chains = (findLayer(layer.kind)!.chains ?? []).map((option) => [
      option,
      mapDense((layer as unknown as Record<string, readonly LayerSpec[]>)[option]!, change),
    ]);
    return chains.length === 0 ? layer : { ...layer, ...Object.fromEntries(chains) };
  });
}

/**
 * The network with these variances in every dense layer.
 * `first` are those of the first dense layer, which sets K¹; `readout` those of the last, where it is not also the first.
 * @throws FathomError bad-input for a negative or non-finite variance, naming a layer that would hold it.
 * @example withVariances(net, { sw2: 1.7562, sb2: 0.1841, first: { sw2: 9.2, sb2: 0.1841 } })
 */
export function withVariances(
  net: Net,
  { sw2, sb2, first, readout }: Variances & { first?: Variances; readout?: Variances },
): Net {
  let total = 0;
  mapDense(net.layers, (layer) => {
    total++;
    return layer;
  });
  let seen = 0;
  const layers = mapDense(net.layers, (layer) => {
    const index = seen++;
    const special = (index === 0 ? first : undefined) ?? (index === total - 1 ? readout : undefined);
    const { sw2: w, sb2: b } = special ?? { sw2, sb2 };
    return { ...layer, sw2: w, sb2: b };
  });
  return parseNet({ ...net, layers });
}
