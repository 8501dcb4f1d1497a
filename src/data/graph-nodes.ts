/**
 * @file Nodes of a graph with features, classes and a split, in one `.npz`, as vectors whose features are propagated
 * beforehand: adj_indptr, adj_indices (CSR, both directions, no self-loops), attr_indptr, attr_indices, attr_shape and
 * attr_data (CSR; ones where it is missing), labels, idx_train, idx_val, idx_test.
 */
import {
  decodeNpz,
  FathomError,
  multiplySparse,
  type Npz,
  ndarray,
  type SparseMatrix,
  sparseMatrix,
  toInt32,
} from "../tensor/index.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import { propagation } from "./propagation.ts";
import { type ByteSource, readWhole } from "./source.ts";

/** How far features travel. */
const hops = 2;
/** Features whose columns are propagated at a time: bounds the memory beside the result. */
const columnsAtATime = 64;

/**
 * Labelled nodes as vectors Â²F, F the features with rows of sum 1 and Â the normalised adjacency with self-loops, scaled to
 * the mean square 1. Training rows are those of idx_train, then those of idx_val.
 * @throws FathomError not-found for an array that is missing; what `decodeNpz`, `sparseMatrix` and `checkedDataset` throw.
 * @example await readGraphNodes(await fileSource("planetoid_cora.npz"))
 */
export async function readGraphNodes(source: ByteSource): Promise<Dataset> {
  const npz = decodeNpz(await readWhole(source), source.name);
  const integers = (key: string) => toInt32(npz.read(key), `${source.name}: ${key}`).data;
  const labels = integers("labels");
  const features = featuresOf(npz, integers, labels.length);
  const inputs = await propagatedRows(adjacencyOf(integers, labels.length), features);
  const width = features.shape[1];
  scaleToUnit(inputs);
  const split = (nodes: Int32Array): Split => splitOf(nodes, { inputs, labels, width });
  const training = Int32Array.of(
    ...integers("idx_train"),
    ...(npz.has("idx_val") ? integers("idx_val") : []),
  );
  return checkedDataset({
    name: source.name,
    kind: "vector",
    inputShape: [width],
    classes: labels.reduce((most, label) => Math.max(most, label), 0) + 1,
    scale: 1,
    train: split(training),
    test: split(integers("idx_test")),
    source: source.name,
  });
}

type Integers = (key: string) => Int32Array;

function adjacencyOf(integers: Integers, nodes: number): SparseMatrix {
  const [indptr, indices] = [integers("adj_indptr"), integers("adj_indices")];
  const from: number[] = [];
  const to: number[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let k = indptr[node]!; k < indptr[node + 1]!; k++) {
      if (indices[k]! >= node) continue;
      from.push(node);
      to.push(indices[k]!);
    }
  }
  return propagation({ nodes, from, to });
}

function featuresOf(npz: Npz, integers: Integers, nodes: number): SparseMatrix {
  const shape = integers("attr_shape");
  const [indptr, indices] = [integers("attr_indptr"), integers("attr_indices")];
  const values = npz.has("attr_data")
    ? Float64Array.from(npz.read("attr_data").data as ArrayLike<number>)
    : new Float64Array(indices.length).fill(1);
  if (shape[0] !== nodes) {
    throw new FathomError({
      code: "bad-shape",
      where: `${npz.where}: attr_shape`,
      message: `There are features of ${shape[0]} nodes, but labels of ${nodes}.`,
      hint: "Give a row of features for each node.",
    });
  }
  for (let node = 0; node < nodes; node++) {
    const row = values.subarray(indptr[node]!, indptr[node + 1]!);
    const sum = row.reduce((total, x) => total + Math.abs(x), 0);
    if (sum > 0) for (let k = 0; k < row.length; k++) row[k]! /= sum;
  }
  return sparseMatrix({ shape: [nodes, shape[1]!], indptr, indices, values });
}

/** Â^hops F, [nodes, features], a few columns at a time. */
async function propagatedRows(operator: SparseMatrix, features: SparseMatrix): Promise<Float32Array> {
  const [nodes, width] = features.shape;
  const result = new Float32Array(nodes * width);
  for (let first = 0; first < width; first += columnsAtATime) {
    const columns = Math.min(columnsAtATime, width - first);
    let block = columnsOf(features, first, columns);
    for (let hop = 0; hop < hops; hop++) {
      const next = new Float64Array(block.length);
      multiplySparse(operator, { data: block, columns }, next);
      block = next;
    }
    for (let node = 0; node < nodes; node++) {
      result.set(block.subarray(node * columns, (node + 1) * columns), node * width + first);
    }
  }
  return result;
}

function columnsOf(
  { shape, indptr, indices, values }: SparseMatrix,
  first: number,
  columns: number,
): Float64Array {
  const block = new Float64Array(shape[0] * columns);
  for (let node = 0; node < shape[0]; node++) {
    for (let k = indptr[node]!; k < indptr[node + 1]!; k++) {
      const column = indices[k]! - first;
      if (column >= 0 && column < columns) block[node * columns + column]! += values[k]!;
    }
  }
  return block;
}

function scaleToUnit(inputs: Float32Array): void {
  const meanSquare = inputs.reduce((sum, x) => sum + x * x, 0) / inputs.length;
  const factor = meanSquare > 0 ? 1 / Math.sqrt(meanSquare) : 1;
  for (let i = 0; i < inputs.length; i++) inputs[i]! *= factor;
}

function splitOf(
  nodes: Int32Array,
  {
    inputs,
    labels,
    width,
  }: { readonly inputs: Float32Array; readonly labels: Int32Array; readonly width: number },
): Split {
  const rows = new Float32Array(nodes.length * width);
  for (const [i, node] of nodes.entries())
    rows.set(inputs.subarray(node * width, (node + 1) * width), i * width);
  return {
    inputs: ndarray("float32", [nodes.length, width], rows),
    labels: ndarray(
      "int32",
      [nodes.length],
      nodes.map((node) => labels[node]!),
    ),
  };
}
