/**
 * @file Critical lines chi_J* = 1 in the (sw2, sb2) plane (criticality.md §3, §4), each by its natural parameter: K* for
 * plain networks and LayerNorm on activations, the inner variance q for the two-layer branch, sw2 for LayerNorm on
 * preactivations.
 */
import type { ScalarActivation } from "./activation.ts";
import { type Norm, requireNorm, type UniformLayer } from "./architecture.ts";
import { requireCount, requireMu, requireVariance } from "./checks.ts";
import { activationVariance, chiKMoment, derivativeMoment, secondMoment } from "./moments.ts";
import { brent, logSpaced, spaced } from "./roots.ts";
import { universality } from "./universality.ts";

/** A point of a critical line, with its fixed point K. */
export interface LinePoint {
  readonly sw2: number;
  readonly sb2: number;
  readonly K: number;
}

/** The network whose critical line is meant. */
export type LineOf = Pick<UniformLayer, "activation" | "norm" | "mu">;

/** chi_K may exceed 1 by this at a point of the line: rounding, at the critical point itself. */
const ROUNDING = 1e-9;
const LEAST_PARAMETER = 1e-6;
const LARGEST_PARAMETER = 1e6;

/**
 * The point of the critical line at a parameter: K* (plain, ln-act), q (ln-block), or sw2 (ln-pre, ln-skip).
 * @returns undefined where the line has no stable point with sb2 >= 0 there.
 * @throws FathomError `bad-input` for a negative parameter, mu outside [0, 1], or an unknown norm.
 * @example linePoint({ activation: scalarActivation("erf") }, 1) // sw2 1.7562036828, sb2 0.1841396778
 */
export function linePoint(
  { activation, norm = "none", mu = 0 }: LineOf,
  parameter: number,
): LinePoint | undefined {
  requireVariance(parameter, "parameter");
  requireMu(mu);
  requireNorm(norm);
  const skip = mu * mu;
  if (skip === 1 && norm !== "ln-skip") return undefined;
  const point = rows[norm](activation, parameter, skip);
  if (point === undefined || !(point.sw2 > 0)) return undefined;
  if (point.sb2 >= 0) return point;
  return point.sb2 > -1e-14 * point.sw2 ? { ...point, sb2: 0 } : undefined;
}

type Row = (act: ScalarActivation, parameter: number, skip: number) => LinePoint | undefined;

const ofWeights: Row = (act, sw2, skip) => {
  const A = derivativeMoment(act, 1);
  return { sw2, sb2: sw2 * (A - secondMoment(act, 1)), K: (sw2 * A) / (1 - skip) };
};

const rows: Readonly<Record<Norm, Row>> = {
  none: (act, K, skip) => {
    // At K = 0 chi_J = chi_K for every φ with φ(0) = 0; only class `zero` has a stable fixed point there.
    if (K === 0 && !act.homogeneous && universality(act).class !== "zero") return undefined;
    const A = derivativeMoment(act, K);
    if (chiKMoment(act, K) > A * (1 + ROUNDING)) return undefined;
    return { sw2: (1 - skip) / A, sb2: (1 - skip) * (K - secondMoment(act, K) / A), K };
  },
  "ln-pre": ofWeights,
  "ln-skip": (act, sw2, skip) => ({ ...ofWeights(act, sw2, 0)!, K: sw2 * derivativeMoment(act, 1) + skip }),
  "ln-act": (act, K, skip) => {
    const sw2 = ((1 - skip) * activationVariance(act, K)) / derivativeMoment(act, K);
    return { sw2, sb2: (1 - skip) * K - sw2, K };
  },
  // A sw2² + (1 - B) sw2 - q = 0, from sw2² A = sw2 B + sb2 with sb2 = q - sw2.
  "ln-block": (act, q, skip) => {
    const A = derivativeMoment(act, q);
    const linear = 1 - secondMoment(act, q);
    const root = Math.sqrt(linear * linear + 4 * A * q);
    const sw2 = linear > 0 ? (2 * q) / (linear + root) : (root - linear) / (2 * A);
    return { sw2, sb2: q - sw2, K: (sw2 * sw2 * A) / (1 - skip) };
  },
  // chi_J = A(1)/V(1) at all variances (§4.8).
  batchnorm: () => undefined,
};

