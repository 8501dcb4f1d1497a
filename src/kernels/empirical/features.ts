/**
 * @file What a tile needs of one side: for every weight its Jacobian `[B, q, ...shape]`, or the inputs `[B, G, P, a]` and deltas
 * `[B, q, G, P, u]` that it is made of, for B items and q cotangents (kernels.md §10, methods 1 and 3).
 */
import { input, orZeros, type Tensor, topologicalOrder, vjp, vmap } from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { contractionCost, structuredCost, type WeightSize } from "./costs.ts";
import type { FiniteNetwork } from "./network.ts";
import type { OutputGroups } from "./outputs.ts";
import { consumersOf, type StructuredWeight, structuredWeight } from "./uses.ts";

/** How the part of one weight is computed. */
type WeightMethod = "contraction" | "structured";

/** Rule by which weights get their method. */
export type WeightRule = WeightMethod | "mixed";

/** A side: a network at one example, and the cotangents of its outputs. */
export interface Side {
  /** `[1, ...input]` and `[C]`: inputs of the graph, to be vectorised. */
  readonly x: Tensor;
  readonly cotangent: Tensor;
  readonly output: Tensor;
  readonly weights: readonly SideWeight[];
}

/** A trained weight of a side that its output depends on. */
export interface SideWeight {
  readonly name: string;
  readonly tensor: Tensor;
  readonly size: WeightSize;
  readonly structure: StructuredWeight | undefined;
}

/** The network at one example of a side, `name` telling the sides' inputs apart. */
export function sideOf(network: FiniteNetwork, name: string): Side {
  const { x, output } = network.forward(`${name}.x`);
  const order = topologicalOrder([output]);
  const used = new Set(order);
  const consumers = consumersOf(order);
  const weights = network.trained
    .map((weight) => ({ name: weight, tensor: network.parameters[weight]! }))
    .filter(({ tensor }) => used.has(tensor))
    .map(({ name, tensor }) => {
      const structure = structuredWeight(tensor, consumers);
      return { name, tensor, structure, size: sizeOfWeight(tensor, structure) };
    });
  return { x, output, cotangent: input(`${name}.cotangent`, output.shape, output.dtype), weights };
}

function sizeOfWeight({ shape }: Tensor, structure: StructuredWeight | undefined): WeightSize {
  const entries = sizeOf(shape);
  if (structure === undefined) return { entries, groups: 1, positions: 1 };
  const { groups, positions, inputs, units } = structure;
  return { entries, groups, positions, inputs, units };
}

/** The method of a weight under a rule. */
export function methodOf(
  { size, structure }: SideWeight,
  rule: WeightRule,
  groups: OutputGroups,
  items: number,
): WeightMethod {
  if (structure === undefined || rule === "contraction") return "contraction";
  if (rule === "structured") return "structured";
  return structuredCost(size, groups) <= contractionCost(size, groups, items) ? "structured" : "contraction";
}

/** Items and cotangents that a side is vectorised over. */
export interface SideSize {
  readonly items: number;
  readonly cotangents: number;
}

function overBoth(outputs: readonly Tensor[], { x, cotangent }: Side, size: SideSize): Tensor[] {
  const many = vmap(outputs, { over: [cotangent], size: size.cotangents });
  return vmap(many, { over: [x], size: size.items });
}

/** Jacobians by some weights, each `[B, q, ...shape]`. */
export function jacobians(side: Side, weights: readonly SideWeight[], size: SideSize): Tensor[] {
  const tensors = weights.map(({ tensor }) => tensor);
  const gradients = vjp([side.output], tensors, [side.cotangent]);
  return overBoth(
    gradients.map((gradient, i) => orZeros(gradient, tensors[i]!)),
    side,
    size,
  );
}

/** Inputs and deltas of a weight. */
export interface Structure {
  /** `[B, G, P, a]` */
  readonly rows: Tensor;
  /** `[B, q, G, P, u]` */
  readonly deltas: Tensor;
}

/** Inputs and deltas of a weight whose uses are all products or convolutions. */
export function structureOf(side: Side, { structure }: SideWeight, size: SideSize): Structure {
  const { results, rows, deltas } = structure!;
  const cotangents = vjp([side.output], results, [side.cotangent]);
  const made = deltas(cotangents.map((cotangent, i) => orZeros(cotangent, results[i]!)));
  const [manyRows] = vmap([rows], { over: [side.x], size: size.items });
  const [manyDeltas] = overBoth([made], side, size);
  return { rows: manyRows!, deltas: manyDeltas! };
}

/** The inputs of a vectorised side, as they are fed: `[B, 1, ...input]` and `[q, C]`. */
export function sideInputs(
  { x, cotangent }: Side,
  { items, cotangents }: SideSize,
): readonly [Tensor, Tensor] {
  const named = (tensor: Tensor, size: number) =>
    input(String(tensor.attrs["name"]), [size, ...tensor.shape], tensor.dtype);
  return [named(x, items), named(cotangent, cotangents)];
}
