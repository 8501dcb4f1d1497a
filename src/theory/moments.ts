/**
 * @file Gaussian moments of an activation, closed where a closed form is known and integrated otherwise
 * (criticality.md §1-2). h ~ N(0, K) throughout. K may be Infinity (a signal that overflowed): the result is the limit.
 */
import type { ScalarActivation } from "./activation.ts";
import { halfRule, LARGEST_K, normalPanels, panelEnds, REACH, type Rule } from "./gaussian.ts";
import { type Covariance, expectProduct } from "./gaussian-pair.ts";

/** A moment that grows past this at K = LARGEST_K has no finite limit. */
const UNBOUNDED = 1e100;

/** The value of a moment at K, or its limit at Infinity. */
function limited(moment: (K: number) => number, K: number): number {
  if (K <= LARGEST_K) return moment(K);
  const value = moment(LARGEST_K);
  return value > UNBOUNDED ? Number.POSITIVE_INFINITY : value;
}

/** Nodes over the half line where φ has no kink but perhaps one at 0, mirrored by the loops below. */
function ruleFor({ kinks }: ScalarActivation, K: number): Rule {
  const scale = Math.sqrt(K);
  const apart = kinks.filter((kink) => kink !== 0 && Math.abs(kink) < REACH * scale);
  if (apart.length === 0) return halfRule(K);
  const mirrored = [...apart, ...apart.map((kink) => -kink)];
  return normalPanels(panelEnds(K, mirrored).filter((g) => g >= 0));
}

/** sum over ±g of w f(sqrt(K) g) r(sqrt(K) g): E f r. Opposite nodes are added first, so odd functions give exactly 0. */
function productMean(f: (h: number) => number, r: (h: number) => number, K: number, rule: Rule): number {
  const scale = Math.sqrt(K);
  const { nodes, weights } = rule;
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const h = scale * nodes[i]!;
    sum += weights[i]! * (f(h) * r(h) + f(-h) * r(-h));
  }
  return sum;
}

/**
 * B(K) = E φ(h)².
 * @param K Variance >= 0, or Infinity.
 * @example secondMoment(scalarActivation("relu"), 2) // 1
 */
export function secondMoment(act: ScalarActivation, K: number): number {
  return limited(act.moments.B ?? ((k) => productMean(act.f, act.f, k, ruleFor(act, k))), K);
}

/** A(K) = E φ'(h)²; chi_J = sw2 A. */
export function derivativeMoment(act: ScalarActivation, K: number): number {
  return limited(act.moments.A ?? ((k) => productMean(act.df, act.df, k, ruleFor(act, k))), K);
}

/** dB/dK; chi_K = sw2 dB/dK. */
export function chiKMoment(act: ScalarActivation, K: number): number {
  return limited(act.moments.chiK ?? ((k) => momentSlope(act, k)), K);
}

/**
 * dB/dK = E (φ² - φ(0)²)(g² - 1) / 2K, which needs no derivative of φ. The constant may be taken off because
 * E (g² - 1) = 0; it would cancel at small K.
 */
function momentSlope(act: ScalarActivation, K: number): number {
  if (K === 0) return slopeAtZero(act);
  const { nodes, weights } = ruleFor(act, K);
  const scale = Math.sqrt(K);
  const constant = act.f(0) ** 2;
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const g = nodes[i]!;
    const squares = act.f(scale * g) ** 2 + act.f(-scale * g) ** 2 - 2 * constant;
    sum += weights[i]! * squares * (g * g - 1);
  }
  return sum / (2 * K);
}

function slopeAtZero({ taylor, df }: ScalarActivation): number {
  if (taylor === undefined) return df(0) ** 2;
  const [value, slope, curvature] = taylor;
  return slope * slope + value * curvature;
}

/** m(K) = E φ(h). */
export function mean(act: ScalarActivation, K: number): number {
  return limited(act.moments.m ?? ((k) => productMean(act.f, one, k, ruleFor(act, k))), K);
}

const one = () => 1;

/** dm/dK = E φ(h) (g² - 1) / 2K. */
export function meanSlope(act: ScalarActivation, K: number): number {
  if (K === 0) return (act.taylor?.[2] ?? 0) / 2;
  const k = Math.min(K, LARGEST_K);
  const scale = Math.sqrt(k);
  return productMean(act.f, (h) => (h / scale) ** 2 - 1, k, ruleFor(act, k)) / (2 * k);
}

/** V(K) = B - m², the variance of the activations over units: what LayerNorm on activations divides by. */
export function activationVariance(act: ScalarActivation, K: number): number {
  return limited((k) => secondMoment(act, k) - mean(act, k) ** 2, K);
}

/** E φ'(h)⁴. */
export function derivativeFourthMoment(act: ScalarActivation, K: number): number {
  const square = (h: number) => act.df(h) ** 2;
  return limited(act.moments.A4 ?? ((k) => productMean(square, square, k, ruleFor(act, k))), K);
}

/**
 * E φ(u) φ(v) for a centred Gaussian pair.
 * @example dual(scalarActivation("linear"), { Ka: 1, Kb: 2, C: 0.5 }) // 0.5
 */
export function dual(act: ScalarActivation, { Ka, Kb, C }: Covariance): number {
  if (act.moments.dual !== undefined) return act.moments.dual(Ka, Kb, C);
  return expectProduct(act.f, { Ka, Kb, C }, act.kinks);
}

/** E φ'(u) φ'(v), which is also the derivative of `dual` by C (Price's theorem). */
export function dualDerivative(act: ScalarActivation, { Ka, Kb, C }: Covariance): number {
  if (act.moments.dualDerivative !== undefined) return act.moments.dualDerivative(Ka, Kb, C);
  return expectProduct(act.df, { Ka, Kb, C }, act.kinks);
}
