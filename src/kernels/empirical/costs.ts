/**
 * @file What the three ways to the empirical kernel cost, in multiplications for a pair of items, with tiles of B by B items
 * (kernels.md §10). D, K, T are the diagonal, full and traced outputs, C = D·K·T; a weight of n entries is used at P positions
 * with a inputs and u units in each of G groups; F = Σ P·n over weights is a forward pass. What passes through memory once an
 * output counts as {@link MOVED} multiplications.
 * - contraction: C·K·n to contract, (2·P + MOVED)·C·n/B to make the Jacobians of both sides;
 * - structured: G·P²·(a + C·K·u + D·K²) from inputs and backpropagated deltas;
 * - both of them: 2·C·F/B to propagate cotangents back;
 * - vector products: 2·C·F for tangents at the one side, 3·C·F/B for cotangents at the other, MOVED·C·Σn/B for gradients.
 */
import type { OutputGroups } from "./outputs.ts";

/** A weight as the cost model sees it. */
export interface WeightSize {
  /** n. */
  readonly entries: number;
  readonly groups: number;
  /** P, all uses together. */
  readonly positions: number;
  /** a and u, where all its uses are products or convolutions. */
  readonly inputs?: number;
  readonly units?: number;
}

/** Multiplications in a product of matrices while one number is written to memory and read back. */
const MOVED = 16;

type Groups = Pick<OutputGroups, "diagonal" | "full" | "trace">;

/** Multiplications a pair of items to contract the Jacobians by one weight, in tiles of `items` by `items`. */
export function contractionCost(
  { entries, positions }: WeightSize,
  { diagonal, full, trace }: Groups,
  items: number,
): number {
  const outputs = diagonal * full * trace;
  return outputs * entries * (full + (2 * positions + MOVED) / items);
}

/** Multiplications a pair of items from inputs and deltas; infinite where a use is neither a product nor a convolution. */
export function structuredCost(
  { groups, positions, inputs, units }: WeightSize,
  { diagonal, full, trace }: Groups,
): number {
  if (inputs === undefined || units === undefined) return Number.POSITIVE_INFINITY;
  const outputs = diagonal * full * trace;
  return groups * positions ** 2 * (inputs + outputs * full * units + diagonal * full ** 2);
}

/** Multiplications a pair of items by one vector product an output, over all weights. */
function vectorProductCost(weights: readonly WeightSize[], groups: Groups, items: number): number {
  const outputs = groups.diagonal * groups.full * groups.trace;
  const entries = weights.reduce((sum, weight) => sum + weight.entries, 0);
  return outputs * (forwardCost(weights) * (2 + 3 / items) + (MOVED * entries) / items);
}

/** F. */
function forwardCost(weights: readonly WeightSize[]): number {
  return weights.reduce((sum, { positions, entries }) => sum + positions * entries, 0);
}

/** Multiplications a pair of items, whole network. */
export interface NtkCosts {
  readonly contraction: number;
  readonly vectorProducts: number;
  /** From inputs and deltas wherever that is possible, by contraction elsewhere. */
  readonly structured: number;
  /** The cheaper of contraction and structured, weight by weight. */
  readonly mixed: number;
}

/**
 * The cost of every way.
 * @param items B, items on a side of a tile.
 * @example ntkCosts([{ entries: 100, groups: 1, positions: 1, inputs: 10, units: 10 }], { diagonal: 1, full: 1, trace: 10 }, 32)
 */
export function ntkCosts(weights: readonly WeightSize[], groups: Groups, items: number): NtkCosts {
  const outputs = groups.diagonal * groups.full * groups.trace;
  const back = (2 * outputs * forwardCost(weights)) / items;
  let contraction = back;
  let structured = back;
  let mixed = back;
  for (const weight of weights) {
    const contracted = contractionCost(weight, groups, items);
    const built = structuredCost(weight, groups);
    contraction += contracted;
    structured += Number.isFinite(built) ? built : contracted;
    mixed += Math.min(contracted, built);
  }
  return { contraction, vectorProducts: vectorProductCost(weights, groups, items), structured, mixed };
}
