/** @file The plain network behind a question about freeness or the Fisher: activation, variances, second moment, depth. */
import {
  type ActivationSpec,
  activationText,
  buildModel,
  type Model,
  type ModelLayer,
  type Net,
} from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { WeightEnsemble } from "../../theory/index.ts";
import { propagate } from "../../theory/index.ts";
import { recogniseArchitecture } from "../architecture.ts";
import { closedNet } from "../criticality/stand-in.ts";
import { theoryReach } from "../reach.ts";
import { significant } from "../words.ts";
import type { SpectrumQuestion } from "./question.ts";
import { heldMoment } from "./sampled-network.ts";

/** Equal plain layers. */
export interface PlainSubject {
  readonly activation: ActivationSpec;
  readonly sw2: number;
  readonly sb2: number;
  /** Second moments of the hidden preactivations h^1 …, as many as `depth`. */
  readonly moments: readonly number[];
  readonly depth: number;
  readonly weights: WeightEnsemble;
  /** |x|²/N of the input. */
  readonly inputMoment: number;
  /** Units of the layers of a given network. */
  readonly width?: number;
}

/**
 * The plain layers that are asked about.
 * @param what - the subject of the refusal: what is known for plain layers only.
 * @throws FathomError unsupported for networks with normalisation, skips, or layers that differ, naming the layer, and where no network holds q.
 */
export function plainSubject(
  { net, uniform }: Pick<SpectrumQuestion, "net" | "uniform">,
  what: string,
): PlainSubject {
  if (uniform !== undefined) {
    const held = heldMoment(uniform);
    const { depth, weights } = uniform;
    return { ...held, depth, weights, moments: new Array<number>(depth).fill(held.q) };
  }
  return networkSubject(net!, what);
}

function networkSubject(net: Net, what: string): PlainSubject {
  const model = buildModel(closedNet(net));
  const row = recogniseArchitecture(net);
  if (row === undefined || row.norm !== "none" || row.mu !== 0) throw unlike(model, what);
  const { activation, sw2, sb2, depth, width } = row;
  const { layers } = theoryReach(model, (places) => propagate(places, { K: 1, mean: 0 }));
  const moments = layers.slice(0, depth).map(({ K }) => K);
  return { activation, sw2, sb2, moments, depth, weights: net.init, inputMoment: 1, width };
}

function unlike(model: Model, what: string): FathomError {
  const found = firstUnlike(model.layers);
  const layer = found === undefined ? "" : `: ${found.layer.name} ${found.how}`;
  return new FathomError({
    code: "unsupported",
    where: found?.layer.where ?? "layers",
    message: `${what} is known for plain layers that are all alike${layer}.`,
    hint: "Give --activation with --depth, --q and --weights, or a network of equal layers without normalisation and skips.",
  });
}

interface Unlike {
  readonly layer: ModelLayer;
  /** What it is, as a predicate. */
  readonly how: string;
}

/** The first hidden layer that is not as those before it; the first layer and the readout may have variances of their own. */
function firstUnlike(all: readonly ModelLayer[]): Unlike | undefined {
  const layers = all.filter(({ spec }) => spec.kind !== "flatten");
  const [first, ...hidden] = layers.slice(0, -1);
  if (first === undefined) return undefined;
  if (first.spec.kind !== "dense") return { layer: first, how: "is no dense layer" };
  const phi = hidden.find(({ spec }) => spec.kind === "activation");
  const model = hidden.find(({ spec }) => spec.kind === "dense") ?? first;
  for (const [i, layer] of hidden.entries()) {
    const how = difference(layer, i % 2 === 0 ? phi : model, first);
    if (how !== undefined) return { layer, how };
  }
  return undefined;
}

/** How a layer differs from that which stands first in its place. */
function difference(
  { spec }: ModelLayer,
  like: ModelLayer | undefined,
  first: ModelLayer,
): string | undefined {
  if (spec.kind !== "dense" && spec.kind !== "activation") return "is no dense layer or activation";
  if (like === undefined || spec.kind !== like.spec.kind)
    return "stands where dense layers and activations do not alternate";
  if (spec.kind === "activation" && like.spec.kind === "activation") {
    const [own, other] = [spec, like.spec].map(({ activation }) => activationText(activation));
    return own === other ? undefined : `is ${own}, ${like.name} ${other}`;
  }
  if (spec.kind !== "dense" || like.spec.kind !== "dense" || first.spec.kind !== "dense") return undefined;
  if (spec.width !== first.spec.width) return `has ${spec.width} units, ${first.name} ${first.spec.width}`;
  const [{ sw2, sb2 }, other] = [spec, like.spec];
  if (sw2 !== other.sw2) return `has σw² = ${significant(sw2, 6)}, ${like.name} ${significant(other.sw2, 6)}`;
  return sb2 === other.sb2
    ? undefined
    : `has σb² = ${significant(sb2, 6)}, ${like.name} ${significant(other.sb2, 6)}`;
}
