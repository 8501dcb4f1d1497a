/** @file Sigmoid linear unit x σ(x), also called swish; its Gaussian integrals are integrated. */
import type { ScalarActivation } from "../activation.ts";

/** The logistic function, without overflow. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export function silu(): ScalarActivation {
  return {
    kind: "silu",
    parameters: {},
    f: (x) => x * sigmoid(x),
    df: (x) => {
      const s = sigmoid(x);
      return s * (1 + x * (1 - s));
    },
    d2f: (x) => {
      const s = sigmoid(x);
      return s * (1 - s) * (2 + x * (1 - 2 * s));
    },
    kinks: [],
    taylor: [0, 1 / 2, 1 / 2, 0],
    moments: {},
  };
}
