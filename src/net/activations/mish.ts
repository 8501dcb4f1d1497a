/** @file φ(x) = x·tanh(ln(1 + exp(x))). */
import { mul, softplus, tanh } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const mish = defineActivation({
  kind: "mish",
  summary: "φ(x) = x·tanh(ln(1 + exp(x)))",
  apply: (x) => mul(x, tanh(softplus(x))),
});
