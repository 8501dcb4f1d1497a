/**
 * @file The one quadrature, in one dimension: E f(sqrt(K) g), g ~ N(0, 1), by composite Gauss-Legendre panels
 * (criticality.md §2). Panels halve in length towards zero until the innermost spans one unit of sqrt(K) g, because
 * activations change on the scale 1 and the density on the scale sqrt(K). Plain Gauss-Hermite is not acceptable here:
 * tanh² at K = 10 is off by 1.6e-4 with 128 nodes.
 */
import { FathomError } from "../tensor/index.ts";
import { requireVariance } from "./checks.ts";
import { normalPanels, type Rule } from "./gauss-legendre.ts";

export { normalPanels, type Rule } from "./gauss-legendre.ts";

/** Standard deviations covered on each side: the density beyond is below 1e-18. */
export const REACH = 9;
const SMALLEST_LEVEL = 3;
/** Past this variance K is treated as this variance: an integral there equals its limit to rounding. */
export const LARGEST_K = 1e290;
const MAX_DOUBLINGS = 8;

/** Panel ends 0, 9/2^level, …, 9/4, 9/2, 9. */
function dyadicPoints(level: number): number[] {
  return [0, ...Array.from({ length: level + 1 }, (_, k) => REACH / 2 ** (level - k))];
}

/** How often [0, 9] is halved towards zero so that the innermost panel spans at most one unit of sqrt(K) g. */
function levelOf(K: number): number {
  return Math.max(SMALLEST_LEVEL, Math.ceil(Math.log2(REACH * Math.sqrt(K))));
}

/** A rule for each level, cached, so that inner loops allocate nothing. */
function ruleByLevel(pointsOf: (level: number) => number[]): (K: number) => Rule {
  const rules = new Map<number, Rule>();
  return (K) => {
    const level = levelOf(K);
    let rule = rules.get(level);
    if (rule === undefined) {
      rule = normalPanels(pointsOf(level));
      rules.set(level, rule);
    }
    return rule;
  };
}

/**
 * The rule on the positive half line for variance K, finite and >= 0: E f(sqrt(K) g) =
 * sum_i w_i (f(sqrt(K) g_i) + f(-sqrt(K) g_i)) for functions without kinks other than at 0, to rounding.
 */
export const halfRule: (K: number) => Rule = ruleByLevel(dyadicPoints);

/** Equal panels that a rule for oscillating functions holds, before they grow. */
const EQUAL_PANELS = 128;

/** Panel ends on [0, 9] of at most one unit of sqrt(K) g, out to 128 of those units: for functions that oscillate. */
export function finePoints(K: number): number[] {
  return finePointsOf(levelOf(K));
}

function finePointsOf(level: number): number[] {
  const step = REACH / 2 ** level;
  const ends = [0];
  for (let d = 0; d < REACH; ) {
    d = Math.min(REACH, d < EQUAL_PANELS * step ? d + step : 2 * d);
    ends.push(d);
  }
  return ends;
}

/** As `halfRule`, on the panels of `finePoints`. */
export const fineRule: (K: number) => Rule = ruleByLevel(finePointsOf);

/** Where the density leaves float64: beyond, nothing can be counted. */
const LARGEST_REACH = 38;

/**
 * As `halfRule`, out to 38 standard deviations: for functions that grow as exp(sqrt(K) g). Panels are short everywhere,
 * because a high power times the density has its peak far out.
 */
export const farRule: (K: number) => Rule = ruleByLevel((level) => {
  const halves = Array.from({ length: 2 * LARGEST_REACH }, (_, i) => (i + 1) / 2);
  return distinct([...dyadicPoints(level), ...halves]);
});

/** Ascending panel ends over [-9, 9] for variance K, with one at every kink of f. */
export function panelEnds(K: number, kinks: readonly number[]): number[] {
  const half = dyadicPoints(levelOf(K));
  const inside = kinks.map((kink) => kink / Math.sqrt(K)).filter((g) => Math.abs(g) < REACH);
  return distinct([...half.map((g) => -g), ...half, ...inside]);
}

/** Sorted, with ends that coincide to rounding merged. */
export function distinct(points: number[]): number[] {
  const sorted = points.sort((a, b) => a - b);
  return sorted.filter((g, i) => i === 0 || g - sorted[i - 1]! > 1e-13 * (1 + Math.abs(g)));
}

/** Every panel cut in two. */
export function halved(points: readonly number[]): number[] {
  return points.flatMap((g, i) => (i === 0 ? [g] : [(points[i - 1]! + g) / 2, g]));
}

export interface QuadratureOptions {
  /** Points where f or its derivative jumps; panels end there. */
  readonly kinks?: readonly number[];
  /** Wanted error, absolute below 1 and relative above. Default 1e-12. */
  readonly tolerance?: number;
}

/**
 * E f(sqrt(K) g) with g ~ N(0, 1). Panels are doubled until two results agree.
 * @param f Any function that is smooth between the kinks and grows slower than exp(h²/2K).
 * @param K Variance, finite and >= 0; at 0 the result is f(0).
 * @throws FathomError `bad-input` for a negative or non-finite K, `failed` when doubling does not settle (an undeclared
 * kink, a rapid oscillation).
 * @example expect((h) => h * h, 2) // 2
 */
export function expect(f: (h: number) => number, K: number, options: QuadratureOptions = {}): number {
  requireVariance(K, "K");
  if (K === 0) return f(0);
  const { kinks = [], tolerance = 1e-12 } = options;
  const scale = Math.sqrt(K);
  let ends = panelEnds(K, kinks);
  let value = sumOver(f, scale, normalPanels(ends));
  for (let doubling = 0; doubling < MAX_DOUBLINGS; doubling++) {
    ends = halved(ends);
    const finer = sumOver(f, scale, normalPanels(ends));
    if (Math.abs(finer - value) <= tolerance * Math.max(1, Math.abs(finer))) return finer;
    value = finer;
  }
  throw notConverged("E f(sqrt(K) g)", K);
}

function sumOver(f: (h: number) => number, scale: number, { nodes, weights }: Rule): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i]! * f(scale * nodes[i]!);
  return sum;
}

/** The error of an integral whose doubled panels do not agree. */
export function notConverged(integral: string, K: number): FathomError {
  return new FathomError({
    code: "failed",
    message: `The Gaussian integral ${integral} at K = ${K} does not settle when its panels are doubled.`,
    where: "theory.gaussian",
    hint: "Name the function's kinks, or loosen the tolerance.",
  });
}
