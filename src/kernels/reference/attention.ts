/**
 * @file Self-attention with linear scaling (kernels.md §2.2): K' = scale·G K G'ᵀ + shift, G the softmax over keys of
 * query·K(x, x) and G' that of the other item; Θ' = scale·G Θ G'ᵀ + weight·G K G'ᵀ + bias.
 */
import { type Kept, keep, keptOf, type OpNamed, type Rules } from "./context.ts";
import { addTo, affineOf, type KernelState, sizeOfGrid } from "./state.ts";

/** G of every pair of a walk over items, [tokens × tokens × pairs]. */
function softmaxOverKeys(
  { nngp, pairs, grid }: KernelState,
  { query, causal }: OpNamed<"attention">,
): Float64Array {
  const tokens = sizeOfGrid(grid);
  const weights = new Float64Array(nngp.length);
  for (let p = 0; p < tokens; p++) {
    const keys = causal ? p + 1 : tokens;
    for (let t = 0; t < pairs; t++) {
      const at = (q: number) => (p * tokens + q) * pairs + t;
      let largest = Number.NEGATIVE_INFINITY;
      for (let q = 0; q < keys; q++) largest = Math.max(largest, query * nngp[at(q)]!);
      let sum = 0;
      for (let q = 0; q < keys; q++) {
        weights[at(q)] = Math.exp(query * nngp[at(q)]! - largest);
        sum += weights[at(q)]!;
      }
      for (let q = 0; q < keys; q++) weights[at(q)]! /= sum;
    }
  }
  return weights;
}

/** G along one of the two positions of an array [outer × tokens × inner × pairs]. */
function attended(
  array: Float64Array,
  { values, count, first, step }: Kept,
  { tokens, outer, inner, pairs }: { tokens: number; outer: number; inner: number; pairs: number },
): Float64Array {
  const result = new Float64Array(array.length);
  for (let o = 0; o < outer; o++) {
    for (let p = 0; p < tokens; p++) {
      for (let q = 0; q < tokens; q++) {
        const g = (p * tokens + q) * count + first;
        for (let i = 0; i < inner; i++) {
          const to = ((o * tokens + p) * inner + i) * pairs;
          const from = ((o * tokens + q) * inner + i) * pairs;
          for (let t = 0; t < pairs; t++) result[to + t]! += values[g + t * step]! * array[from + t]!;
        }
      }
    }
  }
  return result;
}

export const attentionRules: Rules<"attention"> = {
  attention: (state, op, walk) => {
    const { pairs } = state;
    const tokens = sizeOfGrid(state.grid);
    if (walk.self) keep(walk, op, softmaxOverKeys(state, op));
    const [ga, gb] = keptOf(walk, op);
    const both = (array: Float64Array) => {
      const left = attended(array, ga, { tokens, outer: 1, inner: tokens, pairs });
      return attended(left, gb, { tokens, outer: tokens, inner: 1, pairs });
    };
    const seen = both(state.nngp);
    const { weight, bias } = op.trained;
    const own = affineOf(seen, weight[walk.parameterisation], bias[walk.parameterisation]);
    if (state.ntk !== undefined) addTo(own, both(state.ntk), op.scale);
    return {
      ...state,
      nngp: affineOf(seen, op.scale, op.shift),
      ntk: state.ntk && own,
      mean: undefined,
    };
  },
};
