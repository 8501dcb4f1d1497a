/**
 * @file Gaussian moments of an activation, closed where a closed form is known and integrated otherwise
 * (criticality.md §1-2). h ~ N(0, K) throughout. K may be Infinity (a signal that overflowed): the result is the limit.
 * Of a pair nothing is known then: its covariance is NaN. A negative or NaN K is refused with `bad-input`.
 */
import type { ScalarActivation } from "./activation.ts";
import { requireVariance } from "./checks.ts";
import {
  distinct,
  farRule,
  finePoints,
  fineRule,
  halfRule,
  LARGEST_K,
  normalPanels,
  panelEnds,
  REACH,
  type Rule,
} from "./gaussian.ts";
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
function ruleFor({ kinks, scale = 1, oscillates }: ScalarActivation, K: number): Rule {
  const units = K / (scale * scale);
  const deviation = Math.sqrt(K);
  const apart = kinks.filter((kink) => kink !== 0 && Math.abs(kink) < REACH * deviation);
  if (apart.length === 0) return oscillates ? fineRule(units) : halfRule(units);
  const mirrored = apart.map((kink) => Math.abs(kink / scale));
  if (!oscillates) return normalPanels(panelEnds(units, mirrored).filter((g) => g >= 0));
  return normalPanels(
    distinct([...finePoints(units), ...mirrored.map((kink) => (kink * scale) / deviation)]),
  );
}

/** E f(u) f(v) in units of the length on which φ varies. */
function pairMean(
  f: (h: number) => number,
  { kinks, scale = 1 }: ScalarActivation,
  pair: Covariance,
): number {
  if (scale === 1) return expectProduct(f, pair, kinks);
  const square = scale * scale;
  const units = { Ka: pair.Ka / square, Kb: pair.Kb / square, C: pair.C / square };
  return expectProduct(
    (h) => f(scale * h),
    units,
    kinks.map((kink) => kink / scale),
  );
}

/** Sums whose outermost node holds more than this share of them have not ended there. */
const CUT_OFF = 1e-13;

/** sum over ±g of w f(sqrt(K) g) r(sqrt(K) g): E f r. Opposite nodes are added first, so odd functions give exactly 0. */
function productMean(f: (h: number) => number, r: (h: number) => number, K: number, rule: Rule): number {
  const scale = Math.sqrt(K);
  const { nodes, weights } = rule;
  let sum = 0;
  let term = 0;
  for (let i = 0; i < nodes.length; i++) {
    const h = scale * nodes[i]!;
    const weight = weights[i]!;
    // The weight first: far out f r may overflow where w f r does not.
    const pair = weight * f(h) * r(h) + weight * f(-h) * r(-h);
    // Infinite with opposite signs: an odd function that overflowed.
    term = Number.isNaN(pair) ? 0 : pair;
    sum += term;
  }
  return Math.abs(term) > CUT_OFF * Math.abs(sum) ? meanFromAfar(f, r, { K, rule, sum }) : sum;
}

/**
 * E f r of an f that grows so fast that it counts beyond the usual nodes, over nodes to where float64 ends; Infinity where
 * even those do not reach.
 */
function meanFromAfar(
  f: (h: number) => number,
  r: (h: number) => number,
  { K, rule, sum }: { readonly K: number; readonly rule: Rule; readonly sum: number },
): number {
  const far = farRule(K);
  if (rule === far) return sum * Number.POSITIVE_INFINITY;
  return Number.isFinite(sum) ? productMean(f, r, K, far) : sum;
}

const one = () => 1;

/** E f(h)²: the loop that phase diagrams spend their time in. */
function squareMean(f: (h: number) => number, act: ScalarActivation, K: number): number {
  if (K === 0) return f(0) ** 2;
  const rule = ruleFor(act, K);
  const { nodes, weights } = rule;
  const scale = Math.sqrt(K);
  let sum = 0;
  let term = 0;
  for (let i = 0; i < nodes.length; i++) {
    const h = scale * nodes[i]!;
    const plus = f(h);
    const minus = f(-h);
    term = weights[i]! * (plus * plus + minus * minus);
    sum += term;
  }
  return term > CUT_OFF * sum ? meanFromAfar(f, f, { K, rule, sum }) : sum;
}

