/** @file φ(x) = x. */
import { defineActivation } from "./define.ts";

export const linear = defineActivation({
  kind: "linear",
  summary: "φ(x) = x",
  synonyms: ["identity"],
  apply: (x) => x,
});
