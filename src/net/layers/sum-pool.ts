/** @file Sum over windows of an image or a signal; zeros outside. */
import { z } from "zod";
import { sumPool as sumPoolOp } from "../../expr/index.ts";
import { defineLayer } from "../define.ts";
import { pooled, poolOptions, poolShape, poolWindows } from "../pooling.ts";

export const sumPool = defineLayer({
  kind: "sumPool",
  summary: "sum over windows of an image or a signal, channel by channel",
  options: z.strictObject(poolOptions),
  shape: (options, input, place) => poolShape(options, input, place),
  apply: (options, _, x) => {
    const { wrapped, geometry } = pooled(options, x);
    return sumPoolOp(wrapped, geometry);
  },
  noMeanField: "sums over positions, whose covariance the scalar theory does not follow",
  covariance: (options, { input }) => ({ op: "pool", windows: poolWindows(options, input), divisor: "none" }),
});