/**
 * B(K) = E φ(h)².
 * @param K Variance >= 0, or Infinity.
 * @example secondMoment(scalarActivation("relu"), 2) // 1
 */
export const secondMoment: Moment = withLimit((act, K) => act.moments.B?.(K) ?? squareMean(act.f, act, K));

/** A(K) = E φ'(h)²; chi_J = sw2 A. @example derivativeMoment(scalarActivation("relu"), 2) // 0.5 */
export const derivativeMoment: Moment = withLimit(
  (act, K) => act.moments.A?.(K) ?? (K === 0 ? slopeSquareAtZero(act) : squareMean(act.df, act, K)),
);

/** φ'(0)², at a kink the mean of both sides: what A tends to. */
function slopeSquareAtZero({ kinks, df }: ScalarActivation): number {
  if (!kinks.includes(0)) return df(0) ** 2;
  return (df(BESIDE_ZERO) ** 2 + df(-BESIDE_ZERO) ** 2) / 2;
}

/** So small that φ' is its limit there. */
const BESIDE_ZERO = 1e-150;

/** dB/dK; chi_K = sw2 dB/dK. @example chiKMoment(scalarActivation("relu"), 2) // 0.5 */
export const chiKMoment: Moment = withLimit((act, K) => act.moments.chiK?.(K) ?? momentSlope(act, K));

/** Below it the quadrature of φ² for dB/dK loses digits, as rounding over K. */
const SMALL_K = 1e-2;

/**
 * dB/dK = E (φ² - φ(0)²)(g² - 1) / 2K, which needs no derivative of φ. The constant may be taken off because
 * E (g² - 1) = 0. Near K = 0, where φ² hardly changes, E φ'² + φφ'' where φ has no kink.
 */
function momentSlope(act: ScalarActivation, K: number): number {
  if (K === 0) return slopeAtZero(act);
  const scale = Math.sqrt(K);
  const { f, df, d2f, kinks } = act;
  if (K < SMALL_K && d2f !== undefined && kinks.every((kink) => Math.abs(kink) >= REACH * scale))
    return squareMean(df, act, K) + productMean(f, d2f, K, ruleFor(act, K));
  const constant = act.f(0) ** 2;
  const rise = (h: number) => act.f(h) ** 2 - constant;
  const sum = productMean(rise, (h) => (h / scale) ** 2 - 1, K, ruleFor(act, K));
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum / (2 * K);
}

/** φ'(0)² + φ(0) φ''(0); where φ' jumps at 0, B rises as sqrt(K) unless φ(0) = 0. */
function slopeAtZero(act: ScalarActivation): number {
  const { taylor, f, df } = act;
  if (taylor !== undefined) return taylor[1] * taylor[1] + taylor[0] * taylor[2];
  const jump = f(0) * (df(BESIDE_ZERO) - df(-BESIDE_ZERO));
  return jump === 0 ? slopeSquareAtZero(act) : jump * Number.POSITIVE_INFINITY;
}

/** m(K) = E φ(h). */
export const mean: Moment = withLimit(
  (act, K) => act.moments.m?.(K) ?? productMean(act.f, one, K, ruleFor(act, K)),
);

/** dm/dK = E φ(h) (g² - 1) / 2K; at K = 0, where relu's is infinite, φ''(0)/2 for smooth φ. */
export const meanSlope: Moment = withLimit((act, K) => {
  if (K === 0) return act.taylor === undefined ? Number.POSITIVE_INFINITY : act.taylor[2] / 2;
  const scale = Math.sqrt(K);
  const sum = productMean(act.f, (h) => (h / scale) ** 2 - 1, K, ruleFor(act, K));
  // Infinite on both sides of g = 1: m has overflowed, and rises with its sign.
  return Number.isNaN(sum) ? Math.sign(mean(act, K)) * Number.POSITIVE_INFINITY : sum / (2 * K);
});

/**
 * V(K) = B - m², the variance of the activations over units: what LayerNorm on activations divides by.
 * @example activationVariance(scalarActivation("relu"), 2) // 1 - 1/π
 */
