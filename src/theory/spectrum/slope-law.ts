/**
 * @file The law of D², D = diag φ'(h) with h ~ N(0, q), as weighted points: the nodes of the one quadrature (criticality.md
 * §2, §8), points of equal φ'² joined. For piecewise linear functions the points are the atoms themselves, and by the
 * symmetry of φ'² half of the others fall away.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireVariance } from "../checks.ts";
import { distinct, finePoints, halved, normalPanels, panelEnds, REACH } from "../gaussian.ts";
import { derivativeMoment } from "../moments.ts";

/** A law on [0, ∞) of mean 1: `D² / mean`. */
export interface SlopeLaw {
  /** Mass at 0. */
  readonly zero: number;
  /** Ascending, positive. */
  readonly values: Float64Array;
  readonly weights: Float64Array;
  /** µ1 = E φ'², by which the values are divided. */
  readonly mean: number;
  /** µ2 / µ1² - 1. */
  readonly relativeVariance: number;
  /** Whether φ' stays finite: else the law has no upper end, and the values reach to nine standard deviations. */
  readonly bounded: boolean;
}

/** Values nearer to each other than this share are one. */
const SAME = 1e-13;
/** The quadrature must give E φ'² to this, or φ' grows too fast for its nodes. */
const MEAN_TOLERANCE = 1e-9;
/** A kinked φ' at q = 0 is read on both sides of 0. */
const BESIDE_ZERO = 1e-150;

/**
 * The law of D² at second moment q; q = 0 is the limit, a point mass at φ'(0)² where φ has no kink at 0.
 * @param halvings How often each panel of the quadrature is halved.
 * @throws FathomError `bad-input` for a negative q, `unsupported` where φ' is missing, 0 almost everywhere, or grows so
 * fast that its law is not resolved.
 * @example slopeLaw(scalarActivation("relu"), 1, 0) // zero 0.5, values [2], weights [0.5], mean 0.5
 */
export function slopeLaw(activation: ScalarActivation, q: number, halvings: number): SlopeLaw {
  requireVariance(q, "q");
  requireDerivative(activation);
  const points = q === 0 ? pointsAtZero(activation) : pointsOf(activation, q, halvings);
  return normalised(activation, q, points);
}

interface WeightedValue {
  readonly value: number;
  readonly weight: number;
}

function pointsAtZero({ df, kinks }: ScalarActivation): WeightedValue[] {
  if (!kinks.includes(0)) return [{ value: df(0) ** 2, weight: 1 }];
  return [-BESIDE_ZERO, BESIDE_ZERO].map((h) => ({ value: df(h) ** 2, weight: 0.5 }));
}

function pointsOf(activation: ScalarActivation, q: number, halvings: number): WeightedValue[] {
  const { nodes, weights } = normalPanels(slopePanels(activation, q, halvings));
  const deviation = Math.sqrt(q);
  return Array.from(nodes, (g, i) => ({ value: activation.df(deviation * g) ** 2, weight: weights[i]! }));
}

/** Panel ends in standard deviations over [-9, 9], one at every kink, each panel halved as often as asked. */
export function slopePanels(activation: ScalarActivation, q: number, halvings: number): number[] {
  const { kinks, scale = 1, oscillates } = activation;
  const units = q / (scale * scale);
  const coarse = panelEnds(
    units,
    kinks.map((kink) => kink / scale),
  );
  const fine = oscillates ? finePoints(units) : [];
  let ends = distinct([...coarse, ...fine, ...fine.map((g) => -g)]).filter((g) => Math.abs(g) <= REACH);
  for (let i = 0; i < halvings; i++) ends = halved(ends);
  return ends;
}

function normalised(activation: ScalarActivation, q: number, points: readonly WeightedValue[]): SlopeLaw {
  const joined = joinEqual(points);
  const total = joined.reduce((sum, { weight }) => sum + weight, 0);
  const mean = joined.reduce((sum, { value, weight }) => sum + (value * weight) / total, 0);
  if (mean === 0) throw flat(activation, q);
  const expected = q === 0 ? mean : derivativeMoment(activation, q);
  if (!(Math.abs(mean - expected) <= MEAN_TOLERANCE * expected)) throw unresolved(activation, q);
  const positive = joined.filter(({ value }) => value > 0);
  return {
    zero: joined[0]!.value === 0 ? joined[0]!.weight / total : 0,
    values: Float64Array.from(positive, ({ value }) => value / mean),
    weights: Float64Array.from(positive, ({ weight }) => weight / total),
    mean: expected,
    relativeVariance: joined.reduce(
      (sum, { value, weight }) => sum + (weight / total) * (value / mean - 1) ** 2,
      0,
    ),
    bounded: hasBoundedSlope(activation),
  };
}

/** Ascending, neighbours within `SAME` of the first of their group joined at their mean. */
function joinEqual(points: readonly WeightedValue[]): WeightedValue[] {
  const sorted = [...points].sort((a, b) => a.value - b.value);
  const joined: { first: number; value: number; weight: number }[] = [];
  for (const { value, weight } of sorted) {
    const last = joined.at(-1);
    if (last === undefined || value - last.first > SAME * value) joined.push({ first: value, value, weight });
    else {
      last.weight += weight;
      last.value += ((value - last.value) * weight) / last.weight;
    }
  }
  return joined;
}

/** Far out, and further: a slope that grows a hundredfold between has no bound. */
const FAR = [1e3, 1.1e3, 1.2e3];
const GROWTH = 100;

function hasBoundedSlope({ df }: ScalarActivation): boolean {
  const largest = (factor: number) =>
    FAR.flatMap((x) => [df(factor * x), df(-factor * x)]).reduce((max, s) => Math.max(max, Math.abs(s)), 0);
  const near = largest(1);
  return Number.isFinite(near) && (near === 0 || largest(1e3) < GROWTH * near);
}

function requireDerivative(activation: ScalarActivation): void {
  if (typeof activation.df === "function") return;
  throw new FathomError({
    code: "unsupported",
    message: `The activation ${activation.kind} states no derivative, which the Jacobian is made of.`,
    where: "activation.df",
    hint: "Give `df`, or let `activationFromFunction` take it from `f` by differences.",
  });
}

function flat({ kind }: ScalarActivation, q: number): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `${kind} has φ' = 0 almost everywhere at q = ${q.toPrecision(3)}: the Jacobian is 0 and has no spectrum to speak of.`,
    where: "activation",
    hint: "Take an activation with a slope, or a smaller q.",
  });
}

function unresolved({ kind }: ScalarActivation, q: number): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `φ' of ${kind} grows so fast at q = ${q} that the law of φ'² is not resolved.`,
    where: "q",
    hint: "Take a smaller q, or an activation whose derivative is bounded.",
  });
}
