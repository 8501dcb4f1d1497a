/** @file xⁿ for x >= 0 and 0 left of it (kernels.md §3; n = 0 is the step, n = 1 relu): arc-cosine kernels of degree n. */
import type { ScalarActivation } from "../activation.ts";
import { geometricMean } from "../pair-geometry.ts";
import { arcCosine } from "./arc-cosine.ts";
import { requireDegree } from "./monomial.ts";
import { oddFactorial, scaledPower } from "./powers.ts";

const TWO_PI = 2 * Math.PI;

/** E u₊ⁿ v₊ⁿ. */
function rectifiedDual(n: number, Ka: number, Kb: number, C: number): number {
  return scaledPower(arcCosine(n, Ka, Kb, C) / TWO_PI, geometricMean(Ka, Kb), n);
}

/** E h₊ⁿ. */
function rectifiedMean(n: number, K: number): number {
  const half = n % 2 === 0 ? oddFactorial(n / 2) / 2 : evenFactorial(n - 1) / Math.sqrt(TWO_PI);
  return scaledPower(half, K, n / 2);
}

/** (2k)!! = 2 · 4 · … · 2k. */
function evenFactorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i += 2) product *= i;
  return product;
}

/** @throws FathomError `bad-input` for a degree that is not a whole number up to 32. */
export function rectifiedMonomial({ degree: n = 2 }: { readonly degree?: number } = {}): ScalarActivation {
  requireDegree(n, "rectifiedMonomial");
  const half = (k: number) => oddFactorial(k) / 2;
  const slopes = half(Math.max(0, n - 1)) * n * n;
  const powers = half(Math.max(0, 2 * n - 2)) * n ** 4;
  return {
    kind: "rectifiedMonomial",
    parameters: { degree: n },
    f: (x) => (x >= 0 ? x ** n : 0),
    df: (x) => (x > 0 && n > 0 ? n * x ** (n - 1) : 0),
    d2f: (x) => (x > 0 && n > 1 ? n * (n - 1) * x ** (n - 2) : 0),
    kinks: [0],
    ...(n === 1 ? { homogeneous: true as const } : {}),
    moments: {
      B: (K) => scaledPower(half(n), K, n),
      A: (K) => scaledPower(slopes, K, n - 1),
      chiK: (K) => scaledPower(n * half(n), K, n - 1),
      m: (K) => rectifiedMean(n, K),
      A4: (K) => scaledPower(powers, K, 2 * n - 2),
      fourth: (K) => scaledPower(half(2 * n), K, 2 * n),
      mixedFourth: (K) => scaledPower(n === 0 ? 0 : n * n * half(2 * n - 1), K, 2 * n - 1),
      radial: (K) => scaledPower(n * half(n), K, n),
      dual: (Ka, Kb, C) => rectifiedDual(n, Ka, Kb, C),
      dualDerivative: (Ka, Kb, C) => (n === 0 ? 0 : n * n * rectifiedDual(n - 1, Ka, Kb, C)),
      dualOfSquares: (Ka, Kb, C) => rectifiedDual(2 * n, Ka, Kb, C),
    },
  };
}
