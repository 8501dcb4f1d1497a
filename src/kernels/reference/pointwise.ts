/**
 * @file What acts on every position alone (kernels.md §2.1, §3): activations, normalisations over the units and dropout. They
 * need the variances of both items, which the walk over items keeps.
 */
import { type ActivationSpec, scalarHalf } from "../../net/index.ts";
import { mean as meanOf, type ScalarActivation } from "../../theory/index.ts";
import { type Kept, keep, keptOf, type OpNamed, type Rules, type Walk } from "./context.ts";
import { dualsOf, type PairMoment } from "./duals.ts";
import { slopeAtAngle, slopesOf, valueAtAngle } from "./rectifier.ts";
import { addTo, affineOf, diagonalEntries, type KernelState, mapped, sizeOfGrid } from "./state.ts";

/** Variances of the items of a walk over items, [positions × pairs]. */
function variancesOf({ nngp, grid, layout, pairs }: KernelState): Float64Array {
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
function applied(state: KernelState, kept: readonly [Kept, Kept], f: PairMoment): Float64Array {
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

interface Normalisation {
  readonly kept: readonly [Kept, Kept];
  readonly epsilon: number;
  /** Of the weights and biases that follow. */
  readonly weight: number;
  readonly bias: number;
}

/** K divided by √(v + ε) of both items, Θ likewise; trained gains and shifts follow. */
function normalised(state: KernelState, { kept, epsilon, weight, bias }: Normalisation): KernelState {
  const roots = applied(state, kept, (va, vb) => Math.sqrt((va + epsilon) * (vb + epsilon)));
  // A vanished signal has no direction: its covariance with everything stays 0.
  const divided = (array: Float64Array) => array.map((value, k) => (roots[k] === 0 ? 0 : value / roots[k]!));
  const nngp = divided(state.nngp);
  if (state.ntk === undefined) return { ...state, nngp };
  const ntk = affineOf(nngp, weight, bias);
  addTo(ntk, divided(state.ntk));
  return { ...state, nngp, ntk };
}

/** Below this share of its second moment, a variance about the mean is rounding. */
const ROUNDING = 1e-14;

/** Keeps v − m² of every position, and after them m. */
function keepCentred(state: KernelState, op: OpNamed<"layerNorm">, walk: Walk): void {
  const second = variancesOf(state);
  const numbers = new Float64Array(2 * second.length);
  for (const [k, v] of second.entries()) {
    const m = state.mean?.[k] ?? 0;
    const variance = v - m * m;
    numbers[k] = variance > ROUNDING * v ? variance : 0;
    numbers[second.length + k] = m;
  }
  keep(walk, op, numbers);
}

/** K − m m', m the means that were kept after the variances. */
function centredOf(state: KernelState, kept: readonly [Kept, Kept]): Float64Array {
  const positions = sizeOfGrid(state.grid);
  const [a, b] = kept.map((side) => ({ ...side, first: side.first + positions * side.count }));
  return applied(state, [a!, b!], (ma, mb, c) => c - ma * mb);
}

/** Means of the units divided by the root of the variances of a walk over items. */
function dividedMean({ mean }: KernelState, variances: Float64Array, epsilon: number) {
  return mean?.map((m, k) => (m === 0 ? 0 : m / Math.sqrt(variances[k]! + epsilon)));
}

type PointwiseOp = "activation" | "layerNorm" | "rmsNorm" | "l2Normalize" | "dropout";

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

  layerNorm: (state, op, walk) => {
    if (walk.self) keepCentred(state, op, walk);
    const kept = keptOf(walk, op);
    const weight = op.trained.weight[walk.parameterisation];
    const bias = op.trained.bias[walk.parameterisation];
    const centred = { ...state, nngp: centredOf(state, kept), mean: undefined };
    return normalised(centred, { kept, epsilon: op.epsilon, weight, bias });
  },

  rmsNorm: (state, op, walk) => {
    const { epsilon, trained } = op;
    if (walk.self) keep(walk, op, variancesOf(state));
    const mean = dividedMean(state, variancesOf(state), epsilon);
    const weight = trained.weight[walk.parameterisation];
    return { ...normalised(state, { kept: keptOf(walk, op), epsilon, weight, bias: 0 }), mean };
  },

  // x/√(|x|² + ε), |x|² = N·K: root-mean-square normalisation with ε/N, times 1/√N.
  l2Normalize: (state, op, walk) => {
    const { units } = op;
    const epsilon = op.epsilon / units;
    if (walk.self) keep(walk, op, variancesOf(state));
    const mean = dividedMean(state, variancesOf(state), epsilon);
    const result = normalised(state, { kept: keptOf(walk, op), epsilon, weight: 0, bias: 0 });
    return mapped(
      { ...result, mean },
      (array) => affineOf(array, 1 / units, 0),
      (means) => affineOf(means, 1 / Math.sqrt(units), 0),
    );
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
