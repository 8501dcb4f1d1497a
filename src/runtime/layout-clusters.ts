/**
 * @file Which tensors of a graph may be stored turned around, and which of them must be so together. A tensor [..., C] is seen
 * as a matrix [rows, C]; elementwise operations keep the layout of their operands, so what they join is one cluster.
 */
import type { Tensor } from "../expr/index.ts";
import { sameShape, sizeOf } from "../tensor/index.ts";
import type { Product } from "./layout-costs.ts";

/** Smaller tensors cost so little to arrange that their layout is left alone. */
export const worthwhileSize = 4096;

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** A tensor as a matrix: the last axis against all others. */
export function matrixOf({ shape }: Tensor): Matrix {
  const columns = shape.at(-1) ?? 1;
  return { rows: sizeOf(shape) / columns, columns };
}

function isMatrix(tensor: Tensor, smallest: number): boolean {
  const { rows, columns } = matrixOf(tensor);
  return rows > 1 && columns > 1 && rows * columns >= smallest;
}

/** The place of an operand of an elementwise operation beside the result. */
export type OperandKind = "full" | "scalar" | "row" | "column" | "other";

export function operandKind(operand: Tensor, node: Tensor): OperandKind {
  if (sameShape(operand.shape, node.shape)) return "full";
  const size = sizeOf(operand.shape);
  if (size === 1) return "scalar";
  const { rows, columns } = matrixOf(node);
  if (operand.shape.at(-1) === columns && size === columns) return "row";
  const column = operand.shape.at(-1) === 1 && size === rows && operand.shape.length === node.shape.length;
  return column ? "column" : "other";
}

/** The parts of a product that one Gemm computes; `undefined` for batches of matrices. */
export function productOf(node: Tensor): Product | undefined {
  if (node.op.name !== "matmul") return undefined;
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
  if (b.shape.length > 2 || (a.shape.length > 2 && transposeA)) return undefined;
  const columns = node.shape.at(-1)!;
  return {
    rows: sizeOf(node.shape) / columns,
    inner: b.shape.at(transposeB ? -1 : -2)!,
    columns,
    transposeA,
    transposeB,
  };
}

/** A reshape that keeps the last axis keeps the matrix. */
function keepsMatrix(node: Tensor): boolean {
  return (
    node.op.name === "reshape" && node.shape.length > 1 && node.shape.at(-1) === node.inputs[0]!.shape.at(-1)
  );
}

/** True for a reduction over the rows, over the columns, or over both, which either layout allows. */
export function reducesMatrix(node: Tensor): boolean {
  if (!node.op.name.startsWith("reduce")) return false;
  const rank = node.inputs[0]!.shape.length;
  const axes = node.attrs["axes"] as readonly number[];
  const leading = axes.filter((axis) => axis < rank - 1).length;
  return leading === 0 || leading === rank - 1;
}

/** True for nodes of a size that matters that can compute their result in either layout. */
export function followsLayout(node: Tensor, smallest: number): boolean {
  if (!isMatrix(node, smallest)) return false;
  if (productOf(node) !== undefined || keepsMatrix(node)) return true;
  if (node.op.elementwise !== true) return false;
  return node.inputs.every((operand) => operandKind(operand, node) !== "other");
}

/** True when a consumer takes this operand in either layout. */
function takesEither(node: Tensor, operand: Tensor, smallest: number): boolean {
  if (followsLayout(node, smallest))
    return productOf(node) !== undefined || sizeOf(operand.shape) === sizeOf(node.shape);
  if (productOf(node) !== undefined || reducesMatrix(node)) return true;
  return exchangesAxes(node);
}

/** A transposition of a matrix. */
export function exchangesAxes(node: Tensor): boolean {
  return node.op.name === "transpose" && node.shape.length === 2;
}

export interface Cluster {
  readonly members: Tensor[];
  /** Tensors that need a Transpose when the cluster is turned: they come from, or go to, where only plain will do. */
  readonly borders: Set<Tensor>;
}

/** The clusters of a graph, by member. */
export function findClusters(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
  smallest = worthwhileSize,
): Map<Tensor, Cluster> {
  const clusterOf = new Map<Tensor, Cluster>();
  for (const node of order) {
    if (!followsLayout(node, smallest)) continue;
    let cluster: Cluster = { members: [node], borders: new Set() };
    clusterOf.set(node, cluster);
    if (productOf(node) !== undefined) continue;
    for (const operand of node.inputs) {
      if (sizeOf(operand.shape) !== sizeOf(node.shape)) continue;
      const other = clusterOf.get(operand);
      if (other === undefined) cluster.borders.add(operand);
      else if (other !== cluster) cluster = merge(cluster, other, clusterOf);
    }
  }
  for (const node of order) {
    for (const operand of node.inputs) {
      if (!takesEither(node, operand, smallest)) clusterOf.get(operand)?.borders.add(operand);
    }
  }
  for (const output of outputs) clusterOf.get(output)?.borders.add(output);
  return clusterOf;
}

function merge(a: Cluster, b: Cluster, clusterOf: Map<Tensor, Cluster>): Cluster {
  const [small, large] = a.members.length < b.members.length ? [a, b] : [b, a];
  for (const member of small.members) {
    large.members.push(member);
    clusterOf.set(member, large);
  }
  for (const border of small.borders) large.borders.add(border);
  return large;
}
