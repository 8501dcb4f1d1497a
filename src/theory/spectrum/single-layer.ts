/**
 * @file The spectrum of one layer with orthogonal weights, or of several of which all but one are linear: the law of D²
 * itself, by the change of variable g -> φ'(sqrt(q) g)² between the points where it turns around (criticality.md §9, L = 1).
 */
import erfOf from "@stdlib/math-base-special-erf";
import type { ScalarActivation } from "../activation.ts";
import { brent } from "../roots.ts";
import type { Bulk, Cells } from "./bulk.ts";
import type { Atom } from "./edges.ts";
import { slopePanels } from "./slope-law.ts";

/** Each panel of the quadrature is cut into so many pieces, on each of which φ'² is taken to be monotone. */
const PIECES_PER_PANEL = 64;
/** A piece on which ln φ'² moves less than this is flat, and part of an atom. */
const FLAT = 1e-13;
const LEAST_MASS = 1e-9;
const LEAST_X = -690;
/** Step in g of the differences that give d ln φ'²/dg. */
const STEP = 1e-5;

/** φ'² monotone from g = a to b, in units of its mean: ln values xa and xb. */
interface Piece {
  readonly a: number;
  readonly b: number;
  readonly xa: number;
  readonly xb: number;
}

const normalCdf = (g: number) => 0.5 * (1 + erfOf(g / Math.SQRT2));
const normalDensity = (g: number) => Math.exp(-0.5 * g * g) / Math.sqrt(2 * Math.PI);

/**
 * The law of φ'(h)² over its mean, h ~ N(0, q).
 * @param q Positive.
 */
export function singleLayerBulk(activation: ScalarActivation, q: number, mean: number): Bulk {
  const deviation = Math.sqrt(q);
  const xAt = (g: number) => 2 * Math.log(Math.abs(activation.df(deviation * g))) - Math.log(mean);
  const all = piecesOf(activation, q, xAt);
  const flat = all.filter(isFlat);
  const pieces = all.filter((piece) => !isFlat(piece));
  const atoms = atomsOf(flat);
  const ends = pieces.flatMap(({ xa, xb }) => [xa, xb]).filter(Number.isFinite);
  const lower = Math.max(
    LEAST_X,
    ends.reduce((min, x) => Math.min(min, x), Number.POSITIVE_INFINITY),
  );
  const upper = ends.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY);
  return {
    support: { upper, lower: ends.length === 0 ? undefined : lower, atoms },
    rates: (x) => x.map((at) => rateAt(pieces, xAt, at)),
    cells: (count) => (ends.length === 0 ? noCells : cellsOf(pieces, xAt, { lower, upper, count })),
  };
}

const noCells: Cells = {
  midpoints: new Float64Array(0),
  ends: new Float64Array(0),
  masses: new Float64Array(0),
};

function isFlat({ xa, xb }: Piece): boolean {
  return xa === xb || Math.abs(xa - xb) < FLAT;
}

function piecesOf(activation: ScalarActivation, q: number, xAt: (g: number) => number): Piece[] {
  const ends = slopePanels(activation, q, 0);
  const pieces: Piece[] = [];
  for (let p = 1; p < ends.length; p++) {
    const [from, to] = [ends[p - 1]!, ends[p]!];
    // Just inside the panel: at its ends φ' may jump.
    const inset = 1e-12 * (to - from);
    let [a, xa] = [from, xAt(from + inset)];
    for (let i = 1; i <= PIECES_PER_PANEL; i++) {
      const b = from + ((to - from) * i) / PIECES_PER_PANEL;
      const xb = xAt(i === PIECES_PER_PANEL ? to - inset : b);
      pieces.push({ a, b, xa, xb });
      [a, xa] = [b, xb];
    }
  }
  return pieces;
}

/** Flat pieces of one value are an atom; ln 0 is an atom at 0. */
function atomsOf(flat: readonly Piece[]): Atom[] {
  const atoms: { x: number; mass: number }[] = [];
  for (const { a, b, xa } of flat) {
    const mass = normalCdf(b) - normalCdf(a);
    const same = atoms.find(({ x }) => x === xa || Math.abs(x - xa) < FLAT);
    if (same === undefined) atoms.push({ x: xa, mass });
    else same.mass += mass;
  }
  return atoms.filter(({ mass }) => mass > LEAST_MASS).sort((one, two) => one.x - two.x);
}

/** λ ρ(λ) = sum over g with φ'(sqrt(q) g)² = λ of n(g) / |d ln φ'²/dg|. */
function rateAt(pieces: readonly Piece[], xAt: (g: number) => number, x: number): number {
  let rate = 0;
  for (const { a, b, xa, xb } of pieces) {
    if (xa < x === xb < x) continue;
    const g = brent((at) => (at === a ? xa : at === b ? xb : xAt(at)) - x, a, b);
    const slope = (xAt(g + STEP) - xAt(g - STEP)) / (2 * STEP);
    if (Number.isFinite(slope) && slope !== 0) rate += normalDensity(g) / Math.abs(slope);
  }
  return rate;
}

interface Range {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

function cellsOf(
  pieces: readonly Piece[],
  xAt: (g: number) => number,
  { lower, upper, count }: Range,
): Cells {
  const place = (s: number) => upper - (upper - lower) * Math.sin((Math.PI * s) / 2) ** 2;
  const ends = Float64Array.from({ length: count + 1 }, (_, i) => place(i / count));
  const below = ends.map((x) => massBelow(pieces, xAt, x));
  return {
    midpoints: Float64Array.from({ length: count }, (_, i) => place((i + 0.5) / count)),
    ends,
    masses: Float64Array.from({ length: count }, (_, i) => Math.max(0, below[i]! - below[i + 1]!)),
  };
}

/** Mass of the pieces where ln φ'² < x. */
function massBelow(pieces: readonly Piece[], xAt: (g: number) => number, x: number): number {
  let mass = 0;
  for (const { a, b, xa, xb } of pieces) {
    if (xa >= x && xb >= x) continue;
    if (xa < x && xb < x) mass += normalCdf(b) - normalCdf(a);
    else {
      const g = brent((at) => (at === a ? xa : at === b ? xb : xAt(at)) - x, a, b);
      mass += xa < x ? normalCdf(g) - normalCdf(a) : normalCdf(b) - normalCdf(g);
    }
  }
  return mass;
}