export const activationVariance: Moment = withLimit((act, K) => {
  const B = secondMoment(act, K);
  return B === Number.POSITIVE_INFINITY ? B : B - mean(act, K) ** 2;
});

/**
 * E φ'(h)⁴, in the scatter of squared gradients (effective-theory.md §5).
 * @example derivativeFourthMoment(scalarActivation("relu"), 2) // 0.5
 */
export const derivativeFourthMoment: Moment = withLimit(
  (act, K) => act.moments.A4?.(K) ?? squareMean((h) => act.df(h) ** 2, act, K),
);

/**
 * E φ(h)⁴, in the scatter of K over networks of finite width (effective-theory.md §4).
 * @example fourthMoment(scalarActivation("relu"), 2) // 6
 */
export const fourthMoment: Moment = withLimit(
  (act, K) => act.moments.fourth?.(K) ?? squareMean((h) => act.f(h) ** 2, act, K),
);

/** E φ(h)² φ'(h)². @example mixedFourthMoment(scalarActivation("relu"), 2) // 1 */
export const mixedFourthMoment: Moment = withLimit(
  (act, K) => act.moments.mixedFourth?.(K) ?? squareMean((h) => act.f(h) * act.df(h), act, K),
);

/** E h φ(h) φ'(h), which for continuous φ is K dB/dK. @example radialMoment(scalarActivation("relu"), 2) // 1 */
export const radialMoment: Moment = withLimit(
  (act, K) => act.moments.radial?.(K) ?? productMean(act.f, (h) => h * act.df(h), K, ruleFor(act, K)),
);

/**
 * E φ(u) φ(v) for a centred Gaussian pair; NaN where a signal overflowed.
 * @throws FathomError `bad-input` for moments that no pair has.
 * @example dual(scalarActivation("linear"), { Ka: 1, Kb: 2, C: 0.5 }) // 0.5
 */
export function dual(act: ScalarActivation, pair: Covariance): number {
  if (isLost(pair)) return Number.NaN;
  const { Ka, Kb, C } = checkedPair(pair);
  if (isOneSignal(pair)) return secondMoment(act, Ka);
  return act.moments.dual?.(Ka, Kb, C) ?? pairMean(act.f, act, { Ka, Kb, C });
}

/**
 * E φ'(u) φ'(v), which is also the derivative of `dual` by C (Price's theorem); NaN where a signal overflowed.
 * @throws FathomError `bad-input` for moments that no pair has.
 * @example dualDerivative(scalarActivation("relu"), { Ka: 1, Kb: 1, C: 0 }) // 0.25
 */
export function dualDerivative(act: ScalarActivation, pair: Covariance): number {
  if (isLost(pair)) return Number.NaN;
  const { Ka, Kb, C } = checkedPair(pair);
  if (isOneSignal(pair)) return derivativeMoment(act, Ka);
  return act.moments.dualDerivative?.(Ka, Kb, C) ?? pairMean(act.df, act, { Ka, Kb, C });
}

/**
 * E φ(u)² φ(v)² for a centred Gaussian pair; NaN where a signal overflowed.
 * @throws FathomError `bad-input` for moments that no pair has.
 * @example dualOfSquares(scalarActivation("linear"), { Ka: 1, Kb: 2, C: 0.5 }) // 2.5
 */
export function dualOfSquares(act: ScalarActivation, pair: Covariance): number {
  if (isLost(pair)) return Number.NaN;
  const { Ka, Kb, C } = checkedPair(pair);
  if (isOneSignal(pair)) return fourthMoment(act, Ka);
  return act.moments.dualOfSquares?.(Ka, Kb, C) ?? pairMean((h) => act.f(h) ** 2, act, { Ka, Kb, C });
}

/** Whether u and v are one variable. Then the moments are used: of equal inputs, rounding would grow by chi_J a layer. */
function isOneSignal({ Ka, Kb, C }: Covariance): boolean {
  return C === Ka && C === Kb;
}

/** Whether a signal overflowed, here or (then C is NaN) in a layer before. */
function isLost({ Ka, Kb, C }: Covariance): boolean {
  return Ka > LARGEST_K || Kb > LARGEST_K || Number.isNaN(C);
}
