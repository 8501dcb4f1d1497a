/**
 * @file Layer normalisation: y = (x − mean)/√(var + ε), over the units of one position, or over all of one example, positions and
 * channels (images too).
 */
import { z } from "zod";
import { layerNorm as layerNormOp, reshape, type Tensor } from "../../expr/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import { layerNorm as layerNormStep } from "../../theory/index.ts";
import { applyAffine, gainAndShift } from "../affine.ts";
import { defineLayer, type Place } from "../define.ts";
import { affine, nonNegative } from "../options.ts";
import { last, type NetShape, requireChannelsLast, shapeAxes } from "../shapes.ts";
import { untrained } from "../trained.ts";

/** Two units always normalise to ±1, and one to 0: nothing of the input is left (criticality.md §14.11). */
const MIN_UNITS = 3;

function requireUnits(units: number, { self, before, where }: Place): void {
  if (units >= MIN_UNITS) return;
  throw new FathomError({
    code: "bad-shape",
    message: `${self} normalises over ${units} units of ${before}; fewer than ${MIN_UNITS} carry no information through it.`,
    where,
    hint: "Widen the layer before it, or remove the normalisation.",
  });
}

/** Over all entries of every example of `[N, ...]`. */
function overExample(x: Tensor, epsilon: number): Tensor {
  const flat = reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
  return reshape(layerNormOp(flat, { epsilon }), x.shape);
}

const hasPositions = ({ kind }: NetShape) => shapeAxes[kind].length > 1;

export const layerNorm = defineLayer({
  kind: "layerNorm",
  summary: "layer normalisation over the units of one example: y = (x − mean)/√(var + epsilon)",
  options: z.strictObject({
    epsilon: nonNegative.default(0).describe("added to the variance: a finite number, 0 or more"),
    affine: affine.describe("whether a trained gain and shift for each unit follow: true or false"),
    over: z
      .enum(["units", "example"])
      .default("units")
      .describe("units (those of one position; channels last) or example (all positions and channels)"),
  }),
  shape: ({ over }, input, context) => {
    const units = over === "example" ? sizeOf(input.shape) : last(requireChannelsLast(input, context));
    requireUnits(units, context);
    return input;
  },
  params: ({ affine }, input) => (affine ? gainAndShift(input) : {}),
  apply: ({ epsilon, over }, params, x, _, { input }) => {
    const normalised = over === "example" ? overExample(x, epsilon) : layerNormOp(x, { epsilon });
    return applyAffine(normalised, input, params);
  },
  meanField: ({ epsilon, over }, input) => {
    if (over === "units" || !hasPositions(input)) return layerNormStep({ epsilon });
    throw new FathomError({
      code: "unsupported",
      message: "averages positions, whose covariance the scalar theory does not follow.",
      hint: 'Use "over": "units", or measure the finite network.',
    });
  },
  covariance: ({ epsilon, affine, over }, { input, own: { gain = untrained, shift = untrained } }) => {
    const rule = { epsilon, trained: { weight: gain, bias: shift } };
    return over === "example" && hasPositions(input)
      ? { op: "exampleNorm", ...rule }
      : { op: "layerNorm", affine, ...rule };
  },
});
