/** @file Sigmoid linear unit x σ(x), also called swish; its Gaussian integrals are integrated. */
import type { ScalarActivation } from "../activation.ts";
import { logistic } from "./logistic.ts";

export function silu(): ScalarActivation {
  return {
    kind: "silu",
    parameters: {},
    f: (x) => x * logistic(x),
    df: (x) => {
      const s = logistic(x);
      return s * (1 + x * (1 - s));
    },
    d2f: (x) => {
      const s = logistic(x);
      return s * (1 - s) * (2 + x * (1 - 2 * s));
    },
    kinks: [],
    taylor: [0, 1 / 2, 1 / 2, 0],
    moments: {},
  };
}
