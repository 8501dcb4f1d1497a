/**
 * @file Multiplication by a trained number, or by one for each channel: y = gain·x. One number for many layers (the δ of
 * training.md §3.1) is a gain that the others share: `"parameters": {"gain": {"shareWith": "1.branch.2.gain"}}`.
 */
import { z } from "zod";
import { mul } from "../../expr/index.ts";
import { scale as scaleStep } from "../../theory/index.ts";
import { alongChannels } from "../affine.ts";
import { constantRule, defineLayer } from "../define.ts";
import { finite } from "../options.ts";
import { channels } from "../shapes.ts";
import { untrained } from "../trained.ts";

export const gain = defineLayer({
  kind: "gain",
  summary: "multiplication by a trained number, one for all units or one a channel: y = gain·x",
  options: z.strictObject({
    initial: finite.default(1).describe("the value before training: a finite number"),
    per: z
      .enum(["scalar", "channel"])
      .default("scalar")
      .describe("scalar: one number for all units; channel: one a channel"),
  }),
  shape: (_, input) => input,
  params: ({ initial, per }, input) => ({
    gain: constantRule(per === "scalar" ? [] : [channels(input)], initial),
  }),
  apply: ({ per }, { gain }, x, _, { input }) =>
    mul(x, per === "scalar" ? gain! : alongChannels(gain!, input)),
  meanField: ({ initial }) => scaleStep({ factor: initial }),
  covariance: ({ initial, per }, { own: { gain } }) => ({
    op: "gain",
    factor: initial,
    per,
    trained: { weight: gain!, bias: untrained },
  }),
});
