/** @file What preactivations are in their network: the readout is the last one, unless layers with parameters come after it; some are behind a pool. */
import type { Model, ModelLayer } from "../net/index.ts";

/**
 * Whether the last tap is the readout. A network that ends in a concatenation of heads has a readout that is not tapped:
 * all its taps are hidden layers.
 * @example hasTappedReadout(buildModel(parseNetText("mlp:depth=2,width=8,in=4"))) // true
 */
export function hasTappedReadout(model: Model): boolean {
  return !behindTaps(model).some(holdsParameters);
}

/** The layers after the last preactivation; all where there is none. */
export function behindTaps({ layers, taps }: Model): readonly ModelLayer[] {
  const name = taps.at(-1)?.name;
  return layers.slice(layers.findIndex((layer) => layer.name === name) + 1);
}

/** Number of preactivations before the readout. */
export function hiddenTaps(model: Model): number {
  return model.taps.length - (hasTappedReadout(model) ? 1 : 0);
}

/** Names of the preactivations behind a pool that averages or sums positions: their J is that of the pool above all. */
export function pooledTaps({ layers }: Model): ReadonlySet<string> {
  const names = new Set<string>();
  let pooled = false;
  for (const layer of layers) {
    pooled ||= holdsPool(layer);
    if (layer.record.preactivation !== true) continue;
    if (pooled) names.add(layer.name);
    pooled = false;
  }
  return names;
}

const pools = new Set(["globalAvgPool", "avgPool", "sumPool"]);

function holdsPool({ spec, chains }: ModelLayer): boolean {
  return pools.has(spec.kind) || Object.values(chains).flat().some(holdsPool);
}

function holdsParameters({ parameters, chains }: ModelLayer): boolean {
  return Object.keys(parameters).length > 0 || Object.values(chains).flat().some(holdsParameters);
}
