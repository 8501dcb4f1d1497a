/**
 * @file Gaussian moments of an activation, closed where a closed form is known and integrated otherwise
 * (criticality.md §1-2). h ~ N(0, K) throughout. K may be Infinity (a signal that overflowed): the result is the limit.
 * Of a pair nothing is known then: its covariance is NaN. A negative or NaN K is refused with `bad-input`.
 */
import type { ScalarActivation } from "./activation.ts";
import { requireVariance } from "./checks.ts";
import { halfRule, LARGEST_K, normalPanels, panelEnds, REACH, type Rule } from "./gaussian.ts";
import { expectProduct } from "./gaussian-pair.ts";
import { type Covariance, checkedPair } from "./pair-geometry.ts";

/** A moment that grows past this at K = LARGEST_K has no finite limit. */
const UNBOUNDED = 1e100;

type Moment = (act: ScalarActivation, K: number) => number;

/** Lets a moment take K = Infinity, where it is its limit, computed once an activation. */
function withLimit(moment: Moment): Moment {
  const limits = new WeakMap<ScalarActivation, number>();
  return (act, K) => {
    if (K >= 0 && K <= LARGEST_K) return moment(act, K);
    if (!(K > LARGEST_K)) requireVariance(K, "K");
    let limit = limits.get(act);
    if (limit === undefined) {
      const value = moment(act, LARGEST_K);
      limit = value > UNBOUNDED ? Number.POSITIVE_INFINITY : value;
      limits.set(act, limit);
    }
    return limit;
  };
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

const one = () => 1;

/** E f(h)²: the loop that phase diagrams spend their time in. */
function squareMean(f: (h: number) => number, act: ScalarActivation, K: number): number {
  if (K === 0) return f(0) ** 2;
  const { nodes, weights } = ruleFor(act, K);
  const scale = Math.sqrt(K);
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const h = scale * nodes[i]!;
    const plus = f(h);
    const minus = f(-h);
    sum += weights[i]! * (plus * plus + minus * minus);
  }
  return sum;
}

/**
 * B(K) = E φ(h)².
 * @param K Variance >= 0, or Infinity.
 * @example secondMoment(scalarActivation("relu"), 2) // 1
 */
export const secondMoment: Moment = withLimit((act, K) => act.moments.B?.(K) ?? squareMean(act.f, act, K));

/** A(K) = E φ'(h)²; chi_J = sw2 A. @example derivativeMoment(scalarActivation("relu"), 2) // 0.5 */
export const derivativeMoment: Moment = withLimit(
  (act, K) => act.moments.A?.(K) ?? squareMean(act.df, act, K),
);

/** dB/dK; chi_K = sw2 dB/dK. @example chiKMoment(scalarActivation("relu"), 2) // 0.5 */
export const chiKMoment: Moment = withLimit((act, K) => act.moments.chiK?.(K) ?? momentSlope(act, K));

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
export const mean: Moment = withLimit(
  (act, K) => act.moments.m?.(K) ?? productMean(act.f, one, K, ruleFor(act, K)),
);

/** dm/dK = E φ(h) (g² - 1) / 2K; at K = 0, where relu's is infinite, φ''(0)/2 for smooth φ. */
export const meanSlope: Moment = withLimit((act, K) => {
  if (K === 0) return act.taylor === undefined ? Number.POSITIVE_INFINITY : act.taylor[2] / 2;
  const scale = Math.sqrt(K);
  return productMean(act.f, (h) => (h / scale) ** 2 - 1, K, ruleFor(act, K)) / (2 * K);
});

/**
 * V(K) = B - m², the variance of the activations over units: what LayerNorm on activations divides by.
 * @example activationVariance(scalarActivation("relu"), 2) // 1 - 1/π
 */
export const activationVariance: Moment = withLimit((act, K) => secondMoment(act, K) - mean(act, K) ** 2);

/** E φ'(h)⁴. */
export const derivativeFourthMoment: Moment = withLimit(
  (act, K) => act.moments.A4?.(K) ?? squareMean((h) => act.df(h) ** 2, act, K),
);

/**
 * E φ(u) φ(v) for a centred Gaussian pair; NaN where a signal overflowed.
 * @throws FathomError `bad-input` for moments that no pair has.
 * @example dual(scalarActivation("linear"), { Ka: 1, Kb: 2, C: 0.5 }) // 0.5
 */
export function dual(act: ScalarActivation, pair: Covariance): number {
  if (isLost(pair)) return Number.NaN;
  const { Ka, Kb, C } = checkedPair(pair);
  if (isOneSignal(pair)) return secondMoment(act, C);
  return act.moments.dual?.(Ka, Kb, C) ?? expectProduct(act.f, { Ka, Kb, C }, act.kinks);
}

/**
 * E φ'(u) φ'(v), which is also the derivative of `dual` by C (Price's theorem); NaN where a signal overflowed.
 * @throws FathomError `bad-input` for moments that no pair has.
 * @example dualDerivative(scalarActivation("relu"), { Ka: 1, Kb: 1, C: 0 }) // 0.25
 */
export function dualDerivative(act: ScalarActivation, pair: Covariance): number {
  if (isLost(pair)) return Number.NaN;
  const { Ka, Kb, C } = checkedPair(pair);
  if (isOneSignal(pair)) return derivativeMoment(act, C);
  return act.moments.dualDerivative?.(Ka, Kb, C) ?? expectProduct(act.df, { Ka, Kb, C }, act.kinks);
}

/** Whether u and v are one variable. Then the moments are used: of equal inputs, rounding would grow by chi_J a layer. */
function isOneSignal({ Ka, Kb, C }: Covariance): boolean {
  return C === Ka && C === Kb;
}

/** Whether a signal overflowed, here or (then C is NaN) in a layer before. */
function isLost({ Ka, Kb, C }: Covariance): boolean {
  return Ka > LARGEST_K || Kb > LARGEST_K || Number.isNaN(C);
}
