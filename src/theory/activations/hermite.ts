/**
 * @file The normalised Hermite polynomial h_n(x) = He_n(x)/sqrt(n!) (kernels.md §3). At variance 1 its dual is Cⁿ; at variance
 * v, h_n(sqrt(v) g) = Σ_j sqrt(n!/l!)/(2^j j!) (v - 1)^j v^{l/2} h_l(g), l = n - 2j, so that duals are known at every v by
 * Mehler's formula E h_l(g) h_l(g') = ρ^l.
 */
import type { ScalarActivation } from "../activation.ts";
import { geometricMean } from "../pair-geometry.ts";
import { requireDegree } from "./monomial.ts";

/** h_n(x) by the recurrence sqrt(k + 1) h_{k+1} = x h_k - sqrt(k) h_{k-1}; 0 for n < 0. */
function hermiteValue(n: number, x: number): number {
  if (n < 0) return 0;
  let before = 0;
  let value = 1;
  for (let k = 0; k < n; k++)
    [before, value] = [value, (x * value - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
  // Both terms overflowed: the power of x decides.
  return Number.isNaN(value) ? x ** n : value;
}

/** One term of h_n(sqrt(v) g): weight (v - 1)^j v^{l/2} h_l(g). */
interface Term {
  readonly weight: number;
  readonly j: number;
  readonly l: number;
}

function termsOf(n: number): Term[] {
  const terms: Term[] = [];
  let weight = 1;
  for (let j = 0, l = n; l >= 0; j++, l -= 2) {
    terms.push({ weight, j, l });
    weight *= Math.sqrt(l * (l - 1)) / (2 * (j + 1));
  }
  return terms;
}

/** The coefficients of h_n(sqrt(v) g) by l. */
function coefficientsOf(n: number): (v: number) => number[] {
  const terms = termsOf(n);
  return (v) => {
    const coefficients = new Array<number>(n + 1).fill(0);
    for (const { weight, j, l } of terms) coefficients[l] = weight * (v - 1) ** j * v ** (l / 2);
    return coefficients;
  };
}

/** E h_n(u) h_n(v). */
function hermiteDual(n: number): (Ka: number, Kb: number, C: number) => number {
  const terms = termsOf(n);
  return (Ka, Kb, C) => {
    const s = geometricMean(Ka, Kb);
    const shifts = (Ka - 1) * (Kb - 1);
    let sum = 0;
    for (const { weight, j, l } of terms) {
      const power = l === 0 ? 1 : C ** l;
      sum += power === 0 ? 0 : weight * weight * shifts ** j * power;
    }
    return Number.isFinite(sum) ? sum : overflow(n, C, s);
  };
}

/** Past float64 the term of the highest power counts, (u v)ⁿ/n!, of the sign of Cⁿ. */
function overflow(n: number, C: number, s: number): number {
  if (C === 0 && n % 2 === 1) return 0;
  return C < 0 && n % 2 === 1 ? Number.NEGATIVE_INFINITY : s > 0 ? Number.POSITIVE_INFINITY : 0;
}

/** dB/dK, term by term. */
function hermiteSlope(n: number): (K: number) => number {
  const terms = termsOf(n);
  return (K) => {
    let sum = 0;
    for (const { weight, j, l } of terms) {
      const rise = j === 0 ? 0 : 2 * j * (K - 1) ** (2 * j - 1) * K ** l;
      const spread = l === 0 ? 0 : l * (K - 1) ** (2 * j) * K ** (l - 1);
      sum += weight * weight * (rise + spread);
    }
    return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
  };
}

/** @throws FathomError `bad-input` for a degree that is not a whole number up to 32. */
export function hermite({ degree: n = 2 }: { readonly degree?: number } = {}): ScalarActivation {
  requireDegree(n, "hermite");
  const derivative = (k: number) => {
    const factor = Math.sqrt(Array.from({ length: k }, (_, i) => n - i).reduce((a, b) => a * b, 1));
    return (x: number) => (factor === 0 ? 0 : factor * hermiteValue(n - k, x));
  };
  const dual = hermiteDual(n);
  const slopes = n === 0 ? () => 0 : hermiteDual(n - 1);
  const constant = termsOf(n).find(({ l }) => l === 0);
  return {
    kind: "hermite",
    parameters: { degree: n },
    f: derivative(0),
    df: derivative(1),
    d2f: derivative(2),
    kinks: [],
    taylor: [derivative(0)(0), derivative(1)(0), derivative(2)(0), derivative(3)(0)],
    ...(n === 1 ? { homogeneous: true as const } : {}),
    moments: {
      B: (K) => dual(K, K, K),
      A: (K) => n * slopes(K, K, K),
      chiK: hermiteSlope(n),
      m: (K) => (constant === undefined ? 0 : constant.weight * (K - 1) ** constant.j),
      dual,
      dualDerivative: (Ka, Kb, C) => n * slopes(Ka, Kb, C),
      hermite: coefficientsOf(n),
    },
  };
}
