/**
 * @file The learning rate that the neural tangent kernel allows: 2/λ_max of the Gauss-Newton matrix at initialisation,
 * from mean-field theory alone (criticality.md §5). The kernel of n inputs has the mean diagonal and mean off-diagonal of
 * the data's pairs; with C outputs at equal probabilities the cross entropy contributes a factor 1/C.
 */
import { type Model, meanFieldPlaces } from "../../net/index.ts";
import {
  type Estimate,
  gramTopEigenvalue,
  propagate,
  propagatePair,
  theoryEstimate,
} from "../../theory/index.ts";

export interface NtkRateInputs {
  readonly model: Model;
  /** Mean second moment and mean of the inputs' coordinates. */
  readonly secondMoment: number;
  readonly mean: number;
  /** Mean correlation of two different inputs. */
  readonly correlation: number;
  /** Inputs of a batch. */
  readonly batch: number;
}

/** @throws FathomError unsupported where a layer has no mean-field rule. */
export function ntkRate({ model, secondMoment, mean, correlation, batch }: NtkRateInputs): Estimate {
  const places = meanFieldPlaces(model);
  const theta = model.net.parameterisation === "ntk" ? "theta" : "thetaStandard";
  const diagonal = propagate(places, { K: secondMoment, mean }).at(-1)![theta];
  const pair = {
    Ka: secondMoment,
    Kb: secondMoment,
    C: correlation * secondMoment,
    meanA: mean,
    meanB: mean,
  };
  const offDiagonal = propagatePair(places, pair).at(-1)![theta];
  const kernel = gramTopEigenvalue({ diagonal, offDiagonal, n: batch }) / batch;
  return theoryEstimate((2 * model.outputShape.at(-1)!) / kernel, [
    "infinite width, at initialisation",
    `${model.net.parameterisation} parameterisation, plain SGD`,
    "the kernel has the mean diagonal and off-diagonal of the data's pairs",
    "cross entropy at equal class probabilities",
  ]);
}
