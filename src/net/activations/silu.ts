/** @file φ(x) = x/(1 + exp(−x)). */
import { mul, sigmoid } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const silu = defineActivation({
  kind: "silu",
  summary: "φ(x) = x/(1 + exp(−x))",
  synonyms: ["swish"],
  apply: (x) => mul(x, sigmoid(x)),
});
