/** @file Writes repetitions out: `{kind: "repeat", times, layers}` becomes the layers, one after the other. */
import { mapChains } from "./chains.ts";
import { findLayer, type RawLayer } from "./registry.ts";
import type { LayerSpec } from "./spec.ts";

/** Where each layer stands in the text it was written in: `layers[2].layers[0]`. Repetitions share their place. */
export type Sources = ReadonlyMap<LayerSpec, string>;

/**
 * The layers with repetitions written out, those inside branches too.
 * @param where - path of the list, `layers` for the network's own.
 * @param sources - receives the place of every layer.
 */
export function writeOut(
  layers: readonly RawLayer[],
  where: string,
  sources: Map<LayerSpec, string>,
): LayerSpec[] {
  return layers.flatMap((layer, i) => {
    const at = `${where}[${i}]`;
    if (layer.kind === "repeat") {
      const once = writeOut(layer.layers, `${at}.layers`, sources);
      return Array.from({ length: layer.times }, () => once).flat();
    }
    const chains = mapChains<RawLayer, LayerSpec>(findLayer(layer.kind)?.chains, layer, (inner, option) =>
      writeOut(inner, `${at}.${option}`, sources),
    );
    const spec = { ...layer, ...chains } as LayerSpec;
    sources.set(spec, at);
    return [spec];
  });
}
