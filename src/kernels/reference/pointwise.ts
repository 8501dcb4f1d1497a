/**
 * @file What acts on every position alone (kernels.md §2.1, §3): activations, which need the variances of both items that
 * the walk over items keeps, and dropout.
 */
import { type ActivationSpec, scalarHalf } from "../../net/index.ts";
import { mean as meanOf, type ScalarActivation } from "../../theory/index.ts";
import { type Kept, keep, keptOf, type Rules } from "./context.ts";
import { dualsOf, type PairMoment } from "./duals.ts";
import { slopeAtAngle, slopesOf, valueAtAngle } from "./rectifier.ts";
import { diagonalEntries, type KernelState, mapped, sizeOfGrid } from "./state.ts";

/** Variances of the items of a walk over items, [positions × pairs]. */
export function variancesOf({ nngp, grid, layout, pairs }: KernelState): Float64Array {
  const diagonal = layout === "full" ? diagonalEntries(nngp, sizeOfGrid(grid), pairs) : nngp;
  // Differences of equal numbers may have been rounded below 0.
  return diagonal.map((v) => Math.max(v, 0));
}

/** Calls `row(from, a, b)` for every entry: where its pairs start in the state, and in what was kept of both sides. */
function forEntries(
  { grid, layout }: KernelState,
  [a, b]: readonly [Kept, Kept],
  pairs: number,
  row: (from: number, a: number, b: number) => void,
): void {
  const positions = sizeOfGrid(grid);
  for (let p = 0; p < positions; p++) {
    const atA = p * a.count + a.first;
    if (layout === "diagonal") row(p * pairs, atA, p * b.count + b.first);
    else for (let q = 0; q < positions; q++) row((p * positions + q) * pairs, atA, q * b.count + b.first);
  }
}

/** `result = f(va, vb, array)`, entry by entry. */
export function applied(state: KernelState, kept: readonly [Kept, Kept], f: PairMoment): Float64Array {
  const { nngp, pairs } = state;
  const result = new Float64Array(nngp.length);
  const [a, b] = kept;
  forEntries(state, kept, pairs, (from, atA, atB) => {
    for (let t = 0; t < pairs; t++) {
      result[from + t] = f(a.values[atA + t * a.step]!, b.values[atB + t * b.step]!, nngp[from + t]!);
    }
  });
  return result;
}

const halves = new WeakMap<ActivationSpec, ScalarActivation>();

/** The mathematics of an activation, made once for each specification. */
export function halfOf(spec: ActivationSpec): ScalarActivation {
  let half = halves.get(spec);
  if (half === undefined) {
    half = scalarHalf(spec);
    halves.set(spec, half);
  }
  return half;
}

/** Puts what known angles give in the place of K[p, p] and of the slopes. */
function replaceByAngles(
  { nngp, ntk }: Pick<KernelState, "nngp" | "ntk">,
  {
    state,
    kept: [a, b],
    angles,
    act,
  }: {
    readonly state: KernelState;
    readonly kept: readonly [Kept, Kept];
    readonly angles: Float64Array;
    readonly act: ScalarActivation;
  },
): void {
  const { grid, layout, pairs } = state;
  const slopes = slopesOf(act)!;
  const positions = sizeOfGrid(grid);
  for (let p = 0; p < positions; p++) {
    const from = p * (layout === "full" ? positions + 1 : 1) * pairs;
    for (let t = 0; t < pairs; t++) {
      const va = a.values[p * a.count + a.first + t * a.step]!;
      const vb = b.values[p * b.count + b.first + t * b.step]!;
      const angle = angles[p * pairs + t]!;
      nngp[from + t] = valueAtAngle(slopes, Math.sqrt(va) * Math.sqrt(vb), angle);
      if (ntk !== undefined) ntk[from + t] = slopeAtAngle(slopes, angle);
    }
  }
}

type PointwiseOp = "activation" | "dropout";

export const pointwiseRules: Rules<PointwiseOp> = {
  activation: (state, op, walk) => {
    const act = halfOf(op.activation);
    const { value, slope } = dualsOf(act);
    if (walk.self) keep(walk, op, variancesOf(state));
    const kept = keptOf(walk, op);
    const nngp = applied(state, kept, value);
    const ntk = state.ntk && applied(state, kept, slope);
    const angles = walk.angles?.get(op);
    if (angles !== undefined) replaceByAngles({ nngp, ntk }, { state, kept, angles, act });
    if (ntk !== undefined) for (let k = 0; k < ntk.length; k++) ntk[k]! *= state.ntk![k]!;
    const mean = walk.means ? variancesOf(state).map((v) => meanOf(act, v)) : undefined;
    return { ...state, nngp, ntk, mean };
  },

  // Masks of one item are one where it meets itself at one position, and independent elsewhere.
  dropout: (state, { rate }, walk) => {
    if (!(walk.training && walk.self)) return state;
    const positions = sizeOfGrid(state.grid);
    const step = state.layout === "full" ? positions + 1 : 1;
    const grown = (array: Float64Array) => {
      const result = array.slice();
      for (let p = 0; p < positions; p++) {
        const from = p * step * state.pairs;
        for (let t = 0; t < state.pairs; t++) result[from + t]! /= 1 - rate;
      }
      return result;
    };
    return mapped(state, grown, (mean) => mean);
  },
};
