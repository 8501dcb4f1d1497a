/**
 * @file Node counts of typical graphs. A change here is a change of what runs: fewer nodes is an improvement to write down,
 * more is a regression to explain.
 */
import { describe, expect, it } from "vitest";
import { namedGraph } from "../../src/runtime/lower.ts";
import { countNodes, type OnnxGraph } from "../../src/runtime/model.ts";
import { typicalGraphs } from "./typical-graphs.ts";

function histogram(graph: OnnxGraph): string {
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([op, count]) => `${op} ${count}`);
  return `${countNodes(graph)}: ${parts.join(", ")}`;
}

const golden: Readonly<Record<string, string>> = {
  "MLP, forward": "5: Gemm 3, Relu 2",
  "MLP, gradient":
    "25: Add 1, Cast 2, Equal 1, Gemm 6, Less 2, MatMul 2, Mul 3, ReduceSum 3, Relu 2, Reshape 1, Softmax 1, Where 1",
  "MLP, SGD + momentum":
    "46: Add 4, Cast 2, Equal 1, Gemm 6, Less 2, MatMul 2, Mul 15, ReduceSum 3, Relu 2, Reshape 1, Softmax 1, Sub 6, Where 1",
  "tanh MLP, 6 jvp probes": "13: FusedMatMul 3, Gemm 2, Mul 4, Sub 2, Tanh 2",
  "MLP, Hessian-vector product":
    "47: Add 3, Cast 2, Equal 1, Gemm 15, Less 2, MatMul 3, Mul 10, ReduceSum 4, Relu 2, Reshape 2, Softmax 1, Sub 1, Where 1",
  "MLP, per-example gradients":
    "29: Add 3, Cast 2, FusedMatMul 3, Less 2, MatMul 2, Mul 6, Relu 2, Reshape 8, Sub 1",
  "layer norm + GELU MLP, gradient":
    "41: Add 4, Div 1, Equal 1, Erf 1, Exp 1, Gelu 1, Gemm 4, LayerNormalization 1, MatMul 1, Mul 11, ReduceMean 5, ReduceSum 2, Reshape 1, Softmax 1, Sqrt 1, Sub 4, Where 1",
  "softmax regression, loss and gradient":
    "14: Add 1, Equal 1, Gemm 2, Mul 1, ReduceLogSumExp 1, ReduceMean 1, ReduceSum 2, Reshape 1, Softmax 1, Sub 1, Where 2",
  "attention, gradient":
    "24: Div 2, FusedMatMul 7, Gemm 3, MatMul 2, Mul 3, ReduceSum 1, Reshape 4, Softmax 1, Sub 1",
  "residual network, gradient": "33: Add 3, Gemm 8, Mul 13, ReduceSum 3, Sub 3, Tanh 3",
  "wide MLP, gradient":
    "29: Add 3, Cast 2, Equal 1, Gemm 6, Less 2, MatMul 2, Mul 3, ReduceSum 3, Relu 2, Reshape 3, Softmax 1, Where 1",
  "CNN, SGD":
    "156: Add 3, Cast 3, Concat 3, Conv 5, ConvTranspose 2, Equal 1, FusedMatMul 8, Gather 3, Gemm 2, Less 3, MatMul 1, Mul 14, Pad 6, ReduceMean 1, ReduceSum 6, Relu 3, Reshape 54, Slice 13, Softmax 1, Sub 9, Transpose 14, Where 1",
};

describe("the nodes of", () => {
  it.each(Object.keys(typicalGraphs))("%s", (name) => {
    const graph = namedGraph(typicalGraphs[name]!);
    expect(histogram(graph)).toBe(golden[name]);
  });
});

const products = new Set(["Gemm", "MatMul", "FusedMatMul"]);

describe("no product is fed or followed by a transposition, and nothing is expanded, in", () => {
  it.each(Object.keys(typicalGraphs))("%s", (name) => {
    const { nodes } = namedGraph(typicalGraphs[name]!);
    const producer = new Map(
      nodes.flatMap((node) => node.outputs.map((output) => [output, node.op] as const)),
    );
    const beside = nodes.filter(
      ({ op, inputs }) =>
        (products.has(op) && inputs.some((value) => producer.get(value) === "Transpose")) ||
        (op === "Transpose" && inputs.some((value) => products.has(producer.get(value)!))),
    );
    expect(beside.map(({ op, inputs }) => `${op}(${inputs.join(", ")})`)).toEqual([]);
    expect(nodes.filter(({ op }) => op === "Expand")).toEqual([]);
  });
});
