/**
 * @file The one quadrature, in two dimensions: E f(u, v) for a centred Gaussian pair. With independent standard normals
 * x, y: u = sqrt(Ka) x, v = sqrt(Kb) (c x + s y), s = sqrt(1 - c²). For each x the integral over y has its panels at the
 * kinks of f in v and grows finer where v crosses zero; the panels of x grow finer, down to the scale s/|c|, where the
 * kinks in v lie. So nothing degrades as c -> ±1, where the pair becomes one variable.
 */
import { distinct, halved, normalPanels, notConverged, panelEnds, REACH, type Rule } from "./gaussian.ts";
import { type Covariance, checkedPair, geometricMean, gramRoot } from "./pair-geometry.ts";

export interface PairQuadratureOptions {
  /** Points of u, and of v, where f or a derivative of f jumps. */
  readonly kinks?: readonly number[];
  /** Wanted error, absolute below 1 and relative above. Default 1e-10. */
  readonly tolerance?: number;
}

/** f with its first argument fixed, so that what depends on u alone is computed once. */
type Section = (u: number) => (v: number) => number;

/** Panels longer than this do not resolve the density to rounding. */
const LONGEST_PANEL = REACH / 4;
const MAX_DOUBLINGS = 4;
/**
 * Panels are not graded for larger standard deviations: the transition of an activation then fills less than 1e-3 of the
 * density, and misses less than 1e-9 of E φφ and E φ'φ' (tested against gelu). Without the bound, an exploding network
 * would spend seconds here.
 */
const LARGEST_DEVIATION = 2 ** 10;

interface Geometry {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly s: number;
}

/** sqrt(Ka), sqrt(Kb), c and s = sqrt(1 - c²) without cancellation. @throws FathomError `bad-input` as `checkedPair`. */
function geometry(pair: Covariance): Geometry {
  const { Ka, Kb, C } = checkedPair(pair);
  const a = Math.sqrt(Ka);
  const b = Math.sqrt(Kb);
  const most = geometricMean(Ka, Kb);
  const c = most === 0 ? 0 : Math.max(-1, Math.min(1, C / most));
  return { a, b, c, s: most === 0 ? 1 : gramRoot(Ka, Kb, C) / most };
}

/**
 * E f(u, v) for (u, v) centred Gaussian. Panels are doubled until two results agree.
 * @param covariance Ka, Kb >= 0 and |C| <= sqrt(Ka Kb).
 * @throws FathomError `bad-input` for impossible moments, `failed` when doubling does not settle.
 * @example expect2((u, v) => u * v, { Ka: 1, Kb: 4, C: 1.5 }) // 1.5
 */
export function expect2(
  f: (u: number, v: number) => number,
  covariance: Covariance,
  options: PairQuadratureOptions = {},
): number {
  const { kinks = [], tolerance = 1e-10 } = options;
  const shape = geometry(covariance);
  const section: Section = (u) => (v) => f(u, v);
  let value = integrate(section, shape, kinks, 0);
  for (let doublings = 1; doublings <= MAX_DOUBLINGS; doublings++) {
    const finer = integrate(section, shape, kinks, doublings);
    if (Math.abs(finer - value) <= tolerance * Math.max(1, Math.abs(finer))) return finer;
    value = finer;
  }
  throw notConverged("E f(u, v)", Math.max(covariance.Ka, covariance.Kb));
}

/**
 * E f(u) f(v), for an activation or its derivative: smooth between the kinks and varying on the scale 1, so the panels
 * need no doubling (tested against closed forms to 1e-12).
 */
export function expectProduct(
  f: (h: number) => number,
  covariance: Covariance,
  kinks: readonly number[],
): number {
  const section: Section = (u) => {
    const fu = f(u);
    return (v) => fu * f(v);
  };
  return integrate(section, geometry(covariance), kinks, 0);
}

/** The double integral with every panel cut in two `doublings` times. */
function integrate(section: Section, shape: Geometry, kinks: readonly number[], doublings: number): number {
  const { a, b, c, s } = shape;
  let ends = outerEnds(shape, kinks);
  for (let i = 0; i < doublings; i++) ends = halved(ends);
  const { nodes, weights } = normalPanels(ends);
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const x = nodes[i]!;
    const g = section(a * x);
    const average =
      s === 0 ? g(b * c * x) : conditionalMean(g, { centre: b * c * x, spread: b * s }, kinks, doublings);
    sum += weights[i]! * average;
  }
  return sum;
}

/** Panel ends of x: those of u, those of c v, and a ladder of scale s/|c| around each kink of v. */
function outerEnds({ a, b, c, s }: Geometry, kinks: readonly number[]): number[] {
  const ends = panelEnds(Math.min(LARGEST_DEVIATION, Math.max(a, b * Math.abs(c))) ** 2, []);
  const ofU = a === 0 ? [] : kinks.map((kink) => kink / a);
  const ofV = b * c === 0 ? [] : kinks.map((kink) => kink / (b * c));
  const blur = Math.abs(s / c);
  const ladders = ofV.flatMap((x) => (s > 0 && blur < 1 ? graded(x, blur) : [x]));
  return distinct([...ends, ...ofU, ...ladders].filter((x) => Math.abs(x) <= REACH));
}

interface Conditional {
  readonly centre: number;
  readonly spread: number;
}

/** Below this spread, equal panels resolve g wherever its zero lies, so one cached rule serves every centre. */
const NARROW = 1.6;
const equalRules = new Map<number, Rule>();

function conditionalRule({ centre, spread }: Conditional, kinks: readonly number[], doublings: number): Rule {
  if (kinks.length === 0 && spread <= NARROW)
    return equalRule(Math.ceil(8 * Math.max(1, spread)) * 2 ** doublings);
  const inside = kinks.map((kink) => (kink - centre) / spread).filter((y) => Math.abs(y) < REACH);
  let ends = distinct([...graded(-centre / spread, 1 / Math.min(LARGEST_DEVIATION, spread)), ...inside]);
  for (let i = 0; i < doublings; i++) ends = halved(ends);
  return normalPanels(ends);
}

function equalRule(panels: number): Rule {
  let rule = equalRules.get(panels);
  if (rule === undefined) {
    rule = normalPanels(Array.from({ length: panels + 1 }, (_, i) => REACH * ((2 * i) / panels - 1)));
    equalRules.set(panels, rule);
  }
  return rule;
}

/** E g(centre + spread y), y ~ N(0, 1). */
function conditionalMean(
  g: (v: number) => number,
  { centre, spread }: Conditional,
  kinks: readonly number[],
  doublings: number,
): number {
  const { nodes, weights } = conditionalRule({ centre, spread }, kinks, doublings);
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i]! * g(centre + spread * nodes[i]!);
  return sum;
}

/** Ascending panel ends over [-9, 9]: length `scale` next to `at`, then growing with the distance from it. */
function graded(at: number, scale: number): number[] {
  const start = Math.max(-REACH, Math.min(REACH, at));
  const first = Math.max(scale, Math.abs(at - start));
  const below = ladder(start + REACH, first).map((d) => start - d);
  return [...below.reverse(), start, ...ladder(REACH - start, first).map((d) => start + d)];
}

/** Distances at which panels end, out to `length`: each panel as long as its distance from 0, at most LONGEST_PANEL. */
function ladder(length: number, first: number): number[] {
  const ends: number[] = [];
  for (let d = 0; d < length - 1e-12; ) {
    d = Math.min(length, d + Math.min(LONGEST_PANEL, d === 0 ? first : d));
    ends.push(d);
  }
  return ends;
}
