/** @file J by depth of one-line networks, theory beside sampled networks: what several experiments compare. */
import { buildModel, meanFieldPlaces, parseNetText } from "../../../net/index.ts";
import { growthRate, type JacobianLayer, measureJacobians } from "../../../probes/index.ts";
import { normal } from "../../../tensor/index.ts";
import { type Estimate, type MeanFieldLayer, propagate } from "../../../theory/index.ts";
import type { ExperimentContext } from "../paper.ts";

/** A uniform network: the options of the one-line form. */
export interface UniformNetwork {
  readonly activation: string;
  readonly sw2: number;
  readonly sb2: number;
  readonly depth: number;
  readonly width: number;
  readonly norm?: string;
  readonly mu?: number;
}

/** Theory and measurement at h^1 … h^depth, the readout left out. */
export interface DepthProfile {
  readonly theory: readonly MeanFieldLayer[];
  readonly measured: readonly JacobianLayer[];
}

function modelOf({ activation, sw2, sb2, depth, width, norm = "none", mu = 0 }: UniformNetwork) {
  const text = `mlp:depth=${depth},width=${width},activation=${activation},sw2=${sw2},sb2=${sb2},norm=${norm},mu=${mu},in=${width},out=10`;
  return buildModel(parseNetText(text));
}

/** What theory says of the network on inputs of second moment 1. */
export function theoryProfile(network: UniformNetwork): MeanFieldLayer[] {
  return propagate(meanFieldPlaces(modelOf(network)), { K: 1, mean: 0, batch: 0 }).slice(0, network.depth);
}

/** Theory, and J measured on `seeds` networks with `probes` probes on one normal input. */
export async function depthProfile(
  network: UniformNetwork,
  { seeds, probes }: { readonly seeds: number; readonly probes: number },
  { key, options }: ExperimentContext,
): Promise<DepthProfile> {
  const model = modelOf(network);
  const inputs = normal(key.split("inputs"), "float32", [1, network.width]);
  const { layers } = await measureJacobians({ model, inputs, seeds, probes, key, options });
  return { theory: theoryProfile(network), measured: layers.slice(0, network.depth) };
}

/** The slope of ln J(1, l) against ln l over the last two thirds of the layers; `lnJ` has one value a network. */
export function powerOf(lnJ: readonly (readonly number[])[]): Estimate {
  const profile = lnJ.map((values, i) => ({ depth: Math.log(i + 1), lnJ: values }));
  return growthRate(profile.slice(Math.floor(profile.length / 3)));
}
