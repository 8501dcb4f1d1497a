/**
 * @file The free multiplicative convolution of two laws given by equal-weight quantiles, by subordination (criticality.md §12):
 * with η = ψ/(1+ψ), ψ(w) = mean of w a/(1 - w a), the point ω of law B that belongs to w is the fixed point of
 * ω ↦ w η_A(ω₁)/ω₁, ω₁ = w η_B(ω)/ω, which holds in the whole upper half plane.
 */
import { FathomError } from "../../tensor/index.ts";
import { meanOf } from "../estimate.ts";

/** One value of a density. */
export interface Point {
  readonly x: number;
  readonly rho: number;
}

/** How far from the real axis, in units of λ: the density is smoothed over this part of λ, and less where the law is narrow. */
const HEIGHT = 1e-4;
const TOLERANCE = 1e-10;
const MOST_ITERATIONS = 500;
/** Points of the first grid, and of the refined one. */
const COARSE = 80;
const MOST_POINTS = 700;
/** Intervals that hold more mass than this are halved. */
const LARGEST_MASS = 1 / 400;

type Complex = readonly [re: number, im: number];

/** Values below this part of the largest are 0: saturated units have slopes down to the smallest number there is. */
const NEGLIGIBLE = 1e-9;

/** A law as quantiles of equal weight, and its density. */
export interface ProductLaw {
  readonly quantiles: Float64Array;
  readonly density: readonly Point[];
}

/**
 * Quantiles and density of the product of two free elements with positive laws.
 * @param one, other Ascending, ≥ 0.
 * @returns as many quantiles as `one` has; the density without the atom at 0.
 * @throws FathomError failed where the iteration does not settle.
 */
export function freeProduct(one: Float64Array, other: Float64Array): ProductLaw {
  const [a, b] = [withoutNegligible(one), withoutNegligible(other)];
  const atZero = Math.max(shareOfZeros(a), shareOfZeros(b));
  const positive = (values: Float64Array) => values.find((value) => value > 0) ?? 0;
  const [least, most] = [positive(a) * positive(b), a.at(-1)! * b.at(-1)!];
  if (!(least > 0)) return { quantiles: new Float64Array(a.length), density: [] };
  if (most === least) return { quantiles: steps(a.length, atZero, most), density: [] };
  const height = HEIGHT * Math.min(1, Math.sqrt(spread(a) + spread(b)));
  const density = refined({ a, b, height, least: 0.99 * least, most: 1.01 * most });
  return { quantiles: quantilesOf(density, atZero, a.length), density };
}

function withoutNegligible(values: Float64Array): Float64Array {
  const least = NEGLIGIBLE * values.at(-1)!;
  return values.map((value) => (value < least ? 0 : value));
}

function shareOfZeros(values: Float64Array): number {
  return values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0) / values.length;
}

/** Two atoms, at 0 and at `value`. */
function steps(count: number, atZero: number, value: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => ((i + 0.5) / count < atZero ? 0 : value));
}

interface Product {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly height: number;
  readonly least: number;
  readonly most: number;
}

/** Variance over squared mean. */
function spread(values: Float64Array): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value / mean - 1) ** 2, 0) / values.length;
}

/** The density on a grid that is fine where the mass is: atoms of the law are peaks of relative width `height`. */
function refined(product: Product): Point[] {
  const { least, most } = product;
  const xs = new Set<number>(peaksOf(product));
  for (let i = 0; i < COARSE; i++) {
    xs.add(least * (most / least) ** (i / (COARSE - 1)));
    xs.add(least + ((most - least) * i) / (COARSE - 1));
  }
  let start: Complex = [0, 1];
  const at = (x: number): Point => {
    const { rho, omega } = densityAt(product, x, start);
    start = omega;
    return { x, rho };
  };
  let points = [...xs].sort((p, q) => q - p).map(at);
  for (let pass = 0; pass < 12 && points.length < MOST_POINTS; pass++) {
    const next: Point[] = [];
    for (const [i, right] of points.entries()) {
      next.push(right);
      const left = points[i + 1];
      if (left === undefined) continue;
      const mass = (Math.max(left.rho, right.rho) * (right.x - left.x)) / 2;
      if (mass > LARGEST_MASS) next.push(at((left.x + right.x) / 2));
    }
    if (next.length === points.length) break;
    points = next;
  }
  return points.reverse();
}

/** Where both laws have values that come more than once, their product has an atom or a peak. */
function peaksOf({ a, b, height }: Product): number[] {
  const [x, y] = [mode(a), mode(b)];
  if (x === undefined || y === undefined || x * y === 0) return [];
  return [-10, -3, -1, 0, 1, 3, 10].map((k) => x * y * (1 + k * height));
}

