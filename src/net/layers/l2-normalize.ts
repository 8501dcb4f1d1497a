/**
 * @file Projection onto the unit sphere over the units of one example or position: y = x/√(|x|² + ε). A zero vector has no
 * direction: with ε = 0 it gives NaN, which training reports as divergence; with ε > 0 it stays zero.
 */
import { z } from "zod";
import { add, div, reduceSum, sqrt, square } from "../../expr/index.ts";
import { l2Normalize as l2NormalizeStep } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { nonNegative } from "../options.ts";
import { last, requireChannelsLast } from "../shapes.ts";

export const l2Normalize = defineLayer({
  kind: "l2Normalize",
  summary: "projection onto the unit sphere over the units of one example: y = x/√(|x|² + epsilon)",
  options: z.strictObject({
    epsilon: nonNegative
      .default(0)
      .describe("added to |x|²: a finite number, 0 or more; with 0 a zero vector gives NaN"),
  }),
  shape: (_, input, context) => requireChannelsLast(input, context),
  apply: ({ epsilon }, _, x) => {
    const squares = reduceSum(square(x), { axes: [-1], keepDims: true });
    return div(x, sqrt(epsilon === 0 ? squares : add(squares, epsilon)));
  },
  meanField: ({ epsilon }, input) => l2NormalizeStep({ epsilon, units: last(input) }),
  covariance: ({ epsilon }, { input }) => ({ op: "l2Normalize", units: last(input), epsilon }),
});