/**
 * The point of a line at a bias variance (the one of smallest parameter), or at parameter 1 when no bias is wanted.
 * @returns undefined where the line does not pass.
 */
export function lineAt(of: LineOf, sb2: number | undefined): LinePoint | undefined {
  if (sb2 === undefined) return linePoint(of, 1);
  const miss = (p: number) => (linePoint(of, p)?.sb2 ?? Number.NaN) - sb2;
  const grid = logSpaced(LEAST_PARAMETER, LARGEST_PARAMETER, 241);
  for (let i = 1; i < grid.length; i++) {
    const [left, right] = [grid[i - 1]!, grid[i]!];
    if (miss(left) === 0) return linePoint(of, left);
    if (!(miss(left) * miss(right) < 0)) continue;
    const point = linePoint(of, brent(miss, left, right));
    return point === undefined ? undefined : { ...point, sb2 };
  }
  return undefined;
}

export interface LineRange {
  /** Part of the plane to cover, [low, high]. */
  readonly sw2: readonly [low: number, high: number];
  readonly sb2: readonly [low: number, high: number];
  /** Points along the parameter before clipping. Default 400. */
  readonly points?: number;
}

/**
 * The critical line inside a rectangle of the plane, as a polyline of increasing parameter, for a phase diagram.
 * @returns Empty where none passes: with mu = 1 no point is critical, or (ln-pre, ln-block) every one, but for ln-skip.
 * @throws FathomError `bad-input` for bad ranges or options.
 * @example criticalLine({ activation: scalarActivation("tanh") }, { sw2: [0, 4], sb2: [0, 1] })
 */
export function criticalLine(of: LineOf, { sw2, sb2, points = 400 }: LineRange): LinePoint[] {
  for (const [name, range] of Object.entries({ sw2, sb2 }))
    for (const end of range) requireVariance(end, name);
  requireCount(points, "points", 2);
  const inside = (p: LinePoint | undefined): p is LinePoint =>
    p !== undefined && p.sw2 >= sw2[0] && p.sw2 <= sw2[1] && p.sb2 >= sb2[0] && p.sb2 <= sb2[1];
  const { activation, norm = "none", mu = 0 } = of;
  requireMu(mu);
  requireNorm(norm);
  if ((mu === 1 && norm !== "ln-skip") || norm === "batchnorm") return [];
  if (norm === "none" && activation.homogeneous) return uprightLine(of, sb2, points).filter(inside);
  const byWeights = norm === "ln-pre" || norm === "ln-skip";
  const grid = byWeights
    ? spaced(...sw2, points)
    : [0, ...logSpaced(LEAST_PARAMETER, LARGEST_PARAMETER, points)];
  const crossed = grid.filter((parameter) => inside(linePoint(of, parameter)));
  if (crossed.length === 0) return [];
  const first = Math.max(0, grid.indexOf(crossed[0]!) - 1);
  const last = Math.min(grid.length - 1, grid.indexOf(crossed.at(-1)!) + 1);
  return spaced(grid[first]!, grid[last]!, points)
    .map((parameter) => linePoint(of, parameter))
    .filter(inside);
}

/** Scale-invariant activations: the same sw2 at every sb2; K* is that of sb2 = 0 or grows. */
function uprightLine(
  { activation, mu = 0 }: LineOf,
  sb2: readonly [number, number],
  points: number,
): LinePoint[] {
  const sw2 = (1 - mu * mu) / derivativeMoment(activation, 1);
  return spaced(...sb2, points).map((bias) => ({ sw2, sb2: bias, K: Number.POSITIVE_INFINITY }));
}
