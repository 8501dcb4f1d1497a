/**
 * @file Gaussian error linear unit x Φ(x), exact (not its tanh approximation, which is another activation).
 * Moments: criticality.md §2. Dual: kernels.md §3, k = (C ψ + (C² + Ka Kb D²)/(P D))/2π with P = (1 + Ka)(1 + Kb),
 * D = sqrt(P - C²), ψ = π/2 + atan2(C, D) = atan2(D, -C), which does not cancel for opposite signals; the moments are its
 * diagonal. Products of variances are never formed: they overflow.
 */
import erfcOf from "@stdlib/math-base-special-erfc";
import type { ScalarActivation } from "../activation.ts";
import { gramRoot } from "../pair-geometry.ts";

const TWO_PI = 2 * Math.PI;
const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(TWO_PI);
const distribution = (x: number) => 0.5 * erfcOf(-x * Math.SQRT1_2);

const share = (K: number) => K / (1 + K);
/** asin(K/(1 + K)). */
const angle = (K: number) => Math.atan2(K, Math.sqrt(1 + 2 * K));
/** E φ² / K. */
const gain = (K: number) => 1 / 4 + (angle(K) + (2 * share(K)) / Math.sqrt(1 + 2 * K)) / TWO_PI;

/** D and ψ of the file's formula; P - C² is expanded so that nothing cancels. */
function terms(Ka: number, Kb: number, C: number) {
  const D = Math.hypot(Math.sqrt(1 + Ka + Kb), gramRoot(Ka, Kb, C));
  return { D, psi: Math.atan2(D, -C) };
}

export function gelu(): ScalarActivation {
  return {
    kind: "gelu",
    parameters: {},
    f: (x) => x * distribution(x),
    df: (x) => distribution(x) + x * density(x),
    d2f: (x) => (2 - x * x) * density(x),
    kinks: [],
    taylor: [0, 1 / 2, Math.sqrt(2 / Math.PI), 0],
    moments: {
      B: (K) => K * gain(K),
      A: (K) => 1 / 4 + (angle(K) + (share(K) * (2.5 + 0.5 / (1 + 2 * K))) / Math.sqrt(1 + 2 * K)) / TWO_PI,
      chiK: (K) => {
        const inner = 1 + 2 * (1 - share(K) - K / (1 + 2 * K));
        return gain(K) + (share(K) / Math.sqrt(1 + 2 * K)) * (inner / TWO_PI);
      },
      m: (K) => Math.sqrt((share(K) * K) / TWO_PI),
      dual: (Ka, Kb, C) => {
        const { D, psi } = terms(Ka, Kb, C);
        const overlap = (C / (1 + Ka)) * (C / (1 + Kb));
        return (C * psi + overlap / D + share(Ka) * share(Kb) * D) / TWO_PI;
      },
      dualDerivative: (Ka, Kb, C) => {
        const { D, psi } = terms(Ka, Kb, C);
        return (psi + (C / D) * (1 / (D * D) + 1 / (1 + Ka) + 1 / (1 + Kb))) / TWO_PI;
      },
    },
  };
}
