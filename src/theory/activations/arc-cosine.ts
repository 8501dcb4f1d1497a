/**
 * @file The arc-cosine functions J_n(θ) of Cho and Saul (2009): E u₊ⁿ v₊ⁿ = (Ka Kb)^{n/2} J_n(θ)/2π. By
 * J_n = (-1)ⁿ sin^{2n+1}θ (1/sinθ d/dθ)ⁿ[(π - θ)/sinθ] (kernels.md §3) they are sinθ P_n(x) + (π - θ) Q_n(x), x = cosθ, with
 * P_{n+1} = (1 - x²) P_n' + 2n x P_n + Q_n and Q_{n+1} = (1 - x²) Q_n' + (2n + 1) x Q_n, P_0 = 0, Q_0 = 1.
 */
import { geometricMean, gramRoot } from "../pair-geometry.ts";
import { derivative, multiply, type Polynomial, plus, valueAt } from "./powers.ts";

interface Pair {
  readonly P: Polynomial;
  readonly Q: Polynomial;
}

const pairs: Pair[] = [{ P: [0], Q: [1] }];
const SINE_SQUARED: Polynomial = [1, 0, -1];

/** P_n and Q_n. @example arcCosineCoefficients(1) // { P: [1], Q: [0, 1] } */
export function arcCosineCoefficients(n: number): Pair {
  for (let k = pairs.length - 1; k < n; k++) {
    const { P, Q } = pairs[k]!;
    pairs.push({
      P: plus(plus(multiply(SINE_SQUARED, derivative(P)), multiply([0, 2 * k], P)), Q),
      Q: plus(multiply(SINE_SQUARED, derivative(Q)), multiply([0, 2 * k + 1], Q)),
    });
  }
  return pairs[n]!;
}

/**
 * J_n at the angle of a pair; a vanishing signal counts as orthogonal (kernels.md §3).
 * @param n Degree, a whole number.
 * @example arcCosine(1, 1, 1, 1) // π
 */
export function arcCosine(n: number, Ka: number, Kb: number, C: number): number {
  const s = geometricMean(Ka, Kb);
  const sine = s === 0 ? 1 : gramRoot(Ka, Kb, C) / s;
  const cosine = s === 0 ? 0 : C / s;
  const { P, Q } = arcCosineCoefficients(n);
  return sine * valueAt(P, cosine) + Math.atan2(sine, -cosine) * valueAt(Q, cosine);
}
