/**
 * @file Fixed points of the variance, K = K'(K): all of them, and the one that a given first layer reaches
 * (criticality.md §3, §14.5-7). For every activation whose B grows with K the sequence K^1, K^2, … is monotone, so it ends
 * at the next fixed point in its direction: no iteration, which near chi_K = 1 needs thousands of layers and whose small
 * steps look like convergence. Maps that are not monotone are iterated.
 */
import type { UniformLayer } from "./architecture.ts";
import { requireVariance } from "./checks.ts";
import { type LayerMap, layerMap, scanGrid } from "./layer-map.ts";
import { brent, logSpaced } from "./roots.ts";

/**
 * `stable`: attracts from both sides; `half-stable`: from one side only; `unstable`: from none; `neutral`: every K is
 * fixed.
 */
export type Stability = "stable" | "half-stable" | "unstable" | "neutral";

/** A second moment K that a layer maps to itself, and what becomes of small changes there. */
export interface FixedPoint {
  readonly K: number;
  /** J(l, l+1) there: also the slope of the correlation map at correlation 1. */
  readonly chiJ: number;
  readonly chiK: number;
  /** Correlation length in layers, 1/|ln chi_J|; Infinity at criticality. */
  readonly xi: number;
  readonly stability: Stability;
}

/**
 * `ok`; `slow`: |chi_K - 1| < 1e-3, so depth matters more than the limit; `infinite`: K grows without bound, the values are
 * limits; `dead`: K dies out exponentially.
 */
export type LimitStatus = "ok" | "slow" | "infinite" | "dead";

/** Where K^1, K^2, … goes. `K` is Infinity for status `infinite`. */
export interface Limit extends FixedPoint {
  readonly status: LimitStatus;
}

/** The fixed points of a layer that is repeated, and the limit that K reaches. */
export interface FixedPoints {
  /** Ascending, Infinity left out; empty where every K is fixed (then `reached` is neutral) or K only grows. */
  readonly all: readonly FixedPoint[];
  readonly reached: Limit;
}

/** Differences K' - K below this fraction of K are rounding. */
const ROUNDING = 1e-14;
/** |K' - K|/K at an extremum of K' - K below this makes it a double root: constants are given to about 13 digits. */
const TOUCHING = 1e-12;
const SLOW = 1e-3;
const MAX_ITERATIONS = 1e5;
/** Iterated K beyond this counts as growing without bound. */
const UNBOUNDED = 1e12;

/**
 * All fixed points of a uniform layer and the one reached from K1.
 * `K1` is the variance of the first preactivations, 1 unless said.
 * @throws FathomError `bad-input` as `layerMap`, or for a bad K1.
 * @example fixedPoints({ activation: scalarActivation("erf"), sw2: 2, sb2: 0.2 }).reached.K // 1.1968007
 */
export function fixedPoints(layer: UniformLayer, { K1 = 1 }: { readonly K1?: number } = {}): FixedPoints {
  requireVariance(K1, "K1");
  const map = layerMap(layer);
  if (map.branch.linear !== undefined) return ofLinearMap(map, map.branch.linear, K1);
  const scan = { K: scanGrid, values: map.scan() };
  const roots = scanRoots(map, scan);
  return { all: roots.map((root) => describe(map, root)), reached: reach(map, { roots, scan }, K1) };
}

/**
 * Only the limit from K1: what a phase diagram needs of each cell.
 * @throws FathomError as `fixedPoints`.
 * @example reachedLimit({ activation: scalarActivation("erf"), sw2: 2, sb2: 0.2 }).xi // 17.579
 */
export function reachedLimit(layer: UniformLayer, options: { readonly K1?: number } = {}): Limit {
  return fixedPoints(layer, options).reached;
}

interface Root {
  readonly K: number;
  /** Signs of K' - K just below and just above. */
  readonly below: number;
  readonly above: number;
}

function describe(map: LayerMap, { K, below, above }: Root): FixedPoint {
  const attracts = { below: below > 0 || K === 0, above: above < 0 };
  const stability: Stability =
    attracts.below && attracts.above
      ? "stable"
      : attracts.below === attracts.above || K === 0
        ? "unstable"
        : "half-stable";
  return pointAt(map, K, stability);
}

