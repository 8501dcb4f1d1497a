/**
 * @file xⁿ (kernels.md §3): E uⁿvⁿ = sⁿ Σ_l (n!)²/(l! (((n-l)/2)! 2^{(n-l)/2})²) ρ^l over l of the parity of n, s = sqrt(Ka Kb),
 * ρ = C/s, and its single moments (2k - 1)!! K^k.
 */

import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireCount } from "../checks.ts";
import { geometricMean } from "../pair-geometry.ts";
import {
  expansionAt,
  hermiteExpansion,
  oddFactorial,
  type Polynomial,
  scaledPower,
  valueAt,
} from "./powers.ts";

/** Beyond it xⁿ overflows for moderate x, and its moments lose their digits. */
const LARGEST_DEGREE = 32;

/** @throws FathomError `bad-input` for a degree that is not a whole number up to 32. */
export function requireDegree(degree: number, kind: string): void {
  requireCount(degree, `${kind}.degree`, 0);
  if (degree <= LARGEST_DEGREE) return;
  throw new FathomError({
    code: "bad-input",
    message: `The degree ${degree} of ${kind} is beyond ${LARGEST_DEGREE}.`,
    where: `${kind}.degree`,
    hint: "Powers this high overflow for ordinary preactivations.",
  });
}

/** Coefficients by powers of ρ of E uⁿvⁿ / sⁿ. */
function correlationPolynomial(n: number): Polynomial {
  const coefficients = new Array<number>(n + 1).fill(0);
  for (let l = n; l >= 0; l -= 2) {
    // n!/(l! j! 2^j), j = (n - l)/2, times n!/(j! 2^j).
    let c = 1;
    const j = (n - l) / 2;
    for (let i = l + 1; i <= n; i++) c *= i;
    for (let i = 1; i <= n; i++) c *= i;
    for (let i = 1; i <= j; i++) c /= 4 * i * i;
    coefficients[l] = c;
  }
  return coefficients;
}

/** E uⁿvⁿ as a function of the pair. */
export function monomialDual(n: number): (Ka: number, Kb: number, C: number) => number {
  const polynomial = correlationPolynomial(n);
  return (Ka, Kb, C) => {
    const s = geometricMean(Ka, Kb);
    return scaledPower(valueAt(polynomial, s === 0 ? 0 : C / s), s, n);
  };
}

/** @throws FathomError `bad-input` for a degree that is not a whole number up to 32. */
export function monomial({ degree: n = 2 }: { readonly degree?: number } = {}): ScalarActivation {
  requireDegree(n, "monomial");
  const slopeDual = n === 0 ? () => 0 : monomialDual(n - 1);
  const expansion = hermiteExpansion([...new Array<number>(n).fill(0), 1]);
  const moment = (c: number, k: number) => (K: number) =>
    scaledPower(c === 0 ? 0 : c * oddFactorial(k), K, k);
  const falling = (k: number) => Array.from({ length: k }, (_, i) => n - i).reduce((a, b) => a * b, 1);
  const power = (k: number) => (x: number) => (falling(k) === 0 ? 0 : falling(k) * x ** (n - k));
  return {
    kind: "monomial",
    parameters: { degree: n },
    f: power(0),
    df: power(1),
    d2f: power(2),
    kinks: [],
    taylor: [power(0)(0), power(1)(0), power(2)(0), power(3)(0)],
    ...(n === 1 ? { homogeneous: true as const } : {}),
    moments: {
      B: moment(1, n),
      A: moment(n * n, n - 1),
      chiK: (K) => scaledPower(n * oddFactorial(n), K, n - 1),
      m: n % 2 === 0 ? moment(1, n / 2) : () => 0,
      A4: moment(n ** 4, 2 * n - 2),
      fourth: moment(1, 2 * n),
      mixedFourth: moment(n * n, 2 * n - 1),
      radial: moment(n, n),
      dual: monomialDual(n),
      dualDerivative: (Ka, Kb, C) => (n === 0 ? 0 : n * n * slopeDual(Ka, Kb, C)),
      dualOfSquares: monomialDual(2 * n),
      hermite: (K) => expansionAt(expansion, K),
    },
  };
}
