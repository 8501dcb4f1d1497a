/** @file φ(x) = x·Φ(x), Φ the standard normal distribution function, exact; and its tanh approximation, another activation. */
import { add, gelu as geluOp, mul, sigmoid, square } from "../../expr/index.ts";
import { activationConstants } from "../../theory/index.ts";
import { defineActivation } from "./define.ts";

export const gelu = defineActivation({
  kind: "gelu",
  summary: "φ(x) = x·Φ(x), Φ the standard normal distribution function (exact)",
  apply: (x) => geluOp(x),
});

const { scale, cubic } = activationConstants.geluTanh;

/** ½(1 + tanh u) = σ(2u), which keeps the relative accuracy of the left tail. */
export const geluTanh = defineActivation({
  kind: "geluTanh",
  summary: "φ(x) = ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))",
  apply: (x) => mul(x, sigmoid(mul(mul(x, add(mul(square(x), cubic), 1)), 2 * scale))),
});
