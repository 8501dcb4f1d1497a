/**
 * @file Hard tanh max(-1, min(1, x)). With p = P(|h| < 1) = erf(x), x = 1/sqrt(2K): A = p, dB/dK = P(3/2, x²), the
 * regularised incomplete gamma function (criticality.md §2 writes it as p - sqrt(2/(π K)) exp(-1/2K), which cancels for
 * large K), and B = K dB/dK + 1 - p.
 */
import erfOf from "@stdlib/math-base-special-erf";
import erfcOf from "@stdlib/math-base-special-erfc";
import type { ScalarActivation } from "../activation.ts";

const threshold = (K: number) => 1 / Math.sqrt(2 * K);
const inside = (K: number) => erfOf(threshold(K));

/** P(3/2, x²) / x³, by its power series x^{-3} P = exp(-x²) sum_n x^{2n} / Γ(n + 5/2), for x < 1. */
function scaledGamma(x: number): number {
  let term = 4 / (3 * Math.sqrt(Math.PI));
  let sum = term;
  for (let n = 1; n < 40 && term > 1e-17 * sum; n++) {
    term *= (x * x) / (n + 1.5);
    sum += term;
  }
  return sum * Math.exp(-x * x);
}

/** dB/dK = P(3/2, 1/2K). */
function slope(K: number): number {
  const x = threshold(K);
  if (x < 1) return x ** 3 * scaledGamma(x);
  return x === Number.POSITIVE_INFINITY ? 1 : erfOf(x) - (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x);
}

export function hardtanh(): ScalarActivation {
  return {
    kind: "hardtanh",
    parameters: {},
    f: (x) => Math.max(-1, Math.min(1, x)),
    df: (x) => (Math.abs(x) < 1 ? 1 : 0),
    kinks: [-1, 1],
    taylor: [0, 1, 0, 0],
    moments: {
      B: (K) => {
        const x = threshold(K);
        const linearPart = x < 1 ? (x * scaledGamma(x)) / 2 : K * slope(K);
        return linearPart + erfcOf(x);
      },
      A: inside,
      chiK: slope,
      m: () => 0,
      A4: inside,
    },
  };
}
