/** @file φ(x) = a·erf(b·x) + c0, and the erf that resembles the logistic function. */
import { z } from "zod";
import { add, erf as erfOp, mul } from "../../expr/index.ts";
import { activationConstants } from "../../theory/index.ts";
import { finite } from "../options.ts";
import { defineActivation, defineParametricActivation } from "./define.ts";

export const erf = defineParametricActivation({
  kind: "erf",
  summary: "φ(x) = a·erf(b·x) + c0, erf(x) = (2/√π) ∫₀ˣ exp(−t²) dt",
  params: z.strictObject({
    a: finite.optional().describe("amplitude: a finite number"),
    b: finite.optional().describe("slope: a finite number"),
    c0: finite.optional().describe("shift: a finite number"),
  }),
  defaults: { a: 1, b: 1, c0: 0 },
  apply: ({ a = 1, b = 1, c0 = 0 }, x) => add(mul(erfOp(mul(x, b)), a), c0),
});

export const sigmoidLike = defineActivation({
  kind: "sigmoidLike",
  summary: "φ(x) = ½ + ½·erf(x/2.4020563531719796), close to sigmoid",
  apply: (x) => add(mul(erfOp(mul(x, 1 / activationConstants.sigmoidLike.scale)), 0.5), 0.5),
});
