/**
 * @file Normalisations over the units of a position or of an example (kernels.md §2.1): K and Θ divided by the roots of the
 * variances of both items, which the walk over items keeps, and with them the means that are taken off.
 */
import { type Kept, keep, keptOf, type OpNamed, type Rules, type Walk } from "./context.ts";
import { applied, variancesOf } from "./pointwise.ts";
import { addTo, affineOf, type KernelState, mapped, sizeOfGrid } from "./state.ts";

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

/** v − m², 0 where it is rounding. */
function varianceAbout(v: number, m: number): number {
  const variance = v - m * m;
  return variance > ROUNDING * v ? variance : 0;
}

/** Several numbers of every position, one kind after the other. */
function joined(...kinds: readonly Float64Array[]): Float64Array {
  const numbers = new Float64Array(kinds.length * kinds[0]!.length);
  for (const [n, kind] of kinds.entries()) numbers.set(kind, n * kind.length);
  return numbers;
}

/** The numbers that were kept of both items, of the kind that comes `n`-th. */
function kindOf(kept: readonly [Kept, Kept], n: number, { grid }: KernelState): readonly [Kept, Kept] {
  const offset = n * sizeOfGrid(grid);
  const [a, b] = kept.map((side) => ({ ...side, first: side.first + offset * side.count }));
  return [a!, b!];
}

/** The mean over positions, at every position: [positions × pairs]. */
function overPositions(array: Float64Array, pairs: number): Float64Array {
  const result = new Float64Array(array.length);
  const positions = array.length / pairs;
  for (let t = 0; t < pairs; t++) {
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += array[p * pairs + t]!;
    for (let p = 0; p < positions; p++) result[p * pairs + t] = sum / positions;
  }
  return result;
}

/** What the weights of trained gains and shifts are in the walk's parameterisation. */
function affineOfNorm(
  { trained }: OpNamed<"layerNorm" | "exampleNorm" | "rmsNorm">,
  { parameterisation }: Walk,
) {
  return { weight: trained.weight[parameterisation], bias: trained.bias[parameterisation] };
}

/** Means of the units divided by the root of the variances of a walk over items. */
function dividedMean({ mean }: KernelState, variances: Float64Array, epsilon: number) {
  return mean?.map((m, k) => (m === 0 ? 0 : m / Math.sqrt(variances[k]! + epsilon)));
}

type Norm = "layerNorm" | "exampleNorm" | "rmsNorm" | "l2Normalize";

export const normaliseRules: Rules<Norm> = {
  layerNorm: (state, op, walk) => {
    if (walk.self) {
      const second = variancesOf(state);
      const means = state.mean ?? new Float64Array(second.length);
      keep(
        walk,
        op,
        joined(
          second.map((v, k) => varianceAbout(v, means[k]!)),
          means,
        ),
      );
    }
    const kept = keptOf(walk, op);
    const nngp = applied(state, kindOf(kept, 1, state), (ma, mb, c) => c - ma * mb);
    const centred = { ...state, nngp, mean: undefined };
    return normalised(centred, { kept, epsilon: op.epsilon, ...affineOfNorm(op, walk) });
  },

  exampleNorm: (state, op, walk) => {
    const { pairs, mean } = state;
    let apart: Float64Array | undefined;
    if (walk.self) {
      const second = overPositions(variancesOf(state), pairs);
      const means = mean ?? new Float64Array(second.length);
      const common = overPositions(means, pairs);
      apart = means.map((m, k) => m - common[k]!);
      keep(
        walk,
        op,
        joined(
          second.map((v, k) => varianceAbout(v, common[k]!)),
          means,
          apart,
        ),
      );
    }
    const kept = keptOf(walk, op);
    // K − M m' − m M' + M M' = (K − m m') + (m − M)(m' − M').
    const nngp = applied(state, kindOf(kept, 1, state), (ma, mb, c) => c - ma * mb);
    addTo(
      nngp,
      applied(state, kindOf(kept, 2, state), (ma, mb) => ma * mb),
    );
    const { epsilon } = op;
    const result = normalised({ ...state, nngp }, { kept, epsilon, ...affineOfNorm(op, walk) });
    // The walk over items covers all of them, so its variances come first in what was kept of them.
    const variance = (k: number) =>
      kept[0].values[Math.floor(k / pairs) * kept[0].count + kept[0].first + (k % pairs)]!;
    return {
      ...result,
      mean: mean && apart?.map((m, k) => (m === 0 ? 0 : m / Math.sqrt(variance(k) + epsilon))),
    };
  },

  rmsNorm: (state, op, walk) => {
    const { epsilon } = op;
    if (walk.self) keep(walk, op, variancesOf(state));
    const mean = dividedMean(state, variancesOf(state), epsilon);
    return { ...normalised(state, { kept: keptOf(walk, op), epsilon, ...affineOfNorm(op, walk) }), mean };
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
};
