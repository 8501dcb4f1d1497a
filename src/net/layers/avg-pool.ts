/**
 * @file Mean over windows of an image or a signal. At zero-padded edges `edges: "window"` divides by the whole window
 * (PyTorch's default), `"inside"` by the positions that are there (`normalize_edges` of kernels.md §2.1).
 */
import { z } from "zod";
import { avgPool as avgPoolOp } from "../../expr/index.ts";
import { defineLayer } from "../define.ts";
import { pooled, poolOptions, poolShape, poolWindows } from "../pooling.ts";

export const avgPool = defineLayer({
  kind: "avgPool",
  summary: "mean over windows of an image or a signal, channel by channel",
  options: z.strictObject({
    ...poolOptions,
    edges: z
      .enum(["window", "inside"])
      .default("window")
      .describe("divide by the whole window, or by the positions inside the edges"),
  }),
  shape: (options, input, place) => poolShape(options, input, place),
  apply: (options, _, x) => {
    const { wrapped, geometry } = pooled(options, x);
    return avgPoolOp(wrapped, {
      ...geometry,
      countPadding: options.edges === "window" ? "include" : "exclude",
    });
  },
  noMeanField: "averages positions, whose covariance the scalar theory does not follow",
  covariance: (options, { input }) => ({
    op: "pool",
    windows: poolWindows(options, input),
    divisor: options.edges,
  }),
});
