/** @file Layer normalisation over the units of one example or position: y = (x − mean)/√(var + ε). */
import { z } from "zod";
import { layerNorm as layerNormOp } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { layerNorm as layerNormStep } from "../../theory/index.ts";
import { applyAffine, gainAndShift } from "../affine.ts";
import { defineLayer } from "../define.ts";
import { affine, nonNegative } from "../options.ts";
import { last, requireChannelsLast } from "../shapes.ts";
import { untrained } from "../trained.ts";

/** Two units always normalise to ±1, and one to 0: nothing of the input is left (criticality.md §14.11). */
const MIN_UNITS = 3;

export const layerNorm = defineLayer({
  kind: "layerNorm",
  summary: "layer normalisation over the units of one example: y = (x − mean)/√(var + epsilon)",
  options: z.strictObject({
    epsilon: nonNegative.default(0).describe("added to the variance: a finite number, 0 or more"),
    affine: affine.describe("whether a trained gain and shift for each unit follow: true or false"),
  }),
  shape: (_, input, context) => {
    if (last(requireChannelsLast(input, context)) >= MIN_UNITS) return input;
    throw new FathomError({
      code: "bad-shape",
      message: `${context.self} normalises over ${last(input)} units of ${context.before}; fewer than ${MIN_UNITS} carry no information through it.`,
      where: context.where,
      hint: "Widen the layer before it, or remove the normalisation.",
    });
  },
  params: ({ affine }, input) => (affine ? gainAndShift(input) : {}),
  apply: ({ epsilon }, params, x, _, { input }) => applyAffine(layerNormOp(x, { epsilon }), input, params),
  meanField: ({ epsilon }) => layerNormStep({ epsilon }),
  covariance: ({ epsilon, affine }, _, __, ___, { gain = untrained, shift = untrained }) => ({
    op: "layerNorm",
    epsilon,
    affine,
    trained: { weight: gain, bias: shift },
  }),
});
