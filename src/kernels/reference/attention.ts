/**
 * @file Self-attention with linear scaling (kernels.md §2.2): K' = scale·G K G'ᵀ + shift, G the softmax over keys of
 * query·K(x, x) and G' that of the other item; Θ' = scale·G Θ G'ᵀ + weight·G K G'ᵀ + bias.
 */
import { type Kept, keep, keptOf, type OpNamed, type Rules, type Walk } from "./context.ts";
import { weighted } from "./linear.ts";
import { type KernelState, sizeOfGrid } from "./state.ts";

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

/** G without a softmax, from the kernel of queries and keys. */
function elementwiseWeights(
  { nngp, pairs, grid }: KernelState,
  { weights, factor, causal }: OpNamed<"elementwiseAttention">,
): Float64Array {
  const tokens = sizeOfGrid(grid);
  const zeta = {
    identity: (x: number) => x,
    relu: (x: number) => Math.max(x, 0),
    abs: Math.abs,
  }[weights];
  const result = new Float64Array(nngp.length);
  for (let p = 0; p < tokens; p++) {
    for (let q = 0; q < (causal ? p + 1 : tokens); q++) {
      const from = (p * tokens + q) * pairs;
      for (let t = 0; t < pairs; t++) result[from + t] = zeta(factor * nngp[from + t]!);
    }
  }
  return result;
}

/** G A G'ᵀ of the weights that were kept of both items. */
function attendedByBoth({ pairs, grid }: KernelState, op: AttentionOp, walk: Walk) {
  const tokens = sizeOfGrid(grid);
  const [ga, gb] = keptOf(walk, op);
  return (array: Float64Array) => {
    const left = attended(array, ga, { tokens, outer: 1, inner: tokens, pairs });
    return attended(left, gb, { tokens, outer: tokens, inner: 1, pairs });
  };
}

type AttentionOp = OpNamed<"attention" | "elementwiseAttention">;

export const attentionRules: Rules<AttentionOp["op"]> = {
  attention: (state, op, walk) => {
    if (walk.self) keep(walk, op, softmaxOverKeys(state, op));
    const both = attendedByBoth(state, op, walk);
    return weighted({ ...state, nngp: both(state.nngp), ntk: state.ntk && both(state.ntk) }, op, walk);
  },

  elementwiseAttention: (state, op, walk) => {
    const { scale, shift, value, out } = op;
    // Queries, keys and values have one kernel.
    const values = weighted(state, { scale, shift, trained: value }, walk);
    if (walk.self) keep(walk, op, elementwiseWeights(values, op));
    const both = attendedByBoth(state, op, walk);
    const seen = { ...values, nngp: both(values.nngp), ntk: values.ntk && both(values.ntk) };
    return weighted(seen, { scale, shift, trained: out }, walk);
  },
};
