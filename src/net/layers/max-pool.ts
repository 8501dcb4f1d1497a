/** @file Largest value of every window of an image or a signal; positions outside do not count. */
import { z } from "zod";
import { maxPool as maxPoolOp } from "../../expr/index.ts";
import { defineLayer } from "../define.ts";
import { pooled, poolOptions, poolShape } from "../pooling.ts";

export const maxPool = defineLayer({
  kind: "maxPool",
  summary: "largest value of every window of an image or a signal, channel by channel",
  options: z.strictObject(poolOptions),
  shape: (options, input, place) => poolShape(options, input, place),
  apply: (options, _, x) => {
    const { wrapped, geometry } = pooled(options, x);
    return maxPoolOp(wrapped, geometry);
  },
  noMeanField: "takes the largest of positions whose joint law the scalar theory does not follow",
});
