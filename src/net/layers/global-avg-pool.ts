/** @file Mean over all positions: images, signals, tokens and graphs become the vector of their channels. */
import { z } from "zod";
import { reduceMean } from "../../expr/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import { defineLayer } from "../define.ts";
import { channelAxis, channels, type NetShape, showNetShape, vector } from "../shapes.ts";

const withPositions: readonly NetShape["kind"][] = ["image", "signal", "tokens", "graph"];

export const globalAvgPool = defineLayer({
  kind: "globalAvgPool",
  summary: "mean over all positions: the vector of the channels' means",
  options: z.strictObject({}),
  shape: (_, input, { self, before, where }) => {
    if (withPositions.includes(input.kind)) return vector(channels(input));
    throw new FathomError({
      code: "bad-shape",
      message: `${self} averages over positions, but ${before} gives ${showNetShape(input)}.`,
      where,
      hint: "Leave it out, or put it before the layer that removed the positions.",
    });
  },
  apply: (_, __, x, ___, { input }) => {
    const channel = channelAxis(input) + 1;
    const axes = [...x.shape.keys()].filter((axis) => axis !== 0 && axis !== channel);
    return reduceMean(x, { axes });
  },
  noMeanField: "averages positions, whose covariance the scalar theory does not follow",
  covariance: (_, { input }) => ({ op: "globalAvgPool", positions: sizeOf(input.shape) / channels(input) }),
});
