/** @file Dropout with inverted scaling: in training, units are zero with probability `rate`, and the others x/(1 − rate). */
import { z } from "zod";
import { div, less, where } from "../../expr/index.ts";
import { dropout as dropoutStep } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { finite } from "../options.ts";

export const dropout = defineLayer({
  kind: "dropout",
  summary: "in training, units are 0 with probability rate and x/(1 − rate) otherwise; in inference y = x",
  options: z.strictObject({
    rate: finite.min(0).lt(1).describe("probability that a unit is dropped: from 0 up to, not including, 1"),
  }),
  shape: (_, input) => input,
  noise: ({ rate }, input) => (rate === 0 ? {} : { uniform: input.shape }),
  apply: ({ rate }, _, x, __, { noise }) =>
    noise.uniform === undefined ? x : where(less(noise.uniform, rate), 0, div(x, 1 - rate)),
  meanField: () => dropoutStep(),
  covariance: ({ rate }) => ({ op: "dropout", rate }),
});
