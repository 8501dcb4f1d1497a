/**
 * @file How an empirical kernel is cut: the way that costs the fewest multiplications, and tiles (items and outputs at once)
 * that stay within a bound on memory and come often enough for progress and cancellation.
 */
import { FathomError } from "../../tensor/index.ts";
import type { TileOutputs } from "./contraction.ts";
import { type NtkCosts, ntkCosts } from "./costs.ts";
import { methodOf, type Side, type WeightRule } from "./features.ts";
import type { OutputGroups } from "./outputs.ts";

/** The ways to the empirical kernel. */
export type NtkMethod = "contraction" | "vector-products" | "structured";

/** What is computed and how, before it is. */
export interface NtkPlan {
  /** `mixed`: contraction or structure, whichever is cheaper for each weight. */
  readonly method: NtkMethod | "mixed";
  readonly costs: NtkCosts;
}

/** Items and outputs of one tile. */
export interface TileSize {
  readonly items: number;
  readonly outputs: TileOutputs;
}

/** Items on a side of a tile, at most. */
const MOST_ITEMS = 64;
/** Multiplications of a tile, about a second of them: progress is told and cancellation heard between tiles. */
const MOST_MULTIPLICATIONS = 4e9;
/** Cotangents of a tile that are not worth fewer items: below, the forward passes would be repeated more than they cost. */
const FEW_COTANGENTS = 8;

/** The method, by the cost model where it is open. @throws FathomError bad-input for an unknown one. */
export function planOf(
  side: Side,
  groups: OutputGroups,
  { method, items }: { readonly method: NtkMethod | "auto"; readonly items: number },
): NtkPlan {
  const sizes = side.weights.map(({ size }) => size);
  const costs = ntkCosts(sizes, groups, Math.min(items, MOST_ITEMS));
  if (method === "auto") {
    return { method: costs.vectorProducts < costs.mixed ? "vector-products" : "mixed", costs };
  }
  if (method === "contraction" || method === "vector-products" || method === "structured") {
    return { method, costs };
  }
  throw new FathomError({
    code: "bad-input",
    message: `The empirical kernel has no method "${method}".`,
    where: "method",
    hint: 'Methods are "auto", "contraction", "vector-products" and "structured".',
  });
}

/** The rule that gives weights their method in tiles that hold no vector products. */
export function ruleOf({ method }: NtkPlan): WeightRule {
  return method === "vector-products" ? "mixed" : method;
}

function costOfPair({ method, costs }: NtkPlan): number {
  return method === "vector-products" ? costs.vectorProducts : costs[method];
}

/** The first size to try: whole outputs, and as many items as the bounds allow by a count of the largest arrays. */
export function firstTile(
  plan: NtkPlan,
  side: Side,
  groups: OutputGroups,
  { items, memory }: { readonly items: number; readonly memory: number },
): TileSize {
  const most = Math.sqrt(MOST_MULTIPLICATIONS / Math.max(1, costOfPair(plan)));
  let size: TileSize = {
    items: Math.max(1, Math.min(items, MOST_ITEMS, Math.floor(most))),
    outputs: { diagonal: groups.diagonal, full: groups.full, trace: groups.trace },
  };
  while (largestArrays(plan, side, groups, size) > memory) {
    const next = smallerTile(size);
    if (next === undefined) break;
    size = next;
  }
  return size;
}

/** Bytes of the arrays that a tile cannot do without: less than it will need. */
function largestArrays(
  plan: NtkPlan,
  side: Side,
  groups: OutputGroups,
  { items, outputs }: TileSize,
): number {
  const { diagonal, full, trace } = outputs;
  const cotangents = diagonal * full * trace;
  if (plan.method === "vector-products") return 16 * items ** 2 * cotangents * groups.index.length;
  const bytes = side.weights.map((weight) => {
    const { entries, positions, groups: parts } = weight.size;
    return methodOf(weight, ruleOf(plan), groups, items) === "contraction"
      ? 32 * items * cotangents * entries
      : 32 * parts * diagonal * (items * full * positions) ** 2;
  });
  return Math.max(0, ...bytes);
}

/** Half of something; `undefined` for one item and one output. */
export function smallerTile({ items, outputs }: TileSize): TileSize | undefined {
  const { diagonal, full, trace } = outputs;
  const cotangents = diagonal * full * trace;
  const half = (n: number) => Math.ceil(n / 2);
  if (cotangents === 1 && items === 1) return undefined;
  if (items > 1 && (cotangents <= FEW_COTANGENTS || items > 4 * cotangents)) {
    return { items: half(items), outputs };
  }
  if (trace > 1) return { items, outputs: { ...outputs, trace: half(trace) } };
  if (diagonal > 1) return { items, outputs: { ...outputs, diagonal: half(diagonal) } };
  return { items, outputs: { ...outputs, full: half(full) } };
}
