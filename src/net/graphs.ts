/**
 * @file The graph of an aggregation (graphs.md §1): JSON form, and its propagation matrix L. With A the symmetric 0/1
 * adjacency without self-loops, Â = A + I and d̂ its row sums: `gcn` is Â_ij/√(d̂_i d̂_j), `row` is Â_ij/d̂_i, `none` is Â.
 */
import { z } from "zod";
import {
  FathomError,
  relocated,
  type SparseMatrix,
  sparseFromEntries,
  sparseMatrix,
} from "../tensor/index.ts";
import { finite, positiveInt } from "./options.ts";

const index = z.int().min(0);
/** Nodes that a stated graph may have: beyond it is a typing error or an attack. */
const MAX_NODES = 2 ** 24;

/** JSON form: a pixel grid, a list of edges, or the matrix itself. */
export const graphSchema = z
  .strictObject({
    grid: z
      .array(positiveInt)
      .min(1)
      .max(2)
      .optional()
      .describe("sizes of a grid whose pixels have their 4 neighbours: [28, 28], or [n] for a line"),
    nodes: positiveInt.max(MAX_NODES).optional().describe("number of nodes"),
    edges: z
      .array(z.array(index).length(2))
      .optional()
      .describe("pairs of different nodes, counted from 0; the direction does not matter: [[0, 1], [1, 2]]"),
    normalisation: z
      .enum(["gcn", "row", "none"])
      .optional()
      .describe("of A + I, for grid and edges: gcn (symmetric, default), row (means) or none (sums)"),
    shape: z.array(positiveInt).length(2).optional().describe("rows and columns of the matrix"),
    indptr: z.array(index).optional().describe("where each row of the matrix starts, and the end"),
    indices: z.array(index).optional().describe("column of each entry of the matrix"),
    values: z.array(finite).optional().describe("value of each entry of the matrix"),
  })
  .describe("{grid}, {nodes, edges} or {shape, indptr, indices, values}");

export type GraphSpec = z.infer<typeof graphSchema>;

const forms = [["grid"], ["nodes", "edges"], ["shape", "indptr", "indices", "values"]] as const;

function bad(message: string, where: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

/** Refuses fields of different forms together, and incomplete forms. */
function requireOneForm(graph: GraphSpec): void {
  const given = Object.keys(graph).filter((key) => key !== "normalisation");
  const form = forms.find((names) => names.some((name) => name === given[0]));
  const hint = 'Give {"grid": [H, W]}, {"nodes", "edges"} or {"shape", "indptr", "indices", "values"}.';
  if (form === undefined) throw bad("The graph is empty.", "graph", hint);
  const missing = form.find((name) => graph[name] === undefined);
  if (missing !== undefined)
    throw bad(`The graph has ${given[0]} but no ${missing}.`, `graph.${missing}`, hint);
  const other = given.find((name) => !form.some((own) => own === name));
  if (other !== undefined) {
    throw bad(`The graph has both ${given[0]} and ${other}.`, `graph.${other}`, hint);
  }
  if (graph.shape !== undefined && graph.normalisation !== undefined) {
    const message = "A matrix is taken as it is; it has no normalisation.";
    throw bad(message, "graph.normalisation", "Leave the normalisation out, or scale the values.");
  }
}

type Edges = readonly (readonly number[])[];

/** Neighbours to the right and below, row by row. */
function gridEdges(grid: readonly number[]): Edges {
  const [height, width] = grid.length === 2 ? (grid as [number, number]) : [1, grid[0]!];
  const edges: number[][] = [];
  for (let node = 0; node < height * width; node++) {
    if ((node + 1) % width !== 0) edges.push([node, node + 1]);
    if (node + width < height * width) edges.push([node, node + width]);
  }
  return edges;
}

function requireEdges(edges: Edges, nodes: number): void {
  for (const [i, [from, to]] of edges.entries()) {
    const outside = [from!, to!].find((node) => node >= nodes);
    if (outside !== undefined) {
      const message = `The edge [${from}, ${to}] names node ${outside}; there are ${nodes}, from 0 to ${nodes - 1}.`;
      throw bad(message, `graph.edges[${i}]`, "Nodes count from 0.");
    }
    if (from === to) {
      const message = `The edge [${from}, ${to}] joins a node to itself.`;
      throw bad(message, `graph.edges[${i}]`, "Leave it out: every node counts itself already (A + I).");
    }
  }
}

/** A + I by rows: the neighbours of every node and itself, rising, each once. */
function neighbourhoods(edges: Edges, nodes: number): number[][] {
  const sets = Array.from({ length: nodes }, (_, node) => new Set([node]));
  for (const [from, to] of edges) {
    sets[from!]!.add(to!);
    sets[to!]!.add(from!);
  }
  return sets.map((set) => [...set].sort((a, b) => a - b));
}

function propagation(
  edges: Edges,
  nodes: number,
  normalisation: NonNullable<GraphSpec["normalisation"]>,
): SparseMatrix {
  const rows: number[] = [];
  const columns: number[] = [];
  const values: number[] = [];
  const near = neighbourhoods(edges, nodes);
  for (const [row, around] of near.entries()) {
    const degree = around.length;
    for (const column of around) {
      rows.push(row);
      columns.push(column);
      const divisors = { gcn: Math.sqrt(degree * near[column]!.length), row: degree, none: 1 };
      values.push(1 / divisors[normalisation]);
    }
  }
  return sparseFromEntries({ shape: [nodes, nodes], rows, columns, values });
}

/**
 * Rows and columns of the propagation matrix, without building it: a graph that does not fit costs nothing.
 * @throws FathomError bad-input for a graph of no form, or beyond the bound on nodes.
 * @example graphShape({ grid: [28, 28] }) // [784, 784]
 */
export function graphShape(graph: GraphSpec): readonly [rows: number, columns: number] {
  requireOneForm(graph);
  const { grid, nodes, shape } = graph;
  if (shape !== undefined) return shape as [number, number];
  const count = grid?.reduce((product, n) => product * n, 1) ?? nodes!;
  if (count <= MAX_NODES) return [count, count];
  throw bad(`The grid has ${count} nodes; the bound is ${MAX_NODES}.`, "graph.grid", "Use a smaller grid.");
}

function build(graph: GraphSpec): SparseMatrix {
  const { grid, edges, normalisation = "gcn" } = graph;
  const [nodes] = graphShape(graph);
  if (grid !== undefined) return propagation(gridEdges(grid), nodes, normalisation);
  if (edges !== undefined) {
    requireEdges(edges, nodes);
    return propagation(edges, nodes, normalisation);
  }
  try {
    return sparseMatrix({
      shape: graph.shape as unknown as [number, number],
      indptr: Int32Array.from(graph.indptr!),
      indices: Int32Array.from(graph.indices!),
      values: Float64Array.from(graph.values!),
    });
  } catch (cause) {
    if (!(cause instanceof FathomError)) throw cause;
    throw relocated(cause, { where: `graph.${cause.where}` });
  }
}

const built = new WeakMap<GraphSpec, SparseMatrix>();

/**
 * The propagation matrix of a graph `[rows, columns]`, built once for each spec.
 * @throws FathomError bad-input or bad-shape with `where` such as `graph.edges[5]`.
 * @example graphMatrix({ grid: [28, 28] }).shape // [784, 784]
 */
export function graphMatrix(graph: GraphSpec): SparseMatrix {
  let matrix = built.get(graph);
  if (matrix === undefined) {
    matrix = build(graph);
    built.set(graph, matrix);
  }
  return matrix;
}
