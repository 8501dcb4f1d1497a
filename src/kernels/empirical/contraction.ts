/**
 * @file A tile of the empirical kernel by contraction of Jacobians, weight by weight, or from inputs and deltas
 * (kernels.md §10, methods 1 and 3): products and sums in float64, so that the kernel stays positive semi-definite to rounding.
 */
import { add, cast, matmul, mul, reduceSum, reshape, type Tensor, transpose } from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import {
  jacobians,
  methodOf,
  type Side,
  type SideSize,
  type SideWeight,
  type Structure,
  structureOf,
  type WeightRule,
} from "./features.ts";
import type { OutputGroups } from "./outputs.ts";

/** Outputs of a tile along the three groups of axes. */
export interface TileOutputs {
  readonly diagonal: number;
  readonly full: number;
  readonly trace: number;
}

/** One tile: items of both sides and the outputs of each. */
export interface TileShape {
  readonly items: readonly [number, number];
  readonly outputs: TileOutputs;
}

/** The sides of a tile: the same one twice where rows and columns are the same items and outputs. */
export type Sides = readonly [Side, Side];

/** Weights whose Jacobians are held at a time are this part of all, at most (or the largest weight). */
const PART_OF_WEIGHTS = 32;

/**
 * `[D, A·K, B·K]` float64: Σ over traced outputs and weights, undivided.
 * @param sides Equal for a tile on the diagonal, whose Jacobians are made once.
 */
export function kernelTile(
  sides: Sides,
  rule: WeightRule,
  shape: TileShape,
  groups: OutputGroups,
): Tensor | undefined {
  const least = Math.min(...shape.items);
  const methods = sides[0].weights.map((weight) => methodOf(weight, rule, groups, least));
  let sum: Tensor | undefined;
  const accumulate = (part: Tensor) => {
    sum = sum === undefined ? part : add(sum, part);
  };
  const contracted = [...methods.keys()].filter((i) => methods[i] === "contraction");
  for (const run of runsOf(contracted, sides[0].weights)) {
    const [left, right] = bothSides(sides, (side, s) =>
      jacobians(
        side,
        run.map((i) => side.weights[i]!),
        sizeOfSide(shape, s),
      ),
    );
    for (const [i, jacobian] of left.entries()) accumulate(contract([jacobian, right[i]!], shape));
  }
  for (const [i, method] of methods.entries()) {
    if (method === "contraction") continue;
    const parts = bothSides(sides, (side, s) => structureOf(side, side.weights[i]!, sizeOfSide(shape, s)));
    accumulate(fromStructure(parts, shape));
  }
  return sum;
}

function bothSides<T>(sides: Sides, make: (side: Side, index: 0 | 1) => T): readonly [T, T] {
  const left = make(sides[0], 0);
  return [left, sides[1] === sides[0] ? left : make(sides[1], 1)];
}

function sizeOfSide({ items, outputs }: TileShape, side: 0 | 1): SideSize {
  return { items: items[side], cotangents: outputs.diagonal * outputs.full * outputs.trace };
}

/** Consecutive weights together, as long as they are few: each vectorisation walks the whole graph. */
function runsOf(indices: readonly number[], weights: readonly SideWeight[]): number[][] {
  const entries = indices.map((i) => weights[i]!.size.entries);
  const total = entries.reduce((sum, n) => sum + n, 0);
  const most = Math.max(total / PART_OF_WEIGHTS, ...entries);
  const runs: number[][] = [];
  let room = 0;
  indices.forEach((index, i) => {
    if (runs.length === 0 || entries[i]! > room) {
      runs.push([]);
      room = most;
    }
    runs.at(-1)!.push(index);
    room -= entries[i]!;
  });
  return runs;
}

/** Σ_t J J'ᵀ by one weight: `[A, q, ...n]`, `[B, q, ...n]` → `[D, A·K, B·K]`. */
function contract(sides: readonly [Tensor, Tensor], { items, outputs }: TileShape): Tensor {
  const { diagonal, full, trace } = outputs;
  const [left, right] = sides.map((jacobian, side) => {
    const entries = sizeOf(jacobian.shape.slice(2));
    const apart = reshape(jacobian, [items[side]!, diagonal, full, trace * entries]);
    const outside = diagonal === 1 ? apart : transpose(apart, [1, 0, 2, 3]);
    return cast(reshape(outside, [diagonal, items[side]! * full, trace * entries]), "float64");
  }) as [Tensor, Tensor];
  return gram(left, right);
}

/** a bᵀ over the last axis; one matrix as such, which is the faster product. */
function gram(a: Tensor, b: Tensor): Tensor {
  if (a.shape[0] !== 1 || a.shape.length !== 3) return matmul(a, b, { transposeB: true });
  const product = matmul(reshape(a, a.shape.slice(1)), reshape(b, b.shape.slice(1)), { transposeB: true });
  return reshape(product, [1, ...product.shape]);
}

/** Σ over positions p, p' and groups of (δ_p·δ'_p')(h_p·h'_p') → `[D, A·K, B·K]`. */
function fromStructure(
  parts: readonly [Structure, Structure],
  { items, outputs: { diagonal, full, trace } }: TileShape,
): Tensor {
  const [, groups, positions, inputs] = parts[0].rows.shape as [number, number, number, number];
  const units = parts[0].deltas.shape[4]!;
  const [rowsA, rowsB] = parts.map(({ rows }, side) =>
    cast(reshape(transpose(rows, [1, 0, 2, 3]), [groups, items[side]! * positions, inputs]), "float64"),
  ) as [Tensor, Tensor];
  const [deltasA, deltasB] = parts.map(({ deltas }, side) => {
    const apart = reshape(deltas, [items[side]!, diagonal, full, trace, groups, positions, units]);
    const ordered = transpose(apart, [4, 1, 0, 2, 5, 3, 6]);
    const rows = items[side]! * full * positions;
    return cast(reshape(ordered, [groups * diagonal, rows, trace * units]), "float64");
  }) as [Tensor, Tensor];
  const [a, b] = items;
  const ofInputs = reshape(gram(rowsA, rowsB), [groups, 1, a, 1, positions, b, 1, positions]);
  const ofDeltas = gram(deltasA, deltasB);
  const products = mul(
    reshape(ofDeltas, [groups, diagonal, a, full, positions, b, full, positions]),
    ofInputs,
  );
  const summed = groups * positions === 1 ? products : reduceSum(products, { axes: [0, 4, 7] });
  return reshape(summed, [diagonal, a * full, b * full]);
}
