/** @file Sine (criticality.md §2; duals from the characteristic function of the normal law). */
import type { ScalarActivation } from "../activation.ts";

/** exp(-(Ka + Kb)/2 + C) and exp(-(Ka + Kb)/2 - C): never larger than 1, so neither overflows. */
function waves(Ka: number, Kb: number, C: number): readonly [number, number] {
  const mid = (Ka + Kb) / 2;
  return [Math.exp(C - mid), Math.exp(-C - mid)];
}

export function sin(): ScalarActivation {
  return {
    kind: "sin",
    parameters: {},
    f: Math.sin,
    df: Math.cos,
    d2f: (x) => -Math.sin(x),
    kinks: [],
    taylor: [0, 1, 0, -1],
    moments: {
      B: (K) => -Math.expm1(-2 * K) / 2,
      A: (K) => (1 + Math.exp(-2 * K)) / 2,
      chiK: (K) => Math.exp(-2 * K),
      m: () => 0,
      A4: (K) => 3 / 8 + Math.exp(-2 * K) / 2 + Math.exp(-8 * K) / 8,
      dual: (Ka, Kb, C) => {
        if (Math.abs(C) < 1) return Math.exp(-(Ka + Kb) / 2) * Math.sinh(C);
        const [with_, against] = waves(Ka, Kb, C);
        return (with_ - against) / 2;
      },
      dualDerivative: (Ka, Kb, C) => {
        const [with_, against] = waves(Ka, Kb, C);
        return (with_ + against) / 2;
      },
    },
  };
}
