/**
 * @file φ(x) = x for x > 0, alpha x otherwise; relu is alpha = 0. Moments: criticality.md §2. Duals: the arc-cosine
 * kernels (Cho and Saul 2009) in the ABReLU form of kernels.md §3, k = F Δ + k̇ C, k̇ = (alpha² + 1)/2 - F θ,
 * F = (1 - alpha)²/2π, Δ = sqrt(Ka Kb - C²), θ = atan2(Δ, C), which loses no digits at C = ±sqrt(Ka Kb).
 */
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { gramRoot } from "../pair-geometry.ts";

/** @throws FathomError `bad-input` for a non-finite alpha. */
export function leakyRelu({ alpha = 0.01 }: { readonly alpha?: number } = {}): ScalarActivation {
  requireFinite(alpha, "leakyRelu.alpha");
  return { ...rectifier(alpha), kind: "leakyRelu", parameters: { alpha } };
}

export function relu(): ScalarActivation {
  return { ...rectifier(0), kind: "relu", parameters: {} };
}

function rectifier(alpha: number): Omit<ScalarActivation, "kind" | "parameters"> {
  const half = (1 + alpha * alpha) / 2;
  const F = (1 - alpha) ** 2 / (2 * Math.PI);
  const wedge = (Ka: number, Kb: number, C: number) => {
    const delta = gramRoot(Ka, Kb, C);
    return { delta, slope: half - F * (Ka === 0 || Kb === 0 ? Math.PI / 2 : Math.atan2(delta, C)) };
  };
  return {
    f: (x) => (x > 0 ? x : alpha * x),
    df: (x) => (x > 0 ? 1 : alpha),
    kinks: alpha === 1 ? [] : [0],
    homogeneous: true,
    moments: {
      B: (K) => half * K,
      A: () => half,
      chiK: () => half,
      m: (K) => (1 - alpha) * Math.sqrt(K / (2 * Math.PI)),
      A4: () => (1 + alpha ** 4) / 2,
      dual: (Ka, Kb, C) => {
        const { delta, slope } = wedge(Ka, Kb, C);
        return F * delta + slope * C;
      },
      dualDerivative: (Ka, Kb, C) => wedge(Ka, Kb, C).slope,
    },
  };
}
