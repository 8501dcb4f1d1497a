/** @file Exponential linear units. Their derivative at 0 is that of the left side, as theory has it. */
import { z } from "zod";
import { add, expm1, minimum, mul, relu, type Tensor } from "../../expr/index.ts";
import { activationConstants } from "../../theory/index.ts";
import { finite } from "../options.ts";
import { defineActivation, defineParametricActivation } from "./define.ts";

/** relu'(0) = 0 and the tie of minimum goes to x, so at 0 the left side counts. */
function eluOf(x: Tensor, alpha: number): Tensor {
  return add(relu(x), mul(expm1(minimum(x, 0)), alpha));
}

export const elu = defineParametricActivation({
  kind: "elu",
  summary: "φ(x) = x for x > 0, alpha·(exp(x) − 1) otherwise",
  params: z.strictObject({ alpha: finite.default(1).describe("minus the value at −∞: a finite number") }),
  apply: ({ alpha }, x) => eluOf(x, alpha),
});

const { scale, alpha } = activationConstants.selu;

export const selu = defineActivation({
  kind: "selu",
  summary: "φ(x) = 1.0507…·elu(x) with alpha = 1.6732…",
  apply: (x) => mul(eluOf(x, alpha), scale),
});
