/** @file What the forward pass of a network costs: multiplications of one example, in products of matrices and in windows. */
import { sizeOf } from "../tensor/index.ts";
import type { Model } from "./model.ts";
import type { ModelLayer } from "./resolve.ts";
import { channels, type NetShape } from "./shapes.ts";

/** Multiplications for one example. Those in windows (convolutions) are slower: their matrices are small. */
export interface Multiplications {
  readonly matrices: number;
  readonly windows: number;
}

/** Positions of a shape: 1 for vectors. */
function positions(shape: NetShape): number {
  return sizeOf(shape.shape) / channels(shape);
}

function ofLayer({ record, spec, input, output, parameters }: ModelLayer): number {
  if (record.multiplications !== undefined) return record.multiplications(spec, input, output);
  const perPosition = Object.values(parameters).reduce((total, { shape }) => total + sizeOf(shape), 0);
  return perPosition * positions(output);
}

/**
 * Multiplications of the forward pass for one example: as many as parameters in a network of dense layers on vectors.
 * @example countMultiplications(buildModel(parseNetText("mlp:depth=0,in=784"))) // { matrices: 7850, windows: 0 }
 */
export function countMultiplications({ layers }: Pick<Model, "layers">): Multiplications {
  let matrices = 0;
  let windows = 0;
  for (const layer of layers) {
    if (layer.output.kind === "image" || layer.output.kind === "signal") windows += ofLayer(layer);
    else matrices += ofLayer(layer);
    for (const inner of Object.values(layer.chains)) {
      const inside = countMultiplications({ layers: inner });
      matrices += inside.matrices;
      windows += inside.windows;
    }
  }
  return { matrices, windows };
}
