/** @file φ(x) = erf(x) = (2/√π) ∫₀ˣ exp(−t²) dt. */
import { erf as erfOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const erf = defineActivation({
  kind: "erf",
  summary: "φ(x) = erf(x) = (2/√π) ∫₀ˣ exp(−t²) dt",
  apply: (x) => erfOp(x),
});