function pointAt(map: LayerMap, K: number, stability: Stability): FixedPoint {
  const chiJ = map.chiJ(K);
  return { K, chiJ, chiK: map.chiK(K), xi: 1 / Math.abs(Math.log(chiJ)), stability };
}

/** K' = slope K + offset: scale-invariant activations, and every row whose normalisation forgets K. */
function ofLinearMap(
  map: LayerMap,
  { gain, offset }: { readonly gain: number; readonly offset: number },
  K1: number,
): FixedPoints {
  const slope = gain + map.skip;
  const neutral = Math.abs(slope - 1) <= ROUNDING;
  if (neutral && offset === 0) return { all: [], reached: { ...pointAt(map, K1, "neutral"), status: "ok" } };
  const K = offset === 0 ? 0 : offset / (1 - slope);
  const all = neutral || K < 0 ? [] : [describe(map, { K, below: 1 - slope, above: slope - 1 })];
  const fixed = all[0];
  const arrives = fixed !== undefined && (slope < 1 || K1 === K);
  return { all, reached: arrives ? limit(fixed, K1) : unbounded(map) };
}

/** Whether a first layer stands at a fixed point: double roots are known to about 1e-10. */
function isAt(K1: number, K: number): boolean {
  return Math.abs(K1 - K) <= 1e-7 * K;
}

/** K grows for ever: chi_J and chi_K are the limits at infinite K. */
function unbounded(map: LayerMap): Limit {
  return { ...pointAt(map, Number.POSITIVE_INFINITY, "stable"), status: "infinite" };
}

function limit(point: FixedPoint, K1: number): Limit {
  const slow = Math.abs(point.chiK - 1) < SLOW && !isAt(K1, point.K);
  const dead = point.K === 0 && point.chiK < 1;
  return { ...point, status: slow ? "slow" : dead ? "dead" : "ok" };
}

/** Points and K' - K there. */
interface Samples {
  readonly K: Float64Array;
  readonly values: Float64Array;
}

/** Fixed points among the scanned variances, and K = 0 or one below the scan where there is one. */
function scanRoots(map: LayerMap, scan: Samples): Root[] {
  const lowest = cleanSigns(scan)[0]!;
  const roots = rootsAmong(map, scan, (left, right) =>
    rootsAmong(map, resampled(map, left, right), () => []),
  );
  if (map.next(0) === 0) return [{ K: 0, below: 0, above: lowest }, ...roots];
  return lowest < 0 ? [{ K: brent(map.excess, 0, scanGrid[0]!), below: 1, above: -1 }, ...roots] : roots;
}

/**
 * Sign changes of K' - K, and double roots where it turns near zero. Where it stays small across a sign change, more roots
 * may hide in the same cell (silu at its critical point has one at 14.32 and one at 14.59): `closer` looks again there.
 */
function rootsAmong(
  map: LayerMap,
  samples: Samples,
  closer: (left: number, right: number) => Root[],
): Root[] {
  const { K, values } = samples;
  const signs = cleanSigns(samples);
  const roots: Root[] = [];
  for (let i = 0; i + 1 < K.length; i++) {
    const [left, right] = [K[i]!, K[i + 1]!];
    if (signs[i]! * signs[i + 1]! < 0) {
      const hidden = isSmall(values[i]!, left) && isSmall(values[i + 1]!, right) ? closer(left, right) : [];
      const simple = { K: simpleRoot(map, left, right), below: signs[i]!, above: signs[i + 1]! };
      roots.push(...(hidden.length > 0 ? hidden : [simple]));
    } else if (i > 0 && turns(samples, i)) {
      roots.push(...nearTouch(map, K[i - 1]!, right, signs[i]!));
    }
  }
  return roots;
}

/** K' - K between two scanned points, closely. */
function resampled(map: LayerMap, left: number, right: number): Samples {
  const K = logSpaced(left, right, 65);
  return { K, values: K.map(map.excess) };
}

/** Whether K' - K is so close to 0 that it may touch 0 between this point and the next, and not mere rounding. */
function isSmall(value: number, K: number): boolean {
  return Math.abs(value) < 1e-4 * K && Math.abs(value) > ROUNDING * K;
}

