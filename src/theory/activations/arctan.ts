/** @file Arc tangent; its Gaussian integrals are integrated. */
import type { ScalarActivation } from "../activation.ts";

export function arctan(): ScalarActivation {
  return {
    kind: "arctan",
    parameters: {},
    f: Math.atan,
    df: (x) => 1 / (1 + x * x),
    d2f: (x) => (x === 0 ? 0 : (-2 / (1 + x * x)) * (x / (1 + x * x))),
    kinks: [],
    taylor: [0, 1, 0, -2],
    moments: { m: () => 0 },
  };
}
