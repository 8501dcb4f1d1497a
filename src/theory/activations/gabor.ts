/**
 * @file exp(-x²) sin x (kernels.md §3). With S = Ka + Kb, d = 4(Ka Kb - C²), n = 1 + 2S + d: E φφ = E (e - 1)/(2 sqrt(n)),
 * E = exp(-(S + d + 2C)/2n), e = exp(2C/n). Every quotient is formed through r = sqrt(n), since d overflows long before φ's
 * moments vanish.
 */
import type { ScalarActivation } from "../activation.ts";
import { geometricMean, gramRoot } from "../pair-geometry.ts";

const f = (x: number) => Math.exp(-x * x) * Math.sin(x);
/** The factor of exp(-x²), 0 where that underflows and the factor may have overflowed. */
const damped = (x: number, factor: (x: number) => number) => (x * x > 750 ? 0 : Math.exp(-x * x) * factor(x));

interface Terms {
  readonly r: number;
  /** (S + d + 2C)/2n. */
  readonly exponent: number;
  /** 2C/n. */
  readonly shift: number;
}

function terms(Ka: number, Kb: number, C: number): Terms {
  const gram = 2 * gramRoot(Ka, Kb, C);
  const r = Math.hypot(Math.sqrt(1 + 2 * Ka + 2 * Kb), gram);
  const ofSum = (Ka / r / r + Kb / r / r + (2 * C) / r / r) / 2;
  return { r, exponent: ofSum + (gram / r) ** 2 / 2, shift: (2 * C) / r / r };
}

/** ½ E [(h - m) + e (h + m)] n^{-5/2}, h = 1 + 2S + 4(C² + Ka Kb), m = 4C (d + 3S + 2). */
function slopes(Ka: number, Kb: number, C: number): number {
  const { r, exponent, shift } = terms(Ka, Kb, C);
  const gram = (2 * gramRoot(Ka, Kb, C)) / r;
  const spread = (geometricMean(Ka, Kb) / r / r) ** 2;
  const sum = (1 + 2 * Ka + 2 * Kb) / r / r;
  const h = sum / r / r / r + (4 * ((C / r / r) ** 2 + spread)) / r;
  const m = ((4 * C) / r / r / r) * (gram * gram + (2 + 3 * Ka + 3 * Kb) / r / r);
  return (Math.exp(-exponent) * (h - m + Math.exp(shift) * (h + m))) / 2;
}

export function gabor(): ScalarActivation {
  return {
    kind: "gabor",
    parameters: {},
    f,
    df: (x) => damped(x, (t) => Math.cos(t) - 2 * t * Math.sin(t)),
    d2f: (x) => damped(x, (t) => (4 * t * t - 3) * Math.sin(t) - 4 * t * Math.cos(t)),
    kinks: [],
    taylor: [0, 1, 0, -7],
    moments: {
      // The dual at Ka = Kb = C: with u = K/n, n = 1 + 4K, (1 - exp(-2u))/(2 sqrt(n)).
      B: (K) => -Math.expm1((-2 * K) / (1 + 4 * K)) / (2 * Math.sqrt(1 + 4 * K)),
      A: (K) => slopes(K, K, K),
      chiK: (K) => {
        const n = 1 + 4 * K;
        const u = K / n;
        return (Math.exp(-2 * u) / n + Math.expm1(-2 * u)) / (n * Math.sqrt(n));
      },
      m: () => 0,
      dual: (Ka, Kb, C) => {
        const { r, exponent, shift } = terms(Ka, Kb, C);
        return (Math.exp(-exponent) * Math.expm1(shift)) / (2 * r);
      },
      dualDerivative: slopes,
    },
  };
}
