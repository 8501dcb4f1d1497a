/** @file Exponentials: exp, gaussian, gabor, and the kernel that has no function, expNormalized. */
import { z } from "zod";
import { exp as expOp, mul, neg, sin, square } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { finite } from "../options.ts";
import { defineActivation, defineParametricActivation } from "./define.ts";

export const exp = defineParametricActivation({
  kind: "exp",
  summary: "φ(x) = a·exp(b·x)",
  params: z.strictObject({
    a: finite.default(1).describe("amplitude: a finite number"),
    b: finite.default(1).describe("rate: a finite number"),
  }),
  apply: ({ a, b }, x) => mul(expOp(mul(x, b)), a),
});

export const gaussian = defineParametricActivation({
  kind: "gaussian",
  summary: "φ(x) = a·exp(b·x²); for b > 0 its moments exist only while 4·b·K < 1",
  params: z.strictObject({
    a: finite.default(1).describe("amplitude: a finite number"),
    b: finite.default(-1).describe("curvature: a finite number"),
  }),
  apply: ({ a, b }, x) => mul(expOp(mul(square(x), b)), a),
});

export const gabor = defineActivation({
  kind: "gabor",
  summary: "φ(x) = exp(−x²)·sin(x)",
  apply: (x) => mul(expOp(neg(square(x))), sin(x)),
});

export const expNormalized = defineParametricActivation({
  kind: "expNormalized",
  summary: "kernel only, no function: k = √(v·v′)·exp(gamma·(ρ + shift))",
  params: z.strictObject({
    gamma: finite.default(1).describe("rate: a finite number"),
    shift: finite.default(-1).describe("shift of the correlation: a finite number"),
  }),
  apply: () => {
    throw new FathomError({
      code: "unsupported",
      message: "expNormalized is a kernel only: no network can compute it.",
      where: "activation",
      hint: "Use it in kernels, or choose an activation such as exp or rbf.",
    });
  },
});
