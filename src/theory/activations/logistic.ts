/** @file The logistic function, sigmoid, and its integral, softplus; their Gaussian integrals are integrated. */
import type { ScalarActivation } from "../activation.ts";

/** 1/(1 + e^{-x}), without overflow. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Its derivative, which keeps its relative accuracy in both tails. */
function slope(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return e / (1 + e) ** 2;
}

export function sigmoid(): ScalarActivation {
  return {
    kind: "sigmoid",
    parameters: {},
    f: logistic,
    df: slope,
    d2f: (x) => -slope(x) * Math.tanh(x / 2),
    kinks: [],
    taylor: [1 / 2, 1 / 4, 0, -1 / 8],
    moments: {},
  };
}

export function softplus(): ScalarActivation {
  return {
    kind: "softplus",
    parameters: {},
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    df: logistic,
    d2f: slope,
    kinks: [],
    taylor: [Math.LN2, 1 / 2, 1 / 4, 0],
    moments: {},
  };
}
