/** @file Sinusoids: sin, cos, and rbf, whose kernel is the Gaussian one. */
import { z } from "zod";
import { add, cos as cosOp, mul, sin as sinOp, type Tensor } from "../../expr/index.ts";
import { finite } from "../options.ts";
import { defineParametricActivation } from "./define.ts";

const defaults = { a: 1, b: 1, p: 0 };
const params = z.strictObject({
  a: finite.optional().describe("amplitude: a finite number"),
  b: finite.optional().describe("frequency: a finite number"),
  p: finite.optional().describe("phase: a finite number"),
});

function wave(op: (x: Tensor) => Tensor, { a = 1, b = 1, p = 0 }: z.infer<typeof params>, x: Tensor): Tensor {
  return mul(op(add(mul(x, b), p)), a);
}

function sinusoid<const K extends string>(kind: K, op: (x: Tensor) => Tensor) {
  return defineParametricActivation({
    kind,
    summary: `φ(x) = a·${kind}(b·x + p)`,
    params,
    defaults,
    apply: (given, x) => wave(op, given, x),
  });
}

export const sin = sinusoid("sin", sinOp);
export const cos = sinusoid("cos", cosOp);

export const rbf = defineParametricActivation({
  kind: "rbf",
  summary: "φ(x) = √2·sin(√(2·gamma)·x + π/4), whose kernel is exp(−gamma·|x − x′|²)",
  params: z.strictObject({
    gamma: finite.positive().default(1).describe("inverse square width of the kernel: a number above 0"),
  }),
  apply: ({ gamma }, x) => wave(sinOp, { a: Math.SQRT2, b: Math.sqrt(2 * gamma), p: Math.PI / 4 }, x),
});
