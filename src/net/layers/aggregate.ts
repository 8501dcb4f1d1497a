/** @file Aggregation over a graph (graphs.md §1): y_i = Σ_j L_ij x_j along the node axis, L a fixed sparse matrix. */
import { z } from "zod";
import { spmm } from "../../expr/index.ts";
import { FathomError, relocated } from "../../tensor/index.ts";
import { defineLayer, type Place } from "../define.ts";
import { type GraphSpec, graphMatrix, graphSchema, graphShape } from "../graphs.ts";
import { showNetShape } from "../shapes.ts";

/** What is made of the graph, with the layer's place in front of what is wrong with it. */
function at<T>(make: (graph: GraphSpec) => T, graph: GraphSpec, { self, where }: Place): T {
  try {
    return make(graph);
  } catch (cause) {
    if (!(cause instanceof FathomError)) throw cause;
    throw relocated(cause, { message: `${self}: ${cause.message}`, where: `${where}.${cause.where}` });
  }
}

export const aggregate = defineLayer({
  kind: "aggregate",
  summary: "sums over the neighbours in a fixed graph: y_i = Σ_j L_ij x_j along the axis of tokens or nodes",
  options: z.strictObject({ graph: graphSchema }),
  shape: ({ graph }, input, place) => {
    const { self, before, where } = place;
    if (input.kind !== "tokens" && input.kind !== "graph") {
      throw new FathomError({
        code: "bad-shape",
        message: `${self} acts on tokens or graphs, but ${before} gives ${showNetShape(input)}.`,
        where,
        hint: 'Put {"kind": "toTokens"} before it, which makes every position of an image or a signal a node.',
      });
    }
    const [nodes, features] = input.shape as [number, number];
    const [rows, columns] = at(graphShape, graph, place);
    if (columns === nodes) {
      at(graphMatrix, graph, place);
      return { kind: input.kind, shape: [rows, features] };
    }
    throw new FathomError({
      code: "bad-shape",
      message: `${self} has a graph of ${columns} nodes, but ${before} gives ${showNetShape(input)}: ${nodes} nodes.`,
      where: `${where}.graph`,
      hint: "Give the graph as many nodes as there are tokens.",
    });
  },
  apply: ({ graph }, _, x) => spmm(graphMatrix(graph), x),
  noMeanField: "sums over neighbours, whose covariance the scalar theory does not follow",
  covariance: ({ graph }) => ({ op: "aggregate", matrix: graphMatrix(graph) }),
});
