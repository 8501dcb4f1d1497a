/** @file The plain network behind a question about freeness or the Fisher: activation, variances, second moment, depth. */
import { type ActivationSpec, buildModel, type Net } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { WeightEnsemble } from "../../theory/index.ts";
import { propagate } from "../../theory/index.ts";
import { recogniseArchitecture } from "../architecture.ts";
import { closedNet } from "../criticality/stand-in.ts";
import { theoryReach } from "../reach.ts";
import { significant } from "../words.ts";
import type { SpectrumQuestion } from "./question.ts";
import { heldMoment } from "./sampled-network.ts";

/** Equal plain layers at one second moment. */
export interface PlainSubject {
  readonly activation: ActivationSpec;
  readonly sw2: number;
  readonly sb2: number;
  readonly q: number;
  readonly depth: number;
  readonly weights: WeightEnsemble;
  /** |x|²/N of the input. */
  readonly inputMoment: number;
}

/** Second moments of hidden layers that differ by more than this part are not one q. */
const ONE_MOMENT = 0.1;

/**
 * The plain layers that are asked about.
 * @throws FathomError unsupported for networks with normalisation, skips, or layers that differ, for second moments that
 * differ by layer (naming `what` needs one), and where no network holds q.
 */
export function plainSubject(
  { net, uniform }: Pick<SpectrumQuestion, "net" | "uniform">,
  what: string,
): PlainSubject {
  if (uniform !== undefined) return { ...uniform, ...heldMoment(uniform) };
  return networkSubject(net!, what);
}

function networkSubject(net: Net, what: string): PlainSubject {
  const model = buildModel(closedNet(net));
  const row = recogniseArchitecture(net);
  const init = net.init;
  if (row === undefined || row.norm !== "none" || row.mu !== 0) {
    throw new FathomError({
      code: "unsupported",
      where: "layers",
      message: `${what} is known for plain layers that are all alike.`,
      hint: "Give --activation with --depth, --q and --weights, or a network without normalisation and skips.",
    });
  }
  const { activation, sw2, sb2, depth } = row;
  const moments = theoryReach(model, (places) => propagate(places, { K: 1, mean: 0 }))
    .layers.slice(0, depth)
    .map(({ K }) => K);
  const [least, most] = [Math.min(...moments), Math.max(...moments)];
  if (!(most <= (1 + ONE_MOMENT) * least)) {
    throw new FathomError({
      code: "unsupported",
      where: "layers",
      message: `${what} is known for layers of one second moment; here it runs from ${significant(moments[0]!)} in the first layer to ${significant(moments.at(-1)!)} in the last.`,
      hint: "Scale the inputs to the fixed point, or give --activation with --depth and --q.",
    });
  }
  return { activation, sw2, sb2, q: moments.at(-1)!, depth, weights: init, inputMoment: 1 };
}
