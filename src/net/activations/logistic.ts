/** @file The logistic function and its integral. */
import { sigmoid as sigmoidOp, softplus as softplusOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const softplus = defineActivation({
  kind: "softplus",
  summary: "φ(x) = ln(1 + exp(x))",
  apply: (x) => softplusOp(x),
});

export const sigmoid = defineActivation({
  kind: "sigmoid",
  summary: "φ(x) = 1/(1 + exp(−x))",
  apply: (x) => sigmoidOp(x),
});
