/**
 * @file Ends of the spectrum of J Jᵀ and its atoms (criticality.md §9), in units of the mean. Outside the support z(v) is
 * real and increasing; it turns around at an edge, where d ln z/dv = 0. Above the support y > 0 and ζ_l lies above the
 * largest value of D²; below it, and in the gap under an atom, y < -1 and ζ_l lies under a value.
 */
import { FathomError } from "../../tensor/index.ts";
import { brent } from "../roots.ts";
import { type Complex, type Curve, extraTerms } from "./curve.ts";
import type { SlopeLaw } from "./slope-law.ts";

/** Side of the value beside which ζ lies. */
type Side = 1 | -1;

/** Edges are looked for at y, or -(1+y), between exp(-REACH) and exp(REACH). */
const REACH = 60;
/** Log distances of ζ from its value, relative to it. */
const NEAREST = -700;

/** ζ = d_k + side exp(offset): M there, without losing the distance from d_k. */
function transformAt(law: SlopeLaw, anchor: number, shift: number): number {
  const { values, weights } = law;
  const base = values[anchor]!;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]!;
    sum += (weights[i]! * d) / (base - d + shift);
  }
  return sum;
}

interface LayerAxis {
  /** ln ζ. */
  readonly omega: number;
  /** dω/dv. */
  readonly slope: number;
}

/** ζ on the real axis where M(ζ) = y, beside the value `anchor`. */
function solveOnAxis(law: SlopeLaw, anchor: number, side: Side, y: number): LayerAxis {
  const { values, weights } = law;
  const base = values[anchor]!;
  const miss = (offset: number) => 1 / transformAt(law, anchor, side * Math.exp(offset)) - 1 / y;
  const farthest =
    side > 0
      ? Math.log(base) + Math.log1p(1 / y) + 1e-9
      : Math.log(base - (anchor > 0 ? values[anchor - 1]! : 0)) - 1e-15;
  const missBelow = (offset: number) => transformAt(law, anchor, -Math.exp(offset)) - y;
  const offset = brent(side > 0 ? miss : missBelow, NEAREST + Math.log(base), farthest);
  const shift = side * Math.exp(offset);
  const zeta = base + shift;
  let P = 0;
  for (let i = 0; i < values.length; i++) P += (weights[i]! * values[i]!) / (base - values[i]! + shift) ** 2;
  return { omega: Math.log(zeta), slope: ((1 + y) * y) / (zeta * P) };
}

interface AxisPoint {
  /** ln z. */
  readonly x: number;
  /** dx/dv: positive outside the support. */
  readonly slope: number;
}

const value: Complex = { re: 0, im: 0 };
const derivative: Complex = { re: 0, im: 0 };

function axisPoint(curve: Curve, anchors: readonly number[], side: Side, y: number): AxisPoint {
  // v = ln((1 + y)/y); both are below 0 where y < -1.
  const v = side > 0 ? Math.log1p(1 / y) : Math.log((1 + y) / y);
  extraTerms(curve, v, 0, value, derivative);
  let x = value.re - (curve.layers - 1) * v;
  let slope = derivative.re - (curve.layers - 1);
  curve.groups.forEach(({ law, count }, l) => {
    const layer = solveOnAxis(law, anchors[l]!, side, y);
    x += count * layer.omega;
    slope += count * layer.slope;
  });
  return { x, slope };
}

/** Where slopes are tried: ln y above the support, ln -(1+y) under a value. */
const OUTWARDS = [REACH / 2, ...Array.from({ length: 26 }, (_, i) => 15 - i), -REACH / 2, -REACH];
const INWARDS = OUTWARDS.slice(0, -1).reverse();

/** The edge beside the given values, ln z; undefined where z does not turn around. */
function turningPoint(
  curve: Curve,
  anchors: readonly number[],
  side: Side,
  tried: readonly number[],
): number | undefined {
  const yAt = (logarithm: number) => (side > 0 ? Math.exp(logarithm) : -1 - Math.exp(logarithm));
  const slopeAt = (logarithm: number) => axisPoint(curve, anchors, side, yAt(logarithm)).slope;
  let before = slopeAt(tried[0]!);
  for (let i = 1; i < tried.length; i++) {
    const here = slopeAt(tried[i]!);
    if (before * here <= 0) {
      const root = brent(slopeAt, tried[i - 1]!, tried[i]!);
      return axisPoint(curve, anchors, side, yAt(root)).x;
    }
    before = here;
  }
  return undefined;
}

