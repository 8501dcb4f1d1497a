/**
 * @file The sign of x. Its derivative is 0 almost everywhere, and what the jump at 0 would add to E φ'φ' and to the tangent
 * kernel is dropped (kernels.md §3): no gradient passes a sign. Dual: Sheppard's law, 1 - 2θ/π = (2/π) asin ρ.
 */
import type { ScalarActivation } from "../activation.ts";
import { gramRoot } from "../pair-geometry.ts";

export function sign(): ScalarActivation {
  return {
    kind: "sign",
    parameters: {},
    f: Math.sign,
    df: () => 0,
    d2f: () => 0,
    kinks: [0],
    moments: {
      B: (K) => (K === 0 ? 0 : 1),
      A: () => 0,
      chiK: () => 0,
      m: () => 0,
      A4: () => 0,
      fourth: (K) => (K === 0 ? 0 : 1),
      mixedFourth: () => 0,
      radial: () => 0,
      dual: (Ka, Kb, C) => (Ka === 0 || Kb === 0 ? 0 : (2 / Math.PI) * Math.atan2(C, gramRoot(Ka, Kb, C))),
      dualDerivative: () => 0,
      dualOfSquares: (Ka, Kb) => (Ka === 0 || Kb === 0 ? 0 : 1),
    },
  };
}
