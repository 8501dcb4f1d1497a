/** @file The propagation matrix of a graph: Â = D^{-1/2} (A + I) D^{-1/2} with D the degrees of A + I (Kipf and Welling 2017). */
import { type SparseMatrix, sparseFromEntries } from "../tensor/index.ts";

/** An undirected graph: each link once, no self-loops. */
export interface Graph {
  readonly nodes: number;
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
}

/**
 * The symmetric normalised adjacency with self-loops.
 * @returns [nodes, nodes]
 * @throws FathomError bad-input for an end that is no node.
 * @example propagation({ nodes: 3, from: [0], to: [1] })
 */
export function propagation({ nodes, from, to }: Graph): SparseMatrix {
  const links = from.length;
  const size = 2 * links + nodes;
  const rows = new Int32Array(size);
  const columns = new Int32Array(size);
  const degrees = new Float64Array(nodes).fill(1);
  for (let i = 0; i < links; i++) {
    rows[2 * i] = columns[2 * i + 1] = from[i]!;
    columns[2 * i] = rows[2 * i + 1] = to[i]!;
    degrees[from[i]!]!++;
    degrees[to[i]!]!++;
  }
  for (let node = 0; node < nodes; node++) rows[2 * links + node] = columns[2 * links + node] = node;
  const values = Float64Array.from(rows, (row, k) => 1 / Math.sqrt(degrees[row]! * degrees[columns[k]!]!));
  return sparseFromEntries({ shape: [nodes, nodes], rows, columns, values });
}
