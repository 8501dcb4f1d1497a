/**
 * @file The continuous part of a spectrum, behind one face for its two forms: free products of several layers, found by
 * continuation (here), and a single layer, whose law is that of D² itself (single-layer.ts). Everything is in x = ln λ, λ
 * in units of the mean, so that no depth leaves float64.
 */
import { FathomError } from "../../tensor/index.ts";
import type { Curve } from "./curve.ts";
import { type Atom, continuousMass, type Support } from "./edges.ts";
import { Tracker } from "./tracker.ts";

/** Cells of the distribution: `rates` at their midpoints times `widths` are masses. Midpoints descend. */
export interface Cells {
  readonly midpoints: Float64Array;
  /** One more than there are cells, descending. */
  readonly ends: Float64Array;
  readonly masses: Float64Array;
}

/** The continuous part of the spectrum of J Jᵀ over its mean. */
export interface Bulk {
  readonly support: Support;
  /** λ ρ(λ), the density of ln λ, at descending x; 0 outside the support. */
  rates(x: Float64Array): Float64Array;
  /** Cells down to where the mass further left is below `negligible`; 2e-5 unless said. */
  cells(count: number, negligible?: number): Cells;
}

/** ln z keeps this argument, in units of the spectrum's width where that is small. */
const EPSILON = 1e-8;
/** Each layer adds rounding to ln z, below which its argument means nothing. */
const ROUNDING = 1e-14;
/** The height of a path over an atom, or to a sharp edge from above. */
const DETOUR = 0.5;
/** Nearer to an atom than this share of the width, the density is that at this distance. */
const ATOM_REACH = 1e-4;
/** ln |ζ| below which sums over 1/(ζ - d)² leave float64. */
const LOWEST = -160 * Math.LN10;
/**
 * What is left to the left of a place does not count when it is below this. Tails of different layers resemble those of one of
 * them, where the values of its D² are not resolved; they are left out sooner.
 */
const NEGLIGIBLE = 2e-5;
const NEGLIGIBLE_MIXED = 5e-4;
/** λ below exp of this leaves float64. */
const LEAST_X = -690;
/** Heights above the axis that are tried in turn where a place cannot be reached, in units of epsilon. */
const HEIGHTS = [1e3, 1e5, 1e7];

/** The continuous part of a curve; `spread` is the standard deviation of λ over its mean, the scale of narrow spectra. */
export function curveBulk(curve: Curve, support: Support, spread: number): Bulk {
  const width = Math.min(1, spread);
  const epsilon = Math.max(EPSILON * width, ROUNDING * curve.layers);
  const context = { curve, support, epsilon, width };
  return {
    support,
    rates: (x) => ratesOn(context, x),
    cells: (count, negligible = curve.groups.length > 1 ? NEGLIGIBLE_MIXED : NEGLIGIBLE) =>
      cellsOf(context, count, negligible),
  };
}

interface Context {
  readonly curve: Curve;
  readonly support: Support;
  readonly epsilon: number;
  readonly width: number;
}

function ratesOn(context: Context, x: Float64Array): Float64Array {
  const { upper, lower = Number.NEGATIVE_INFINITY } = context.support;
  const tracker = new Tracker(context.curve, context.width);
  const rates = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const at = x[i]!;
    if (at >= upper || at <= lower) continue;
    rates[i] = rateAt(context, tracker, at);
  }
  return rates;
}

function rateAt({ support, epsilon, width }: Context, tracker: Tracker, x: number): number {
  const beside = besideAtoms(support.atoms, x, ATOM_REACH * width);
  goTo(tracker, beside, epsilon, support.atoms);
  let rate = tracker.rate();
  // An atom m at a adds the Lorentzian -Im(m z/(z - a))/π = (m/2π) sin ε / (cosh(x - x_a) - cos ε) to a density taken at ε.
  for (const { x: a, mass } of support.atoms) {
    if (a === Number.NEGATIVE_INFINITY) continue;
    const half = Math.sinh((beside - a) / 2) ** 2 + Math.sin(epsilon / 2) ** 2;
    rate -= (mass * Math.sin(epsilon)) / (4 * Math.PI * half);
  }
  return Math.max(0, rate);
}

function besideAtoms(atoms: readonly Atom[], x: number, reach: number): number {
  const near = atoms.find((atom) => Math.abs(atom.x - x) < reach);
  return near === undefined ? x : near.x + (x >= near.x ? reach : -reach);
}

/**
 * To x + i epsilon: straight along the axis, or over an atom that lies between; where values of D² are not resolved, no lower
 * than can be reached.
 */
