/** @file Smooth activations that saturate on both sides beside tanh and erf: arctan, softsign. */
import { abs, add, atan, div } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const arctan = defineActivation({
  kind: "arctan",
  summary: "φ(x) = arctan(x)",
  apply: (x) => atan(x),
});

export const softsign = defineActivation({
  kind: "softsign",
  summary: "φ(x) = x/(1 + |x|)",
  apply: (x) => div(x, add(abs(x), 1)),
});