/** Signs of K' - K; where it is rounding, the sign of the next larger K counts (hardtanh is linear to rounding near 0). */
function cleanSigns({ K, values }: Samples): Int8Array {
  const signs = new Int8Array(values.length);
  let after = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    if (Math.abs(values[i]!) > ROUNDING * K[i]!) after = Math.sign(values[i]!);
    signs[i] = after;
  }
  return signs;
}

/** The root between two grid points; where rounding hides the sign change, the end with the smaller |K' - K|. */
function simpleRoot(map: LayerMap, left: number, right: number): number {
  const K = brent(map.excess, left, right);
  if (!Number.isNaN(K)) return K;
  return Math.abs(map.excess(left)) < Math.abs(map.excess(right)) ? left : right;
}

/** Whether |K' - K| has a minimum at point i that is small enough to hide a double root beside it. */
function turns({ K, values }: Samples, i: number): boolean {
  const [before, here, after] = [values[i - 1]!, values[i]!, values[i + 1]!];
  const small = Math.abs(here) < 0.01 * K[i]! && Math.abs(here) > ROUNDING * K[i]!;
  return (
    small && here * before > 0 && Math.abs(before) >= Math.abs(here) && Math.abs(after) >= Math.abs(here)
  );
}

/** The double root, or the two close roots, at an extremum of K' - K (chi_K = 1) between two points; none as a rule. */
function nearTouch(map: LayerMap, left: number, right: number, sign: number): Root[] {
  const K = brent((k) => map.chiK(k) - 1, left, right);
  if (Number.isNaN(K)) return [];
  const value = map.excess(K);
  if (Math.abs(value) <= TOUCHING * K) return [{ K, below: sign, above: sign }];
  if (value * sign > 0) return [];
  return [
    { K: brent(map.excess, left, K), below: sign, above: -sign },
    { K: brent(map.excess, K, right), below: -sign, above: sign },
  ];
}

/** The fixed point at which the sequence from K1 ends. */
function reach(
  map: LayerMap,
  { roots, scan }: { readonly roots: readonly Root[]; readonly scan: Samples },
  K1: number,
): Limit {
  const at = roots.find(({ K }) => isAt(K1, K));
  if (at !== undefined) return limit(describe(map, at), K1);
  const grows = map.excess(K1) > 0;
  const target = grows ? roots.find(({ K }) => K > K1) : roots.findLast(({ K }) => K < K1);
  const end = target?.K ?? (grows ? Number.POSITIVE_INFINITY : 0);
  if (!isMonotone(scan, K1, end) || (target === undefined && !grows)) return iterated(map, roots, K1);
  return target === undefined ? unbounded(map) : limit(describe(map, target), K1);
}

/** Whether K' grows with K on the way, judged on the scan grid. */
function isMonotone({ K, values }: Samples, from: number, to: number): boolean {
  const [low, high] = from < to ? [from, to] : [to, from];
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < K.length; i++) {
    if (K[i]! < low || K[i]! > high) continue;
    const next = values[i]! + K[i]!;
    if (next < before * (1 - 1e-12)) return false;
    before = next;
  }
  return true;
}

/** Iterates the map, accelerated by Aitken's formula, and returns the root where it ends. */
function iterated(map: LayerMap, roots: readonly Root[], K1: number): Limit {
  let K = K1;
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    const first = map.next(K);
    const second = map.next(first);
    if (first > UNBOUNDED) return unbounded(map);
    const bend = second - 2 * first + K;
    const accelerated = bend === 0 ? second : K - (first - K) ** 2 / bend;
    const useful = accelerated > 0 && Math.abs(map.excess(accelerated)) < Math.abs(second - first);
    const better = useful ? accelerated : second;
    if (Math.abs(better - K) <= 1e-13 * Math.abs(K)) break;
    K = better;
  }
  const dying = K < scanGrid[0]!;
  const root = roots.find((candidate) => (dying ? candidate.K === 0 : Math.abs(candidate.K - K) <= 1e-8 * K));
  return limit(root === undefined ? pointAt(map, K, "stable") : describe(map, root), K1);
}
