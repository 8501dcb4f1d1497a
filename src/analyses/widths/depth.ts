/** @file The coordinate check along depth: the repeated block of the network more and fewer times. */
import { buildModel, type Net, repeatedBlock, withDepth } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { type Checked, type CheckedLayer, type CheckOptions, checkVariant, lastChange } from "./check.ts";
import { powerOf } from "./slopes.ts";
import { leastSpread, spread, type Variant } from "./variants.ts";
import { stopIfAsked, type Work } from "./work.ts";

/** Places that networks of different depth have in common. */
export const depthPlaces = ["first layer", "last hidden layer", "readout"] as const;
export type DepthPlace = (typeof depthPlaces)[number];

export interface DepthCheck {
  /** `layers[1] (dense) and the next`: what is repeated. */
  readonly block: string;
  readonly checked: readonly Checked[];
}

/**
 * The networks of some depths.
 * @param depths - how many times the repeated block stands there, two or more different ones, over a doubling at least.
 * @throws FathomError bad-input for other depths; unsupported for a network without a repeated block.
 */
export function depthVariants(net: Net, depths: readonly number[]): Variant[] {
  if (depths.length < 2 || new Set(depths).size < depths.length || spread(depths) < leastSpread) {
    throw new FathomError({
      code: "bad-input",
      message: `The depths are ${depths.join(", ")}; a comparison needs two or more different ones, the largest at least twice the smallest.`,
      where: "depths",
      hint: "Give them as 2,4,8,16.",
    });
  }
  return depths.map((depth) => ({
    parameterisation: "standard",
    width: depth,
    model: buildModel(withDepth(net, depth)),
    rates: {},
  }));
}

/** Looks at every depth. */
export async function checkDepths(
  work: Work,
  { net, depths, ...options }: CheckOptions & { readonly net: Net; readonly depths: readonly number[] },
): Promise<DepthCheck> {
  const variants = depthVariants(net, depths);
  const total = variants.length;
  const checked: Checked[] = [];
  for (const [i, variant] of variants.entries()) {
    stopIfAsked(work);
    work.onProgress?.({ label: "coordinates by depth", detail: `depth ${variant.width}`, done: i, total });
    checked.push(
      await checkVariant(work, variant, { ...options, at: variant.width, onStep: () => undefined }),
    );
  }
  return { block: blockText(net), checked };
}

function blockText(net: Net): string {
  const { start, length } = repeatedBlock(net);
  const kinds = net.layers.slice(start, start + length).map(({ kind }) => kind);
  return kinds.join(", ");
}

/** The layer at a place; undefined where the network has too few. */
export function layerAt({ layers }: Checked, place: DepthPlace): CheckedLayer | undefined {
  const at = { "first layer": 0, "last hidden layer": layers.length - 2, readout: layers.length - 1 }[place];
  return layers[at];
}

/** How the change after the last step grows with depth at each place. */
export function depthPowers({ checked }: DepthCheck): { place: DepthPlace; power: Estimate | undefined }[] {
  return depthPlaces.map((place) => ({
    place,
    power: powerOf(
      checked.flatMap((one) => {
        const layer = layerAt(one, place);
        return layer === undefined ? [] : [{ at: one.at, values: lastChange(layer) }];
      }),
    ),
  }));
}
