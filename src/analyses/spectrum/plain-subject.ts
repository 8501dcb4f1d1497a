/** @file The plain network behind a question about freeness or the Fisher: activation, variances, second moment, depth. */
import { type ActivationSpec, buildModel, type Net } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { WeightEnsemble } from "../../theory/index.ts";
import { propagate } from "../../theory/index.ts";
import { recogniseArchitecture } from "../architecture.ts";
import { closedNet } from "../criticality/stand-in.ts";
import { theoryReach } from "../reach.ts";
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
 * @throws FathomError unsupported for networks with normalisation, skips, or layers that differ, and where no network holds q.
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
  if (row === undefined || row.norm !== "none" || row.mu !== 0) {
    throw new FathomError({
      code: "unsupported",
      where: "layers",
      message: `${what} is known for plain layers that are all alike.`,
      hint: "Give --activation with --depth, --q and --weights, or a network without normalisation and skips.",
    });
  }
  const { activation, sw2, sb2, depth, width } = row;
  const { layers } = theoryReach(model, (places) => propagate(places, { K: 1, mean: 0 }));
  const moments = layers.slice(0, depth).map(({ K }) => K);
  return { activation, sw2, sb2, moments, depth, weights: net.init, inputMoment: 1, width };
}
