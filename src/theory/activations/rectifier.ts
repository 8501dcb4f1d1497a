/**
 * @file Piecewise linear functions with their kink at 0: φ(x) = b x for x > 0, a x otherwise (abRelu), and its names relu,
 * leakyRelu and abs. Moments: criticality.md §2, effective-theory.md §1. Duals: the arc-cosine kernels (Cho and Saul 2009) in
 * the form of kernels.md §3, k = F Δ + k̇ C, k̇ = (a² + b²)/2 - F θ, F = (a - b)²/2π, Δ = sqrt(Ka Kb - C²),
 * θ = atan2(Δ, C), which loses no digits at C = ±sqrt(Ka Kb); for C < 0, k̇ = a b + F (π - θ).
 */
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { geometricMean, gramRoot } from "../pair-geometry.ts";
import { arcCosine } from "./arc-cosine.ts";

/** @throws FathomError `bad-input` for a non-finite slope. */
export function abRelu({
  a = 0,
  b = 1,
}: {
  readonly a?: number;
  readonly b?: number;
} = {}): ScalarActivation {
  requireFinite(a, "abRelu.a");
  requireFinite(b, "abRelu.b");
  return { ...rectifier(a, b), kind: "abRelu", parameters: { a, b } };
}

/** @throws FathomError `bad-input` for a non-finite alpha. */
export function leakyRelu({ alpha = 0.01 }: { readonly alpha?: number } = {}): ScalarActivation {
  requireFinite(alpha, "leakyRelu.alpha");
  return { ...rectifier(alpha, 1), kind: "leakyRelu", parameters: { alpha } };
}

export function relu(): ScalarActivation {
  return { ...rectifier(0, 1), kind: "relu", parameters: {} };
}

/** |x|; its derivative at 0 is 0, as the expression language has it. */
export function abs(): ScalarActivation {
  return { ...rectifier(-1, 1), kind: "abs", parameters: {}, f: Math.abs, df: Math.sign };
}

/** E φ φ' and E φ' φ' of a pair. */
function duals(a: number, b: number): Pick<ScalarActivation["moments"], "dual" | "dualDerivative"> {
  const half = (a * a + b * b) / 2;
  const F = (a - b) ** 2 / (2 * Math.PI);
  const wedge = (Ka: number, Kb: number, C: number) => {
    const delta = gramRoot(Ka, Kb, C);
    if (C < 0) return { delta, slope: a * b + F * Math.atan2(delta, -C) };
    return { delta, slope: half - F * (Ka === 0 || Kb === 0 ? Math.PI / 2 : Math.atan2(delta, C)) };
  };
  return {
    dual: (Ka, Kb, C) => {
      const { delta, slope } = wedge(Ka, Kb, C);
      return F * delta + slope * C;
    },
    dualDerivative: (Ka, Kb, C) => wedge(Ka, Kb, C).slope,
  };
}

function rectifier(a: number, b: number): Omit<ScalarActivation, "kind" | "parameters"> {
  const A2 = (a * a + b * b) / 2;
  const A4 = (a ** 4 + b ** 4) / 2;
  return {
    f: (x) => (x > 0 ? b * x : a * x),
    df: (x) => (x > 0 ? b : a),
    d2f: () => 0,
    kinks: a === b ? [] : [0],
    ...(a === b ? { taylor: [0, a, 0, 0] as const } : {}),
    homogeneous: true,
    moments: {
      B: (K) => A2 * K,
      A: () => A2,
      chiK: () => A2,
      m: (K) => (b - a) * Math.sqrt(K / (2 * Math.PI)),
      A4: () => A4,
      fourth: (K) => (A4 === 0 ? 0 : 3 * A4 * K * K),
      mixedFourth: (K) => A4 * K,
      radial: (K) => A2 * K,
      ...duals(a, b),
      // φ² = b² x² right of 0 and a² x² left of it: quarter planes at the angles θ and π - θ.
      dualOfSquares: (Ka, Kb, C) => {
        const square = geometricMean(Ka, Kb) ** 2;
        const alike = A4 === 0 ? 0 : 2 * A4 * arcCosine(2, Ka, Kb, C);
        const unlike = a * b === 0 ? 0 : 2 * (a * b) ** 2 * arcCosine(2, Ka, Kb, -C);
        return square === 0 ? 0 : (square * (alike + unlike)) / (2 * Math.PI);
      },
    },
  };
}
