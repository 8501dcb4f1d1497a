/** @file Positions as tokens: an image `[C, H, W]` or a signal `[C, T]` becomes tokens `[positions, C]`, row by row. */
import { z } from "zod";
import { reshape, transpose } from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { identity } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { requireSpatial } from "../spatial.ts";

export const toTokens = defineLayer({
  kind: "toTokens",
  summary: "every position of an image or a signal becomes a token: [C, H, W] → [H·W, C]",
  options: z.strictObject({}),
  shape: (_, input, place) => {
    const { channels, sizes } = requireSpatial(input, place);
    return { kind: "tokens", shape: [sizeOf(sizes), channels] };
  },
  apply: (_, __, x) => {
    const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
    return transpose(reshape(x, [batch, channels, sizeOf(sizes)]), [0, 2, 1]);
  },
  meanField: () => identity(),
  covariance: () => ({ op: "identity" }),
});
