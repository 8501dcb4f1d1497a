/** @file Where tokens come from: embeddings of ids, and vectors that depend on the position. */
import type { Rules } from "./context.ts";
import { affineOf, type KernelState, sizeOfGrid } from "./state.ts";

/** The longest wavelength of the sinusoids is 2π times this (net/layers/positional). */
const BASE = 10_000;

/** Number of an entry, and its two positions. */
function* entries({
  grid,
  layout,
}: Pick<KernelState, "grid" | "layout">): Generator<[number, number, number]> {
  const positions = sizeOfGrid(grid);
  for (let p = 0; p < positions; p++) {
    if (layout === "diagonal") yield [p, p, p];
    else for (let q = 0; q < positions; q++) yield [p * positions + q, p, q];
  }
}

/** (1/C) Σ_c e_c(p) e_c(q) of sine and cosine pairs; an odd last channel is a sine alone. */
function sinusoidGram(p: number, q: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c += 2) {
    const frequency = BASE ** (-c / channels);
    sum +=
      c + 1 < channels ? Math.cos(frequency * (p - q)) : Math.sin(frequency * p) * Math.sin(frequency * q);
  }
  return sum / channels;
}

/** (1/C) Σ_c e_c(p). */
function sinusoidMean(p: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c += 2) {
    const angle = p * BASE ** (-c / channels);
    sum += Math.sin(angle) + (c + 1 < channels ? Math.cos(angle) : 0);
  }
  return sum / channels;
}

/** `array` with `value(p, q)` added to every pair of an entry. */
function plusByEntry(
  state: KernelState,
  array: Float64Array,
  value: (p: number, q: number) => number,
): Float64Array {
  const { pairs } = state;
  const result = array.slice();
  for (const [entry, p, q] of entries(state)) {
    const added = value(p, q);
    for (let t = 0; t < pairs; t++) result[entry * pairs + t]! += added;
  }
  return result;
}

export const tokenRules: Rules<"embedding" | "positional"> = {
  // Ids enter as one-hot vectors: K is 1 where they agree.
  embedding: (state, { variance, table }, { parameterisation }) => ({
    ...state,
    nngp: affineOf(state.nngp, variance, 0),
    ntk: state.ntk && affineOf(state.nngp, table[parameterisation], 0),
    mean: undefined,
  }),

  positional: (state, op, { parameterisation }) => {
    if (op.encoding === "learned") {
      const same = (value: number) => (p: number, q: number) => (p === q ? value : 0);
      return {
        ...state,
        nngp: plusByEntry(state, state.nngp, same(op.variance)),
        ntk: state.ntk && plusByEntry(state, state.ntk, same(op.table[parameterisation])),
      };
    }
    const gram = (p: number, q: number) => sinusoidGram(p, q, op.channels);
    return { ...state, nngp: plusByEntry(state, state.nngp, gram), mean: withSinusoids(state, op.channels) };
  },
};

function withSinusoids(state: KernelState, channels: number): Float64Array | undefined {
  const { mean, pairs, grid } = state;
  const result = mean?.slice() ?? new Float64Array(sizeOfGrid(grid) * pairs);
  for (let p = 0; p < sizeOfGrid(grid); p++) {
    const added = sinusoidMean(p, channels);
    for (let t = 0; t < pairs; t++) result[p * pairs + t]! += added;
  }
  return result;
}
