/** @file Linear layers (kernels.md §2.1): what acts linearly on K acts so on Θ, which gains what the layer's own parameters train. */
import { channelAxis, type Trained } from "../../net/index.ts";
import { denseMatrix, poolMatrix, rangeMatrix, transformed } from "./axis-matrix.ts";
import type { Rules, Walk } from "./context.ts";
import { addTo, affineOf, asLayout, type KernelState, mapped, sizeOfGrid } from "./state.ts";
import { adjointOf, type Taps, tapsOf, windowSums } from "./taps.ts";

type LinearOp =
  | "affine"
  | "convolution"
  | "localConvolution"
  | "transposedConvolution"
  | "scale"
  | "gain"
  | "flatten"
  | "globalAvgPool"
  | "pool"
  | "resize"
  | "aggregate"
  | "slice"
  | "identity";

interface Weights {
  readonly scale: number;
  readonly shift: number;
  readonly trained: Trained;
}

/** K' = scale·⟨K⟩ + shift, Θ' = scale·⟨Θ⟩ + weight·⟨K⟩ + bias, from ⟨K⟩ and ⟨Θ⟩; the outputs' mean is 0. */
function weighted(seen: KernelState, { scale, shift, trained }: Weights, walk: Walk): KernelState {
  let ntk: Float64Array | undefined;
  if (seen.ntk !== undefined) {
    const { weight, bias } = trained;
    ntk = affineOf(seen.nngp, weight[walk.parameterisation], bias[walk.parameterisation]);
    addTo(ntk, seen.ntk, scale);
  }
  return { ...seen, nngp: affineOf(seen.nngp, scale, shift), ntk, mean: undefined };
}

/** Means over the taps of windows, in the state's layout. */
function windowMeans(state: KernelState, taps: readonly Taps[]): KernelState {
  const { pairs, layout } = state;
  const count = taps.reduce((total, { kernel }) => total * kernel, 1);
  const means = (array: Float64Array) => {
    const sums = windowSums(array, taps, { full: layout === "full", pairs });
    for (let k = 0; k < sums.length; k++) sums[k]! /= count;
    return sums;
  };
  return { ...mapped({ ...state, mean: undefined }, means), grid: taps.map(({ outputs }) => outputs) };
}

/** The state whose covariances between different positions are 0. */
function spread(array: Float64Array, positions: number, pairs: number): Float64Array {
  const result = new Float64Array(positions * positions * pairs);
  for (let p = 0; p < positions; p++) {
    result.set(array.subarray(p * pairs, (p + 1) * pairs), p * (positions + 1) * pairs);
  }
  return result;
}

/** Mean over the entries of an array: [entries × pairs] → [pairs]. */
function meanOverEntries(array: Float64Array, pairs: number): Float64Array {
  const result = new Float64Array(pairs);
  const entries = array.length / pairs;
  for (let e = 0; e < entries; e++) for (let t = 0; t < pairs; t++) result[t]! += array[e * pairs + t]!;
  return affineOf(result, 1 / entries, 0);
}

/** Mean over all positions, or pairs of positions: one position is left. */
function averaged(state: KernelState): KernelState {
  return { ...mapped(state, (array) => meanOverEntries(array, state.pairs)), grid: [], layout: "diagonal" };
}

export const linearRules: Rules<LinearOp> = {
  affine: (state, op, walk) => weighted(state, op, walk),

  convolution: (state, op, walk) => weighted(windowMeans(state, op.windows.map(tapsOf)), op, walk),

  transposedConvolution: (state, op, walk) =>
    weighted(windowMeans(state, op.windows.map(tapsOf).map(adjointOf)), op, walk),

  // Every position has weights and a bias of its own, so only p = p' survives.
  localConvolution: (state, op, walk, after) => {
    const diagonal = weighted(windowMeans(asLayout(state, "diagonal"), op.windows.map(tapsOf)), op, walk);
    if (after === "diagonal") return diagonal;
    const positions = sizeOfGrid(diagonal.grid);
    return { ...mapped(diagonal, (array) => spread(array, positions, state.pairs)), layout: "full" };
  },

  scale: (state, { factor }) =>
    mapped(
      state,
      (array) => affineOf(array, factor * factor, 0),
      (mean) => affineOf(mean, factor, 0),
    ),

  gain: (state, { factor, trained }, walk) => {
    const scaled = linearRules.scale(state, { op: "scale", factor }, walk, state.layout);
    if (scaled.ntk !== undefined) addTo(scaled.ntk, state.nngp, trained.weight[walk.parameterisation]);
    return scaled;
  },

  flatten: (state) => averaged(state),

  globalAvgPool: (state) => averaged(state),

  pool: (state, { windows, divisor }) =>
    transformed(
      state,
      windows.map((axis) => poolMatrix(axis, divisor)),
    ),

  resize: (state, { matrices }) => transformed(state, matrices.map(denseMatrix)),

  aggregate: (state, { matrix }) => transformed(state, [matrix]),

  slice: (state, { input, axis, from, to }) => {
    if (axis === channelAxis(input)) return state;
    const axes = [...input.shape.keys()].filter((a) => a !== channelAxis(input));
    const range = (a: number) => (a === axis ? ([from, to] as const) : ([0, input.shape[a]!] as const));
    return transformed(
      state,
      axes.map((a) => rangeMatrix(input.shape[a]!, ...range(a))),
    );
  },

  // Images and signals become tokens: positions lie on one axis.
  identity: (state) => ({ ...state, grid: [sizeOfGrid(state.grid)] }),
};
