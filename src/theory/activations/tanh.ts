/** @file Hyperbolic tangent: no closed Gaussian integrals are known, so they are integrated. */
import type { ScalarActivation } from "../activation.ts";

export function tanh(): ScalarActivation {
  return {
    kind: "tanh",
    parameters: {},
    f: Math.tanh,
    df: (x) => {
      const t = Math.tanh(x);
      return (1 - t) * (1 + t);
    },
    d2f: (x) => {
      const t = Math.tanh(x);
      return -2 * t * (1 - t) * (1 + t);
    },
    kinks: [],
    taylor: [0, 1, 0, -2],
    moments: { m: () => 0 },
  };
}
