/** @file Error function activation (criticality.md §2; duals: Williams 1996, in the atan2 form of kernels.md §3). */
import erfOf from "@stdlib/math-base-special-erf";
import type { ScalarActivation } from "../activation.ts";
import { gramRoot } from "../pair-geometry.ts";

const SLOPE = 2 / Math.sqrt(Math.PI);
const FOUR_OVER_PI = 4 / Math.PI;

/** sqrt((1 + 2Ka)(1 + 2Kb) - 4C²), written so that nothing cancels at C = ±sqrt(Ka Kb). */
function root(Ka: number, Kb: number, C: number): number {
  return Math.hypot(Math.sqrt(1 + 2 * (Ka + Kb)), 2 * gramRoot(Ka, Kb, C));
}

export function erf(): ScalarActivation {
  const df = (x: number) => SLOPE * Math.exp(-x * x);
  return {
    kind: "erf",
    parameters: {},
    f: erfOf,
    df,
    d2f: (x) => -2 * x * df(x),
    kinks: [],
    taylor: [0, SLOPE, 0, -2 * SLOPE],
    moments: {
      B: (K) => (2 / Math.PI) * Math.atan2(2 * K, Math.sqrt(1 + 4 * K)),
      A: (K) => FOUR_OVER_PI / Math.sqrt(1 + 4 * K),
      chiK: (K) => FOUR_OVER_PI / ((1 + 2 * K) * Math.sqrt(1 + 4 * K)),
      m: () => 0,
      A4: (K) => FOUR_OVER_PI ** 2 / Math.sqrt(1 + 8 * K),
      dual: (Ka, Kb, C) => (2 / Math.PI) * Math.atan2(2 * C, root(Ka, Kb, C)),
      dualDerivative: (Ka, Kb, C) => FOUR_OVER_PI / root(Ka, Kb, C),
    },
  };
}