function goTo(tracker: Tracker, x: number, epsilon: number, atoms: readonly Atom[]): void {
  const from = tracker.place;
  const crosses = atoms.some((atom) => (atom.x - from.re) * (atom.x - x) < 0);
  if (!crosses && tracker.moveTo(x, epsilon)) return;
  const { re } = tracker.place;
  if (tracker.moveTo(re, DETOUR) && tracker.moveTo(x, DETOUR) && tracker.moveTo(x, epsilon)) return;
  for (const height of HEIGHTS) {
    const { re } = tracker.place;
    if (tracker.moveTo(re, height * epsilon) && tracker.moveTo(x, height * epsilon)) return;
  }
  tracker.restart();
  if (tracker.moveTo(x, epsilon)) return;
  throw new FathomError({
    code: "failed",
    message: `The spectrum could not be followed to λ = exp(${x}) times its mean.`,
    where: "theory.spectrum",
    hint: "Ask for a density a little beside this value.",
  });
}

/**
 * Cells that are fine where the density has its square roots: at the upper edge quadratically in x, and at both ends where
 * the lower edge carries mass, or the density is infinite in between. Midpoints never fall onto such a place.
 */
function cellsOf(context: Context, count: number, negligible: number): Cells {
  const { upper, lower, atoms, singular } = context.support;
  const left = leftEnd(context, negligible);
  const breaks = [...atoms.map(({ x }) => x), singular ?? upper].filter((x) => x < upper && x > left);
  if (breaks.length === 0)
    return measured(context, left === lower ? bothEnds(upper, left, count) : upperEnd(upper, left, count));
  const ends = [upper, ...breaks.sort((a, b) => b - a), left];
  const share = Math.ceil(count / (ends.length - 1));
  const parts = ends.slice(1).map((to, i) => bothEnds(ends[i]!, to, share));
  return measured(context, {
    midpoints: parts.flatMap(({ midpoints }) => midpoints),
    ends: [upper, ...parts.flatMap((part) => part.ends.slice(1))],
    widths: parts.flatMap(({ widths }) => widths),
  });
}

interface Grid {
  readonly midpoints: number[];
  readonly ends: number[];
  readonly widths: number[];
}

/** s from 0 to 1 is mapped to x by `place`; `stretch` is -dx/ds. */
function gridOf(count: number, place: (s: number) => number, stretch: (s: number) => number): Grid {
  const middles = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  return {
    midpoints: middles.map(place),
    ends: Array.from({ length: count + 1 }, (_, i) => place(i / count)),
    widths: middles.map((s) => stretch(s) / count),
  };
}

function upperEnd(upper: number, left: number, count: number): Grid {
  const range = upper - left;
  return gridOf(
    count,
    (s) => upper - range * s * s,
    (s) => 2 * range * s,
  );
}

function bothEnds(upper: number, left: number, count: number): Grid {
  const range = upper - left;
  return gridOf(
    count,
    (s) => upper - range * Math.sin((Math.PI * s) / 2) ** 2,
    (s) => range * (Math.PI / 2) * Math.sin(Math.PI * s),
  );
}

function measured(context: Context, { midpoints, ends, widths }: Grid): Cells {
  const places = Float64Array.from(midpoints);
  const masses = ratesOn(context, places).map((rate, i) => rate * widths[i]!);
  return { midpoints: places, ends: Float64Array.from(ends), masses };
}

/** First step of the walk to the left, in units of the width, and the factor of those after it. */
const FIRST_STEP = 0.02;
const LENGTHENING = 1.1;
const LONGEST_STEP = 5;

/**
 * How far to the left the spectrum counts: to its lower edge; to where the mass beyond, as the slope of the rate tells, is
 * negligible; or to where float64 ends.
 */
function leftEnd(context: Context, negligible: number): number {
  const { curve, support, width } = context;
  const { upper, lower = Number.NEGATIVE_INFINITY } = support;
  const tracker = new Tracker(curve, width);
  const whole = continuousMass(support);
  let step = FIRST_STEP * width;
  let x = upper;
  let before = 0;
  let mass = 0;
  for (;;) {
    const next = x - step;
    if (next <= lower) return lower;
    const rate = rateAt(context, tracker, next);
    const slope = Math.log(before / rate) / step;
    mass += (step * (rate + before)) / 2;
    if (mass > whole / 2 && slope > 0 && rate < negligible * slope) return next;
    if (tracker.lowest < LOWEST || next < LEAST_X) return x;
    x = next;
    before = rate;
    step = Math.min(step * LENGTHENING, LONGEST_STEP);
  }
}
