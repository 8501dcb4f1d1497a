/**
 * @file Σ a_i xⁱ (kernels.md §3). Duals by the Hermite expansion, Σ_l r_l(Ka) r_l(Kb) ρ^l with
 * r_l(v) = Σ_i a_{2i+l} (2i+l)!/(2ⁱ i! sqrt(l!)) v^{(2i+l)/2}; E φ'φ' is the dual of φ'. Single moments are polynomials in K.
 */

import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { monomialDual, requireDegree } from "./monomial.ts";
import {
  derivative,
  expansionAt,
  gaussianMean,
  hermiteExpansion,
  multiply,
  type Polynomial,
  valueAt,
} from "./powers.ts";

/** E p(u) p(v). */
function polynomialDual(p: Polynomial): (Ka: number, Kb: number, C: number) => number {
  const series = hermiteExpansion(p);
  const top = p.findLastIndex((c) => c !== 0);
  const leading = monomialDual(Math.max(0, top));
  return (Ka, Kb, C) => {
    let sum = 0;
    // v^{l/2} v^{l/2} ρ^l = C^l.
    for (const [l, r] of series.entries()) {
      const power = l === 0 ? 1 : C ** l;
      if (power !== 0) sum += valueAt(r, Ka) * valueAt(r, Kb) * power;
    }
    // Where terms overflow with opposite signs the highest power decides.
    return Number.isNaN(sum) ? (p[top] ?? 0) ** 2 * leading(Ka, Kb, C) : sum;
  };
}

/** The list without zeros at its end; at least one entry. */
function trimmed(p: Polynomial): Polynomial {
  const top = p.findLastIndex((c) => c !== 0);
  return p.slice(0, Math.max(1, top + 1));
}

/** @throws FathomError `bad-input` unless `coefficients` lists 1 to 33 finite numbers. */
export function polynomial({
  coefficients = [0, 1],
}: {
  readonly coefficients?: readonly number[];
} = {}): ScalarActivation {
  const p = trimmed(checkedCoefficients(coefficients));
  const slope = derivative(p);
  const bend = derivative(slope);
  const at = (inK: Polynomial) => (K: number) => valueAt(inK, K);
  const of = (q: Polynomial) => at(gaussianMean(q));
  const square = multiply(p, p);
  const third = derivative(bend);
  const expansion = hermiteExpansion(p);
  return {
    kind: "polynomial",
    parameters: { coefficients: p },
    f: (x) => valueAt(p, x),
    df: (x) => valueAt(slope, x),
    d2f: (x) => valueAt(bend, x),
    kinks: [],
    taylor: [p[0]!, slope[0] ?? 0, bend[0] ?? 0, third[0] ?? 0],
    ...(p.length === 2 && p[0] === 0 ? { homogeneous: true as const } : {}),
    moments: {
      B: of(square),
      A: of(multiply(slope, slope)),
      chiK: at(derivative(gaussianMean(square))),
      m: of(p),
      A4: of(multiply(multiply(slope, slope), multiply(slope, slope))),
      fourth: of(multiply(square, square)),
      mixedFourth: of(multiply(square, multiply(slope, slope))),
      radial: of(multiply([0, 1], multiply(p, slope))),
      dual: polynomialDual(p),
      dualDerivative: polynomialDual(slope),
      dualOfSquares: polynomialDual(square),
      hermite: (K) => expansionAt(expansion, K),
    },
  };
}

function checkedCoefficients(coefficients: readonly number[]): readonly number[] {
  const where = "polynomial.coefficients";
  if (!Array.isArray(coefficients) || coefficients.length === 0) {
    throw new FathomError({
      code: "bad-input",
      message: "polynomial has no coefficients.",
      where,
      hint: "List those of 1, x, x², …: polynomial(0, 1, 0.5) is x + x²/2.",
    });
  }
  requireDegree(coefficients.length - 1, "polynomial");
  coefficients.forEach((c, i) => {
    requireFinite(c, `${where}[${i}]`);
  });
  return coefficients;
}