export interface Atom {
  /** ln of its place; -Infinity for 0. */
  readonly x: number;
  readonly mass: number;
}

export interface Support {
  /** ln of the ends of the continuous part; `lower` is undefined where it reaches to 0. */
  readonly upper: number;
  readonly lower: number | undefined;
  /** Ascending; what is left to the continuous part is 1 less their masses. */
  readonly atoms: readonly Atom[];
  /** ln of a place where an atom is about to form: the density is infinite there as an inverse square root. */
  readonly singular?: number;
}

/** Masses below this are rounding. */
const LEAST_MASS = 1e-12;

/** What the atoms leave to the continuous part; 0 where that is rounding. */
export function continuousMass({ atoms }: Pick<Support, "atoms">): number {
  const rest = atoms.reduce((left, { mass }) => left - mass, 1);
  return rest > LEAST_MASS ? rest : 0;
}

/**
 * The support of a curve. An atom lies at the product of values d_l whose masses m_l satisfy 1 - sum (1 - m_l) > 0, with
 * that mass, where all weights are orthogonal; at 0 lies the largest mass at 0 of any layer.
 */
export function supportOf(curve: Curve): Support {
  const { groups, gaussians, bernoulli } = curve;
  const zero = zeroAtom(groups.map(({ law }) => law.zero));
  const top = productAtom(curve, (law) => law.values.length - 1);
  const atom = productAtom(curve, ({ weights }) => weights.indexOf(Math.max(...weights)));
  const atoms = [...zero, ...(atom !== undefined && atom.mass > LEAST_MASS ? [atom] : [])];
  const upper = upperEdge(curve, top);
  const reachesZero = gaussians > 0 || bernoulli > 0 || zero.length > 0;
  const lower = reachesZero ? undefined : lowerEdge(curve);
  const isSingular = atom !== undefined && Math.abs(atom.mass) <= LEAST_MASS;
  return { upper, lower, atoms, ...(isSingular ? { singular: atom.x } : {}) };
}

function lowerEdge(curve: Curve): number | undefined {
  const bottom = productAtom(curve, () => 0);
  if (bottom !== undefined && Math.abs(bottom.mass) <= LEAST_MASS) return bottom.x;
  if (bottom !== undefined && bottom.mass > 0) return undefined;
  return turningPoint(
    curve,
    curve.groups.map(() => 0),
    -1,
    INWARDS,
  );
}

function upperEdge(curve: Curve, top: Atom | undefined): number {
  const tops = curve.groups.map(({ law }) => law.values.length - 1);
  if (top !== undefined && Math.abs(top.mass) <= LEAST_MASS) return top.x;
  const side = top !== undefined && top.mass > 0 ? -1 : 1;
  const edge = turningPoint(curve, tops, side, OUTWARDS);
  if (edge !== undefined) return edge;
  throw new FathomError({
    code: "failed",
    message: "The upper edge of the spectrum was not found.",
    where: "theory.spectrum",
    hint: "Report the layers that led here.",
  });
}

function zeroAtom(masses: readonly number[]): Atom[] {
  const mass = masses.reduce((max, zero) => Math.max(max, zero), 0);
  return mass > LEAST_MASS ? [{ x: Number.NEGATIVE_INFINITY, mass }] : [];
}

/** The atom at the product of the chosen values, if its mass is positive; undefined where there is none of any mass. */
function productAtom(curve: Curve, choose: (law: SlopeLaw) => number): Atom | undefined {
  const { groups, gaussians, smooth, bernoulli } = curve;
  if (gaussians > 0 || smooth > 0) return undefined;
  let mass = 1 - bernoulli;
  let x = bernoulli;
  for (const { law, count } of groups) {
    const chosen = choose(law);
    mass -= count * (1 - law.weights[chosen]!);
    x += count * Math.log(law.values[chosen]!);
  }
  return { x, mass };
}
