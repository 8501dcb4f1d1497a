/**
 * @file Power series of free probability (criticality.md §8): S-transforms from moments, and moments of free products to any
 * order by Lagrange inversion. All in logarithms of series, whose coefficients add up over layers without cancelling.
 */
import type { Curve } from "./curve.ts";
import type { SlopeLaw } from "./slope-law.ts";

/** Coefficients of exp(sum_{j>=1} c_j y^j) up to the length of c; c[0] is ignored. */
export function exponential(c: ArrayLike<number>): Float64Array {
  const a = new Float64Array(c.length);
  a[0] = 1;
  for (let n = 1; n < c.length; n++) {
    let sum = 0;
    for (let j = 1; j <= n; j++) sum += j * c[j]! * a[n - j]!;
    a[n] = sum / n;
  }
  return a;
}

/** Coefficients of the logarithm of a series with a_0 = 1; the first is 0. */
export function logarithm(a: ArrayLike<number>): Float64Array {
  const c = new Float64Array(a.length);
  for (let n = 1; n < a.length; n++) {
    let sum = n * a[n]!;
    for (let j = 1; j < n; j++) sum -= j * c[j]! * a[n - j]!;
    c[n] = sum / n;
  }
  return c;
}

/**
 * Coefficients of ln(χ(y)/y), χ the inverse of ψ(w) = sum_k m_k w^k, for a law of mean 1, by Lagrange and Bürmann:
 * [y^n] = (1/n) [w^n] (ψ/w)^-n.
 * @param moments m_1 = 1, m_2, …
 */
export function inverseLogarithm(moments: ArrayLike<number>): Float64Array {
  const logRatio = logarithm(moments);
  const result = new Float64Array(moments.length);
  for (let n = 1; n < moments.length; n++) {
    result[n] = exponential(logRatio.map((c) => -n * c))[n]! / n;
  }
  return result;
}

/**
 * The S-transform of a law as a power series: S(y) = χ(y) (1 + y)/y = 1/m1 - (m2 - m1²)/m1³ y + ….
 * @param moments m_1, m_2, …, m_1 not 0.
 * @returns As many coefficients as moments.
 * @throws Nothing; an m_1 of 0 gives coefficients that are not finite.
 * @example sTransform([1, 2, 5]) // [1, -1, 1]: the law of a square Gaussian matrix, 1/(1 + y)
 */
export function sTransform(moments: ArrayLike<number>): Float64Array {
  const m1 = moments[0]!;
  const scaled = Float64Array.from(moments, (m, i) => m / m1 ** (i + 1));
  const ratio = exponential(inverseLogarithm(scaled));
  return ratio.map((c, n) => (c + (n > 0 ? ratio[n - 1]! : 0)) / m1);
}

/**
 * Moments of the law with an S-transform: m_k = (1/k) [y^(k-1)] ((1 + y)/S(y))^k.
 * @param S Coefficients, the first not 0.
 * @returns As many moments as coefficients.
 * @example momentsOfS([1, -1, 1]) // [1, 2, 5]
 */
export function momentsOfS(S: ArrayLike<number>): Float64Array {
  const leading = S[0]!;
  const logS = logarithm(Float64Array.from(S, (s) => s / leading));
  const F = logS.map((c, j) => (j === 0 ? 0 : -((-1) ** j) / j - c));
  return lagrange(F).map((m, i) => m / leading ** (i + 1));
}

/** m_k = (1/k) [y^(k-1)] exp(k F(y)) for k = 1 … the length of F. */
function lagrange(F: Float64Array): Float64Array {
  return Float64Array.from(F, (_, i) => {
    const k = i + 1;
    return exponential(F.map((c) => k * c))[i]! / k;
  });
}

/** m_1 = 1, m_2, … of a layer's D² over its mean. */
function momentsOf({ values, weights }: SlopeLaw, count: number): Float64Array {
  const powers = Float64Array.from(weights);
  return Float64Array.from({ length: count }, () => {
    let sum = 0;
    for (let i = 0; i < powers.length; i++) sum += powers[i]! *= values[i]!;
    return sum;
  });
}

/**
 * Moments m_1 = 1, m_2, … of J Jᵀ over its mean. With F = ln((1+y)/S): (1 - n + g) ln(1+y) - sum_l ln(χ_l/y), and in the
 * limits of infinite depth ln(1+y) + s y or + b y/(1+y).
 */
export function curveMoments(curve: Curve, count: number): Float64Array {
  const { groups, layers, gaussians, smooth, bernoulli } = curve;
  const F = new Float64Array(count);
  for (let j = 1; j < count; j++) {
    const sign = (-1) ** j;
    F[j] = (-(1 - layers + gaussians) * sign) / j - bernoulli * sign + (j === 1 ? smooth : 0);
  }
  for (const { law, count: layersAlike } of groups) {
    const series = inverseLogarithm(momentsOf(law, count));
    for (let j = 1; j < count; j++) F[j] = F[j]! - layersAlike * series[j]!;
  }
  return lagrange(F);
}
