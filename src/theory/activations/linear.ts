/** @file Linear activation φ(x) = x (criticality.md §2). */
import type { ScalarActivation } from "../activation.ts";

export function linear(): ScalarActivation {
  return {
    kind: "linear",
    parameters: {},
    f: (x) => x,
    df: () => 1,
    d2f: () => 0,
    kinks: [],
    taylor: [0, 1, 0, 0],
    homogeneous: true,
    moments: {
      B: (K) => K,
      A: () => 1,
      chiK: () => 1,
      m: () => 0,
      A4: () => 1,
      dual: (_Ka, _Kb, C) => C,
      dualDerivative: () => 1,
      fourth: (K) => 3 * K * K,
      mixedFourth: (K) => K,
      radial: (K) => K,
      dualOfSquares: (Ka, Kb, C) => Ka * Kb + 2 * C * C,
      hermite: (K) => [0, Math.sqrt(K)],
    },
  };
}
