/** @file Polynomials as lists of coefficients, ascending, and their Gaussian means: E h^{2k} = (2k - 1)!! K^k. */

/** Coefficients of x⁰, x¹, x², … */
export type Polynomial = readonly number[];

/** The value at x by Horner's rule: with finite coefficients an overflow is ±Infinity, never NaN. */
export function valueAt(p: Polynomial, x: number): number {
  let value = 0;
  for (let i = p.length - 1; i >= 0; i--) value = value === 0 ? p[i]! : value * x + p[i]!;
  return value;
}

export function derivative(p: Polynomial): number[] {
  return p.slice(1).map((c, i) => c * (i + 1));
}

export function plus(p: Polynomial, q: Polynomial): number[] {
  return Array.from({ length: Math.max(p.length, q.length) }, (_, i) => (p[i] ?? 0) + (q[i] ?? 0));
}

export function multiply(p: Polynomial, q: Polynomial): number[] {
  const product = new Array<number>(Math.max(0, p.length + q.length - 1)).fill(0);
  for (const [i, a] of p.entries()) for (const [j, b] of q.entries()) product[i + j]! += a * b;
  return product;
}

/** (2k - 1)!! = 1 · 3 · … · (2k - 1), E g^{2k}. @example oddFactorial(3) // 15 */
export function oddFactorial(k: number): number {
  let product = 1;
  for (let i = 3; i < 2 * k; i += 2) product *= i;
  return product;
}

/** E p(h), h ~ N(0, K), as a polynomial in K. */
export function gaussianMean(p: Polynomial): number[] {
  const even = p.filter((_, i) => i % 2 === 0);
  return even.map((c, k) => c * oddFactorial(k));
}

/** c K^n, where 0 times an overflow is 0 and K⁰ = 1. */
export function scaledPower(c: number, K: number, n: number): number {
  return c === 0 ? 0 : c * K ** n;
}

/**
 * The Hermite expansion of p(sqrt(v) z) (kernels.md §3, Polynomial): r_l(v)/v^{l/2} as polynomials in v, for l = 0 … degree,
 * r_l(v) = Σ_i p_{2i+l} (2i+l)!/(2ⁱ i! sqrt(l!)) v^{(2i+l)/2}.
 */
export function hermiteExpansion(p: Polynomial): Polynomial[] {
  return p.map((_, l) => {
    const coefficients: number[] = [];
    // (2i+l)!/(2ⁱ i! sqrt(l!)), from sqrt(l!) at i = 0.
    let factor = 1;
    for (let k = 2; k <= l; k++) factor *= Math.sqrt(k);
    for (let i = 0; 2 * i + l < p.length; i++) {
      coefficients.push(p[2 * i + l]! * factor);
      factor *= ((2 * i + l + 1) * (2 * i + l + 2)) / (2 * (i + 1));
    }
    return coefficients;
  });
}

/** r_l(v) of an expansion. */
export function expansionAt(expansion: readonly Polynomial[], v: number): number[] {
  return expansion.map((r, l) => scaledPower(valueAt(r, v), v, l / 2));
}
