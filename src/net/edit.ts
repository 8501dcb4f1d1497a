/** @file Networks derived from a network: another input, other variances. */
import { FathomError, type Shape, sameShape, sizeOf } from "../tensor/index.ts";
import { chainsOf, mapChains } from "./chains.ts";
import { parseNet } from "./parse.ts";
import { findLayer } from "./registry.ts";
import { type NetShape, netShapeOf, sameNetShape, showNetShape } from "./shapes.ts";
import type { LayerSpec, Net } from "./spec.ts";

/**
 * The network on inputs of this shape. An open input takes the shape; a network on vectors takes images or signals of
 * the same size through a flatten layer; otherwise the shape must be the network's own.
 * @param input - a shape with its kind, or the sizes of one example: those of the network's own input whatever its kind
 * (tokens, graphs, ids), or else `[1, 28, 28]` is an image.
 * @throws FathomError bad-shape when the network is for other inputs, or its layers do not meet on this one; bad-input
 * for sizes that no input has.
 * @example withInput(parseNetText("mlp:depth=3"), [1, 28, 28])
 */
export function withInput(net: Net, input: NetShape | Shape): Net {
  if (!("kind" in input) && net.input !== undefined && sameShape(net.input.shape, input)) return net;
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

/**
 * The layers of a list with new options, branches included.
 * @param changes - by path of a layer: `3.branch.0`, `2.branches.1.0`.
 */
export function withOptions(layers: readonly LayerSpec[], changes: ReadonlyMap<string, object>): LayerSpec[] {
  return mapPaths(layers, "", (layer, path) => ({ ...layer, ...changes.get(path) }) as LayerSpec);
}

/** Weight and bias variances of a dense layer. */
export interface Variances {
  readonly sw2: number;
  readonly sb2: number;
}

/** A layer with random weights and biases: dense, convolutions. */
type AffineSpec = LayerSpec & Variances;

function isAffine(layer: LayerSpec): layer is AffineSpec {
  return "sw2" in layer && "sb2" in layer;
}

/** Replaces the affine layers of a list, branches included; `change` sees them in the order of the forward pass. */
function mapAffine(layers: readonly LayerSpec[], change: (layer: AffineSpec) => AffineSpec): LayerSpec[] {
  return layers.map((layer) => {
    if (isAffine(layer)) return change(layer);
    const { chains } = findLayer(layer.kind)!;
    if (chains === undefined) return layer;
    const changed = mapChains<LayerSpec, LayerSpec>(chains, layer, (inner) => mapAffine(inner, change));
    return { ...layer, ...changed } as LayerSpec;
  });
}

/**
 * The network with these variances in every affine layer (dense, convolutions).
 * `first` are those of the first affine layer, which sets K¹; `readout` those of the last, where it is not also the first.
 * @throws FathomError bad-input for a negative or non-finite variance, naming a layer that would hold it.
 * @example withVariances(net, { sw2: 1.7562, sb2: 0.1841, first: { sw2: 9.2, sb2: 0.1841 } })
 */
export function withVariances(
  net: Net,
  { sw2, sb2, first, readout }: Variances & { first?: Variances; readout?: Variances },
): Net {
  let total = 0;
  mapAffine(net.layers, (layer) => {
    total++;
    return layer;
  });
  let seen = 0;
  const layers = mapAffine(net.layers, (layer) => {
    const index = seen++;
    const special = (index === 0 ? first : undefined) ?? (index === total - 1 ? readout : undefined);
    const { sw2: w, sb2: b } = special ?? { sw2, sb2 };
    return { ...layer, sw2: w, sb2: b };
  });
  return parseNet({ ...net, layers });
}

/**
 * The network with these variances in the layers named by path (`3.branch.0`); the others stay. Repetitions are written
 * out, so that each of their layers has its own. A layer without biases of its own law (an embedding) takes `sw2` alone.
 * @throws FathomError not-found for a path without such a layer, bad-input for a negative or non-finite variance.
 * @example withVariancesAt(net, { "0": { sw2: 1.9, sb2: 0 }, "2.branch.1": { sw2: 0.1, sb2: 0 } })
 */
export function withVariancesAt(net: Net, variances: Readonly<Record<string, Variances>>): Net {
  const left = new Set(Object.keys(variances));
  const layers = mapPaths(net.layers, "", (layer, path) => {
    const next = variances[path];
    if (next === undefined || !("sw2" in layer)) return layer;
    left.delete(path);
    const { sw2, sb2 } = next;
    return { ...layer, sw2, ...("sb2" in layer ? { sb2 } : {}) } as LayerSpec;
  });
  const [missing] = left;
  if (missing !== undefined) {
    throw new FathomError({
      code: "not-found",
      message: `The network has no layer ${missing} with a weight variance.`,
      where: missing,
      hint: "Give paths as in the names of parameters: 0 for the layer of 0.weight.",
    });
  }
  return parseNet({ ...net, layers });
}

/** Replaces layers by their path, those inside others first. */
function mapPaths(
  layers: readonly LayerSpec[],
  prefix: string,
  change: (layer: LayerSpec, path: string) => LayerSpec,
): LayerSpec[] {
  return layers.map((layer, i) => {
    const path = `${prefix}${i}`;
    const keys = chainsOf<LayerSpec>(findLayer(layer.kind)!.chains, layer).map(({ key }) => key);
    const inside = mapChains<LayerSpec, LayerSpec>(findLayer(layer.kind)!.chains, layer, (inner) =>
      mapPaths(inner, `${path}.${keys.shift()}.`, change),
    );
    return change({ ...layer, ...inside } as LayerSpec, path);
  });
}
