/** @file The compiled tiles of an empirical kernel: one network, any weights, any items, within a bound on memory. */
import { Scope, type Tensor, withScope } from "../../expr/index.ts";
import type { CompileOptions, Executable } from "../../runtime/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { compileWithin, MEMORY, requireMemory } from "./blocks.ts";
import { kernelTile, type TileShape } from "./contraction.ts";
import { type Side, sideInputs, sideOf } from "./features.ts";
import type { FiniteNetwork } from "./network.ts";
import type { OutputGroups } from "./outputs.ts";
import {
  firstTile,
  type NtkMethod,
  type NtkPlan,
  planOf,
  ruleOf,
  smallerTile,
  type TileSize,
} from "./plan.ts";
import { productTile } from "./vector-products.ts";

interface ProgramOptions {
  readonly network: FiniteNetwork;
  readonly groups: OutputGroups;
  readonly method: NtkMethod | "auto";
  /** Items of each side; undefined for the second where it is the first. */
  readonly counts: readonly [number, number | undefined];
  /** Bytes that a tile may take; 1 GB unless said. */
  readonly memory?: number | undefined;
  readonly options?: CompileOptions | undefined;
}

/** Tiles ready to run. */
export interface TileProgram {
  readonly plan: NtkPlan;
  readonly size: TileSize;
  /** Items of a tile on each side. */
  readonly items: readonly [number, number];
  /** For rows and columns that are the same; only where tiles are symmetric as such. */
  readonly symmetric: Executable | undefined;
  /** For any other; undefined where there are none. */
  readonly general: Executable | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Names of the sides' inputs: `left.x`, `left.cotangent`. */
export const sideNames = ["left", "right"] as const;

/**
 * Compiles the tiles of a kernel, smaller ones until they fit.
 * @throws FathomError too-large when one item and one output do not fit into the memory; bad-input for an unknown method.
 */
export async function compileTiles(settings: ProgramOptions): Promise<TileProgram> {
  const { network, groups, counts, method, memory = MEMORY } = settings;
  requireMemory(memory);
  const items = Math.max(counts[0], counts[1] ?? 0);
  const sides = withScope(new Scope(), () => sideNames.map((name) => sideOf(network, name)));
  const [left, right] = sides as [Side, Side];
  const plan = planOf(left, groups, { method, items });
  const graph: Graph = { ...settings, left, right, plan, memory };
  let size = firstTile(plan, left, groups, { items, memory });
  for (;;) {
    try {
      return await compileSize(graph, size);
    } catch (error) {
      if (!(error instanceof FathomError) || error.code !== "too-large") throw error;
      const smaller = smallerTile(size);
      if (smaller === undefined) throw error;
      size = smaller;
    }
  }
}

interface Graph extends ProgramOptions {
  readonly left: Side;
  readonly right: Side;
  readonly plan: NtkPlan;
  readonly memory: number;
}

async function compileSize(graph: Graph, size: TileSize): Promise<TileProgram> {
  const { counts, plan, groups } = graph;
  const items = [Math.min(size.items, counts[0]), Math.min(size.items, counts[1] ?? counts[0])] as const;
  const products = plan.method === "vector-products";
  const shared = counts[1] === undefined && !products;
  const oneTile = size.items >= counts[0] && size.outputs.full >= groups.full;
  const symmetric = shared ? await compileTile(graph, { items, outputs: size.outputs }, "same") : undefined;
  const wanted = !shared || !oneTile;
  try {
    const general = wanted ? await compileTile(graph, { items, outputs: size.outputs }, "apart") : undefined;
    return {
      plan,
      size,
      items,
      symmetric,
      general,
      [Symbol.asyncDispose]: async () => {
        await symmetric?.dispose();
        await general?.dispose();
      },
    };
  } catch (error) {
    await symmetric?.dispose();
    throw error;
  }
}

async function compileTile(
  { network, groups, left, right, plan, memory, options }: Graph,
  shape: TileShape,
  which: "same" | "apart",
): Promise<Executable | undefined> {
  const { inputs, tile } = withScope(new Scope(), () => {
    const sides = which === "same" ? ([left, left] as const) : ([left, right] as const);
    const { diagonal, full, trace } = shape.outputs;
    const cotangents = diagonal * full * trace;
    const products = plan.method === "vector-products";
    const tile = products
      ? productTile(sides, shape.items, cotangents)
      : kernelTile(sides, ruleOf(plan), shape, groups);
    const fed = sides.flatMap((side, s) => sideInputs(side, { items: shape.items[s]!, cotangents }));
    const needed: Tensor[] = products ? fed.filter((_, i) => i !== 1) : fed;
    return { tile, inputs: [...new Set([...needed, ...Object.values(network.parameters)])] };
  });
  if (tile === undefined) return undefined;
  return compileWithin(memory, { inputs, outputs: { tile }, options });
}
