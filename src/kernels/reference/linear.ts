/** @file Linear layers (kernels.md §2.1): what acts linearly on K acts so on Θ, which gains what the layer's own parameters train. */
import { channelAxis, type Trained } from "../../net/index.ts";
import type { SparseMatrix } from "../../tensor/index.ts";
import { poolMatrix, rangeMatrix, sparseFromRows, transformed } from "./axis-matrix.ts";
import type { OpNamed, Rules, Walk } from "./context.ts";
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
export function weighted(seen: KernelState, { scale, shift, trained }: Weights, walk: Walk): KernelState {
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

function scaled(state: KernelState, factor: number): KernelState {
  return mapped(
    state,
    (array) => affineOf(array, factor * factor, 0),
    (mean) => affineOf(mean, factor, 0),
  );
}

/** What every position sees of the positions before it, along every axis. */
export function windowTaps(
  op: OpNamed<"convolution" | "localConvolution" | "transposedConvolution">,
): Taps[] {
  const taps = op.windows.map(tapsOf);
  return op.op === "transposedConvolution" ? taps.map(adjointOf) : taps;
}

/** A range of channels: all of them have one kernel. */
export function cutsChannels({ axis, input }: OpNamed<"slice">): boolean {
  return axis === channelAxis(input);
}

/** The constant matrices of an operation that acts on positions, one an axis. */
export function positionMatrices(op: OpNamed<"pool" | "resize" | "aggregate" | "slice">): SparseMatrix[] {
  switch (op.op) {
    case "pool":
      return op.windows.map((axis) => poolMatrix(axis, op.divisor));
    case "resize":
      return op.matrices.map(sparseFromRows);
    case "aggregate":
      return [op.matrix];
    case "slice": {
      const { input, axis, from, to } = op;
      const axes = [...input.shape.keys()].filter((a) => a !== channelAxis(input));
      return axes.map((a) => {
        const size = input.shape[a]!;
        return a === axis ? rangeMatrix(size, from, to) : rangeMatrix(size, 0, size);
      });
    }
  }
}

export const linearRules: Rules<LinearOp> = {
  affine: (state, op, walk) => weighted(state, op, walk),

  convolution: (state, op, walk) => weighted(windowMeans(state, windowTaps(op)), op, walk),

  transposedConvolution: (state, op, walk) => weighted(windowMeans(state, windowTaps(op)), op, walk),

  // Every position has weights and a bias of its own, so only p = p' survives.
  localConvolution: (state, op, walk, after) => {
    const diagonal = weighted(windowMeans(asLayout(state, "diagonal"), windowTaps(op)), op, walk);
    if (after === "diagonal") return diagonal;
    const positions = sizeOfGrid(diagonal.grid);
    return { ...mapped(diagonal, (array) => spread(array, positions, state.pairs)), layout: "full" };
  },

  scale: (state, { factor }) => scaled(state, factor),

  gain: (state, { factor, trained }, walk) => {
    const result = scaled(state, factor);
    if (result.ntk !== undefined) addTo(result.ntk, state.nngp, trained.weight[walk.parameterisation]);
    return result;
  },

  flatten: (state) => averaged(state),

  globalAvgPool: (state) => averaged(state),

  pool: (state, op) => transformed(state, positionMatrices(op)),

  resize: (state, op) => transformed(state, positionMatrices(op)),

  aggregate: (state, op) => transformed(state, positionMatrices(op)),

  slice: (state, op) => (cutsChannels(op) ? state : transformed(state, positionMatrices(op))),

  // Images and signals become tokens: positions lie on one axis.
  identity: (state) => ({ ...state, grid: [sizeOfGrid(state.grid)] }),
};
