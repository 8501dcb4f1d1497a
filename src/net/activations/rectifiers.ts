/** @file Piecewise linear activations with their kink at 0: relu, leakyRelu, abRelu, abs; and the sign. */
import { z } from "zod";
import { abs as absOp, greater, mul, relu as reluOp, sign as signOp, where } from "../../expr/index.ts";
import { finite } from "../options.ts";
import { defineActivation, defineParametricActivation } from "./define.ts";

export const relu = defineActivation({
  kind: "relu",
  summary: "φ(x) = max(x, 0)",
  apply: (x) => reluOp(x),
});

export const leakyRelu = defineParametricActivation({
  kind: "leakyRelu",
  summary: "φ(x) = x for x > 0, alpha·x otherwise",
  params: z.strictObject({ alpha: finite.default(0.01).describe("slope left of zero: a finite number") }),
  apply: ({ alpha }, x) => where(greater(x, 0), x, mul(x, alpha)),
});

export const abRelu = defineParametricActivation({
  kind: "abRelu",
  summary: "φ(x) = b·x for x > 0, a·x otherwise",
  params: z.strictObject({
    a: finite.default(0).describe("slope left of zero: a finite number"),
    b: finite.default(1).describe("slope right of zero: a finite number"),
  }),
  apply: ({ a, b }, x) => where(greater(x, 0), mul(x, b), mul(x, a)),
});

export const abs = defineActivation({
  kind: "abs",
  summary: "φ(x) = |x|",
  apply: (x) => absOp(x),
});

export const sign = defineActivation({
  kind: "sign",
  summary: "φ(x) = −1, 0 or 1; no gradient passes it",
  apply: (x) => signOp(x),
});
