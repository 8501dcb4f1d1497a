/** @file Tokens `[T, C]` become tokens `[C, T]`: positions as channels, so that a dense layer mixes positions. */
import { z } from "zod";
import { transpose as permute } from "../../expr/index.ts";
import { flatten } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { requireTokens } from "../tokens.ts";

/** criticality.md §4.10: the same fresh weights act on every channel, whose mean square over tokens theory takes for 1. */
const manyTokens = [
  "Layers that mix tokens have many of them, so that all channels have one mean square over tokens.",
  "Theory of mixed tokens is approximate: channels behind the same weights are taken for independent. Sampled networks say by how much.",
];

export const transpose = defineLayer({
  kind: "transpose",
  summary: "tokens and channels change places: [T, C] → [C, T]",
  options: z.strictObject({}),
  shape: (_, input, place) => {
    const { count, channels } = requireTokens(input, place);
    return { kind: "tokens", shape: [channels, count] };
  },
  apply: (_, __, x) => permute(x, [0, 2, 1]),
  meanField: () => ({ ...flatten(), assumptions: manyTokens }),
});