/** The value that comes most often, if one comes more than twice. */
function mode(values: Float64Array): number | undefined {
  let best: number | undefined;
  let [most, run] = [2, 1];
  for (let i = 1; i < values.length; i++) {
    run = values[i] === values[i - 1] ? run + 1 : 1;
    if (run > most) [most, best] = [run, values[i]!];
  }
  return best;
}

/** ρ(λ) = |Im G|/π, G = (1 + ψ) w, and the point ω from which the next one is sought. */
function densityAt(
  { a, b, height }: Product,
  x: number,
  start: Complex,
): { readonly rho: number; readonly omega: Complex } {
  // The conjugate of 1/(λ (1 + i height)), in the upper half plane.
  const norm = x * (1 + height * height);
  const w: Complex = [1 / norm, height / norm];
  const omega = fixedPoint(a, b, w, start);
  const psi = psiOf(b, omega);
  const G = times([1 + psi[0], psi[1]], w);
  return { rho: Math.abs(G[1]) / Math.PI, omega };
}

function fixedPoint(a: Float64Array, b: Float64Array, w: Complex, start: Complex): Complex {
  const step = (omega: Complex): Complex => {
    const first = times(w, over(etaOf(b, omega), omega));
    return times(w, over(etaOf(a, first), first));
  };
  let omega = start;
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const one = step(omega);
    const two = step(one);
    const settled = distance(two, one) <= TOLERANCE * Math.hypot(...two);
    const leap = settled ? two : aitken(omega, one, two);
    if (settled) return two;
    omega = leap[1] > 0 && distance(leap, two) < Math.hypot(...two) ? leap : two;
  }
  throw new FathomError({
    code: "failed",
    message: "The free product of two laws was not found: its iteration does not settle.",
    where: "theory.fisher",
    hint: "Moments and largest eigenvalues are exact all the same; ask for a smaller depth or second moment.",
  });
}

/** Aitken's extrapolation of three iterates: x2 - (x2 - x1)²/(x2 - 2 x1 + x0). */
function aitken(x0: Complex, x1: Complex, x2: Complex): Complex {
  const last: Complex = [x2[0] - x1[0], x2[1] - x1[1]];
  const second: Complex = [x2[0] - 2 * x1[0] + x0[0], x2[1] - 2 * x1[1] + x0[1]];
  const change = over(times(last, last), second);
  const leap: Complex = [x2[0] - change[0], x2[1] - change[1]];
  return Number.isFinite(leap[0]) && Number.isFinite(leap[1]) ? leap : x2;
}

function psiOf(values: Float64Array, [re, im]: Complex): Complex {
  let [sumRe, sumIm] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    // w a/(1 - w a) = (w a - |w a|²)/|1 - w a|², and Im w a/|1 - w a|².
    const [x, y] = [re * values[i]!, im * values[i]!];
    const gap = 1 - x;
    const scale = 1 / (gap * gap + y * y);
    sumRe += (x * gap - y * y) * scale;
    sumIm += y * scale;
  }
  return [sumRe / values.length, sumIm / values.length];
}

function etaOf(values: Float64Array, w: Complex): Complex {
  const psi = psiOf(values, w);
  return over(psi, [1 + psi[0], psi[1]]);
}

function times(a: Complex, b: Complex): Complex {
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

function over(a: Complex, b: Complex): Complex {
  const norm = b[0] * b[0] + b[1] * b[1];
  return [(a[0] * b[0] + a[1] * b[1]) / norm, (a[1] * b[0] - a[0] * b[1]) / norm];
}

function distance(a: Complex, b: Complex): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Quantiles at (i + 1/2)/count of an atom at 0 and a density by trapezoids, its mass brought to what the atom leaves. */
function quantilesOf(density: readonly Point[], atZero: number, count: number): Float64Array {
  const cdf = new Float64Array(density.length);
  for (let i = 1; i < density.length; i++) {
    const [left, right] = [density[i - 1]!, density[i]!];
    cdf[i] = cdf[i - 1]! + ((left.rho + right.rho) / 2) * (right.x - left.x);
  }
  const scale = (1 - atZero) / cdf.at(-1)!;
  let k = 1;
  return Float64Array.from({ length: count }, (_, i) => {
    const mass = ((i + 0.5) / count - atZero) / scale;
    if (mass <= 0) return 0;
    while (k < cdf.length - 1 && cdf[k]! < mass) k++;
    const part = (mass - cdf[k - 1]!) / (cdf[k]! - cdf[k - 1]!);
    return density[k - 1]!.x + part * (density[k]!.x - density[k - 1]!.x);
  });
}
