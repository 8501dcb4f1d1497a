/**
 * @file Chooses how matrices are stored between the operations of a graph, and rewrites the graph accordingly (engine.md §2:
 * "a transpose is moved to the cheaper side"). A batch of activations [B, C] with B < C is often cheaper to keep as [C, B]:
 * the weights then are the factor that is not copied, and weight gradients need no transposition.
 */
import type { Tensor } from "../expr/index.ts";
import { sizeOf } from "../tensor/index.ts";
import { type Cluster, findClusters, followsLayout, productOf, worthwhileSize } from "./layout-clusters.ts";
import { type Layout, type Product, productCost, transposeCost } from "./layout-costs.ts";
import { rewriteTurned } from "./layout-rewrite.ts";
import { neededNodes } from "./needed.ts";

/** Nanoseconds that a change must save to be made. */
const leastGain = 15_000;
const rounds = 4;

type Layouts = ReadonlyMap<Cluster, Layout>;

/** The products of a graph with their operands' and results' clusters. */
interface PlacedProduct {
  readonly product: Product;
  readonly clusters: readonly [Cluster | undefined, Cluster | undefined, Cluster | undefined];
}

function placedCost({ product, clusters }: PlacedProduct, layouts: Layouts): number {
  const [a, b, result] = clusters.map((cluster) => (cluster && layouts.get(cluster)) ?? "plain");
  return productCost(product, a!, b!, result!);
}

function bordersCost({ borders }: Cluster): number {
  let cost = 0;
  for (const { shape } of borders) cost += transposeCost(sizeOf(shape));
  return cost;
}

/** Turns single clusters around as long as that saves time, from the given start. */
function improve(start: Layouts, products: ReadonlyMap<Cluster, PlacedProduct[]>): Map<Cluster, Layout> {
  const layouts = new Map(start);
  const costOf = (cluster: Cluster, layout: Layout) => {
    layouts.set(cluster, layout);
    const own = layout === "turned" ? bordersCost(cluster) : 0;
    return products.get(cluster)!.reduce((sum, placed) => sum + placedCost(placed, layouts), own);
  };
  for (let round = 0; round < rounds; round++) {
    let changed = false;
    for (const cluster of products.keys()) {
      const before = layouts.get(cluster)!;
      const better: Layout =
        costOf(cluster, "turned") + leastGain < costOf(cluster, "plain") ? "turned" : "plain";
      layouts.set(cluster, better);
      changed ||= better !== before;
    }
    if (!changed) break;
  }
  return layouts;
}

/** The clusters that are best stored turned. */
function turnedClusters(order: readonly Tensor[], clusterOf: ReadonlyMap<Tensor, Cluster>): Set<Cluster> {
  const products = new Map<Cluster, PlacedProduct[]>([...clusterOf.values()].map((cluster) => [cluster, []]));
  const all: PlacedProduct[] = [];
  for (const node of order) {
    const product = productOf(node);
    if (product === undefined) continue;
    const clusters = [...node.inputs, node].map((tensor) =>
      clusterOf.get(tensor),
    ) as unknown as PlacedProduct["clusters"];
    const placed = { product, clusters };
    all.push(placed);
    for (const cluster of new Set(clusters)) if (cluster !== undefined) products.get(cluster)!.push(placed);
  }
  const total = (layouts: Layouts) => {
    const turned = [...layouts].filter(([, layout]) => layout === "turned");
    const borders = turned.reduce((sum, [cluster]) => sum + bordersCost(cluster), 0);
    return all.reduce((sum, placed) => sum + placedCost(placed, layouts), borders);
  };
  // Neighbouring clusters gain together: the search starts from all plain and from all turned.
  const from = (layout: Layout) =>
    improve(new Map([...products.keys()].map((cluster) => [cluster, layout])), products);
  const [plain, turned] = [from("plain"), from("turned")];
  const best = total(turned) < total(plain) ? turned : plain;
  return new Set([...best].filter(([, layout]) => layout === "turned").map(([cluster]) => cluster));
}

/**
 * The same tensors computed with matrices stored as is cheapest; those that are best left alone are returned as they are.
 * @param given Tensors that come from outside and stay as they are.
 */
export function arrangeLayouts(outputs: readonly Tensor[], given: ReadonlySet<Tensor>): readonly Tensor[] {
  const order = neededNodes(outputs, given);
  if (!order.some((node) => followsLayout(node, worthwhileSize))) return outputs;
  const clusterOf = findClusters(order, outputs);
  const turned = turnedClusters(order, clusterOf);
  if (turned.size === 0) return outputs;
  return rewriteTurned(order, outputs, (tensor) => {
    const cluster = clusterOf.get(tensor);
    return cluster !== undefined && turned.has(cluster);
  });
}
