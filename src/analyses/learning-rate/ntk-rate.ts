/**
 * @file The learning rate that the neural tangent kernel allows: 2/λ_max of the Gauss-Newton matrix at initialisation,
 * from mean-field theory alone (criticality.md §5). The kernel of n inputs has the mean diagonal and mean off-diagonal of
 * the data's pairs. The loss contributes the largest eigenvalue of its Hessian in the outputs: 1/C of cross entropy with C
 * outputs at equal probabilities, 2/C of the mean squared error. (Cross entropy of one output has no curvature.)
 */
import type { Model } from "../../net/index.ts";
import {
  type Estimate,
  gramTopEigenvalue,
  type MeanFieldLayer,
  type PairLayer,
  propagate,
  propagatePair,
  theoryEstimate,
} from "../../theory/index.ts";
import type { LossKind } from "../../train/index.ts";
import type { Sample } from "../data-moments.ts";
import { inputStart, pairStart } from "../input-start.ts";
import { type Reach, theoryReach } from "../reach.ts";
import { behindTaps } from "../readout.ts";
import { allPairs, meanCorrelation } from "../separation/data-pairs.ts";

export interface NtkRateInputs {
  readonly model: Model;
  /** [n, ...inputShape]: where the moments come from. */
  readonly inputs: Sample["inputs"];
  /** Inputs of a batch. */
  readonly batch: number;
  /** crossEntropy unless said. */
  readonly loss?: LossKind;
}

/** The rate, or why theory gives none. */
export type NtkRate = { readonly rate: Estimate } | { readonly because: string };

/** @example ntkRate({ model, inputs, batch: 128 }) */
export function ntkRate({ model, inputs, batch, loss = "crossEntropy" }: NtkRateInputs): NtkRate {
  const start = {
    pairs: allPairs(inputs.shape[0]!),
    correlation: meanCorrelation(model, inputs),
  };
  const single = theoryReach(model, (places) => propagate(places, inputStart(model, inputs)));
  const pair = theoryReach(model, (places) => propagatePair(places, pairStart(model, inputs, start)));
  const because = single.missing ?? pair.missing ?? untappedOutput(model);
  if (because !== undefined) return { because };
  const kernel = topEigenvalue(model, batch, { single, pair });
  if (Number.isNaN(kernel)) return { because: unfollowed(model) };
  const rate = theoryEstimate((2 * batch) / (kernel * lossCurvature[loss](model.outputShape.at(-1)!)), [
    "infinite width, at initialisation",
    `${model.net.parameterisation} parameterisation, plain SGD`,
    "the kernel has the mean diagonal and off-diagonal of the data's pairs",
    lossAssumption[loss],
    ...single.assumptions,
  ]);
  return { rate };
}

/** The largest eigenvalue of one example's loss in its C outputs. */
const lossCurvature: Readonly<Record<LossKind, (outputs: number) => number>> = {
  crossEntropy: (outputs) => (outputs === 1 ? 0 : 1 / outputs),
  mse: (outputs) => 2 / outputs,
  bce: (outputs) => 1 / (4 * outputs),
};

const lossAssumption: Readonly<Record<LossKind, string>> = {
  crossEntropy: "cross entropy at equal class probabilities",
  mse: "mean squared error over the outputs",
  bce: "cross entropy of yes and no, both equally likely",
};

function topEigenvalue(
  { net }: Model,
  n: number,
  { single, pair }: { readonly single: Reach<MeanFieldLayer>; readonly pair: Reach<PairLayer> },
): number {
  const theta = net.parameterisation === "ntk" ? "theta" : "thetaStandard";
  const [diagonal, offDiagonal] = [single.layers.at(-1)![theta], pair.layers.at(-1)![theta]];
  return gramTopEigenvalue({ diagonal, offDiagonal, n });
}

/** The kernel is that of the last preactivation, which must be the output. */
function untappedOutput(model: Model): string | undefined {
  const last = behindTaps(model).findLast(({ spec }) => spec.kind !== "flatten");
  return last && `the network ends in ${last.name} and not in a preactivation`;
}

/** Why there is no tangent kernel although every layer has a mean-field rule. */
function unfollowed({ mixesBatch, parameters }: Model): string {
  if (mixesBatch) return "theory does not follow tangent kernels through batch statistics";
  const frozen = parameters.find(({ role, trainable }) => role === "parameter" && !trainable);
  return frozen === undefined
    ? "theory does not follow the tangent kernel of trained gains"
    : `theory does not follow the tangent kernel of a network some of whose parameters are frozen (${frozen.name})`;
}
