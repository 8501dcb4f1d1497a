/** @file Root-mean-square normalisation over the units of one example or position: y = x/√(mean x² + ε). */
import { z } from "zod";
import { add, div, reduceMean, sqrt, square } from "../../expr/index.ts";
import { rmsNorm as rmsNormStep } from "../../theory/index.ts";
import { applyAffine, gainAndShift } from "../affine.ts";
import { defineLayer } from "../define.ts";
import { affine, nonNegative } from "../options.ts";
import { requireChannelsLast } from "../shapes.ts";
import { untrained } from "../trained.ts";

export const rmsNorm = defineLayer({
  kind: "rmsNorm",
  summary: "root-mean-square normalisation over the units of one example: y = x/√(mean x² + epsilon)",
  options: z.strictObject({
    epsilon: nonNegative
      .default(1e-5)
      .describe("added to the mean square: a finite number, 0 or more; with 0 a zero vector gives NaN"),
    affine: affine.describe("whether a trained gain for each unit follows: true or false"),
  }),
  shape: (_, input, context) => requireChannelsLast(input, context),
  params: ({ affine }, input) => (affine ? { gain: gainAndShift(input).gain } : {}),
  apply: ({ epsilon }, params, x, _, { input }) => {
    const meanSquare = reduceMean(square(x), { axes: [-1], keepDims: true });
    return applyAffine(div(x, sqrt(add(meanSquare, epsilon))), input, params);
  },
  meanField: ({ epsilon }) => rmsNormStep({ epsilon }),
  covariance: ({ epsilon, affine }, { own: { gain = untrained } }) => ({
    op: "rmsNorm",
    epsilon,
    affine,
    trained: { weight: gain, bias: untrained },
  }),
});
