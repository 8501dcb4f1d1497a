/** @file Fully connected layer: z = W x + b, W ~ N(0, sw2/n_in), b ~ N(0, sb2), on the last axis. */
import { z } from "zod";
import { add, matmul } from "../../expr/index.ts";
import { affine } from "../../theory/index.ts";
import { defineLayer, gaussian } from "../define.ts";
import { positiveInt, variances } from "../options.ts";
import { last, replaceLast, requireChannelsLast } from "../shapes.ts";

export const dense = defineLayer({
  kind: "dense",
  summary: "fully connected: z = W x + b, W ~ N(0, sw2/n_in), b ~ N(0, sb2)",
  options: z.strictObject({
    width: positiveInt.describe("number of units: a whole number, 1 or more"),
    ...variances,
  }),
  preactivation: true,
  shape: ({ width }, input, context) => replaceLast(requireChannelsLast(input, context), width),
  params: ({ width, sw2, sb2 }, input) => ({
    weight: gaussian([width, last(input)], sw2 / last(input)),
    bias: gaussian([width], sb2),
  }),
  apply: (_, { weight, bias }, x) => add(matmul(x, weight!, { transposeB: true }), bias!),
  meanField: ({ sw2, sb2 }, input) => affine({ sw2, sb2, fanIn: last(input) }),
  covariance: ({ sw2, sb2 }, { own: { weight, bias } }) => ({
    op: "affine",
    scale: sw2,
    shift: sb2,
    trained: { weight: weight!, bias: bias! },
  }),
});
