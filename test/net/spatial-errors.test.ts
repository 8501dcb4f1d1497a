/** @file Ill-typed uses of layers on images, signals, tokens and graphs name both layers and the mend. */
import { describe, expect, it } from "vitest";
import { constant, evaluate, input } from "../../src/expr/index.ts";
import { applyModel, buildModel, parameterInputs, parseNet } from "../../src/net/index.ts";
import { ndarray, zeros } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const image = { kind: "image", shape: [3, 8, 8] };
const signal = { kind: "signal", shape: [3, 8] };
const tokens = { kind: "tokens", shape: [4, 6] };
const vector = { kind: "vector", shape: [12] };
const conv = { kind: "conv", channels: 4, kernel: 3 };

/** What is said about `layers` on `from`. */
function refused(from: object, ...layers: object[]) {
  return refusal(() => parseNet({ fathom: 1, input: from, layers }));
}

describe("layers that do not meet", () => {
  it.each([
    ["conv on a vector", vector, conv, "vector [12]"],
    ["conv on tokens", tokens, conv, "tokens [4, 6]"],
    ["pooling on a vector", vector, { kind: "maxPool", window: 2 }, "vector [12]"],
    ["resize on tokens", tokens, { kind: "resize", size: 4 }, "tokens [4, 6]"],
    ["toTokens on a vector", vector, { kind: "toTokens" }, "vector [12]"],
    ["globalAvgPool on a vector", vector, { kind: "globalAvgPool" }, "vector [12]"],
    ["attention on an image", image, { kind: "selfAttention" }, "image [3, 8, 8]"],
    ["positional on an image", image, { kind: "positional" }, "image [3, 8, 8]"],
    ["transpose on a signal", signal, { kind: "transpose" }, "signal [3, 8]"],
    ["aggregate on an image", image, { kind: "aggregate", graph: { grid: [8, 8] } }, "image [3, 8, 8]"],
    ["embedding of numbers", tokens, { kind: "embedding", vocabulary: 9, width: 2 }, "tokens [4, 6]"],
  ])("%s", (_, from, layer, given) => {
    const relu = { kind: "activation", activation: "relu" };
    const error = refused(from, relu, layer);
    expect(error.code).toBe("bad-shape");
    expect(error.where).toBe("layers[1]");
    expect(error.message).toContain(`layers[1] (${layer.kind})`);
    expect(error.message).toContain("layers[0] (activation)");
    expect(error.message).toContain(given);
    expect(error.hint).toBeTruthy();
  });

  it("dense after a convolution asks for flatten", () => {
    const error = refused(image, conv, { kind: "dense", width: 10 });
    expect(error.message).toBe(
      "layers[1] (dense) acts on vectors or tokens, but layers[0] (conv) gives image [4, 8, 8].",
    );
    expect(error.hint).toContain('{"kind": "flatten"}');
  });
});

describe("windows that do not fit", () => {
  it.each([
    ["a kernel longer than the input", { ...conv, kernel: 9, padding: "valid" }, "kernel", "spans 9"],
    ["a kernel longer than the padded input", { ...conv, kernel: [3, 13], padding: 2 }, "kernel", "8 + 4"],
    ["a dilated kernel", { ...conv, dilation: 4, padding: "valid" }, "kernel", "spans 9"],
    [
      "a kernel that meets itself on a ring",
      { ...conv, kernel: 9, padding: "circular" },
      "kernel",
      "ring of 8",
    ],
    ["a list of the wrong length", { ...conv, kernel: [3] }, "kernel", "1 entries in kernel"],
    ["strides of the wrong length", { ...conv, stride: [2] }, "stride", "1 entries in stride"],
    ["groups that do not divide what is read", { ...conv, groups: 2 }, "groups", "reads 3 channels"],
    ["groups that do not divide what is made", { ...conv, groups: 3 }, "groups", "makes 4 channels"],
    ["a window longer than the input", { kind: "avgPool", window: [9, 2] }, "window", "spans 9"],
    [
      "more cut than there is",
      { kind: "convTranspose", channels: 1, kernel: 1, padding: 4 },
      "padding",
      "cuts",
    ],
    ["a size of the wrong length", { kind: "resize", size: [4] }, "size", "1 entries in size"],
    ["local weights", { kind: "convLocal", channels: 2, kernel: 9, padding: "valid" }, "kernel", "spans 9"],
  ])("%s", (_, layer, option, text) => {
    const error = refused(image, { kind: "scale", factor: 1 }, layer);
    expect(error).toMatchObject({ code: "bad-shape", where: `layers[1].${option}` });
    expect(error.message).toContain(text);
    expect(error.message).toContain(`layers[1] (${layer.kind})`);
    expect(error.hint).toBeTruthy();
  });

  it("heads that do not share the width", () => {
    const error = refused(tokens, { kind: "selfAttention", heads: 4 });
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[0].heads" });
    expect(error.message).toContain("6 channels of the input among 4 heads");
  });

  it("options of another type say what they take", () => {
    expect(refused(image, { ...conv, kernel: "3x3" })).toMatchObject({
      code: "bad-input",
      where: "layers[0].kernel",
    });
    expect(refused(image, { ...conv, padding: "SAME" }).hint).toContain("valid (none)");
    expect(refused(image, { ...conv, stride: 0 })).toMatchObject({ where: "layers[0].stride" });
  });
});

describe("layers beyond the bounds", () => {
  it.each([
    ["pairs of tokens", { kind: "tokens", shape: [100_000, 2] }, { kind: "selfAttention", causal: true }],
    ["coefficients", { kind: "signal", shape: [1, 100_000] }, { kind: "resize", size: 100_000 }],
    [
      "taps",
      { kind: "image", shape: [64, 64, 64] },
      { kind: "convLocal", channels: 1, kernel: 64, padding: "valid" },
    ],
  ])("%s", (what, from, layer) => {
    const error = refused(from, layer);
    expect(error).toMatchObject({ code: "too-large", where: "layers[0]" });
    expect(error.message).toContain(what);
  });
});

describe("graphs that are none", () => {
  const onGraph = (graph: object) => refused(tokens, { kind: "aggregate", graph });
  const matrix = { shape: [2, 4], indptr: [0, 1, 2], indices: [3, 0], values: [1, 1] };

  it.each([
    ["other nodes than tokens", { grid: [3, 2] }, "graph", "6 nodes"],
    [
      "an edge outside",
      {
        nodes: 4,
        edges: [
          [0, 1],
          [1, 4],
        ],
      },
      "graph.edges[1]",
      "node 4",
    ],
    ["an edge to itself", { nodes: 4, edges: [[2, 2]] }, "graph.edges[0]", "to itself"],
    ["an edge of three", { nodes: 4, edges: [[0, 1, 2]] }, "graph.edges[0]", "3 entries"],
    ["no edges", { nodes: 4 }, "graph.edges", "no edges"],
    ["no graph", {}, "graph", "empty"],
    ["two graphs", { grid: [2, 2], nodes: 4 }, "graph.nodes", "both grid and nodes"],
    ["too large a grid", { grid: [100_000, 100_000] }, "graph.grid", "bound"],
    ["a normalised matrix", { ...matrix, normalisation: "row" }, "graph.normalisation", "as it is"],
    ["a column outside", { ...matrix, indices: [3, 4] }, "graph.indices[1]", "column 4"],
    ["rows that fall", { ...matrix, indptr: [0, 3, 2] }, "graph.indptr[2]", "before it starts"],
    ["too few row starts", { ...matrix, indptr: [0, 2] }, "graph.indptr", "3 row starts"],
    ["too few values", { ...matrix, values: [1] }, "graph.values", "1 values"],
    ["another number of columns", { ...matrix, shape: [2, 5] }, "graph", "5 nodes"],
  ])("%s", (_, graph, where, text) => {
    const error = onGraph(graph);
    expect(error.where).toBe(`layers[0].${where}`);
    expect(error.message).toContain(text);
  });
});

describe("token ids outside the vocabulary", () => {
  const net = { fathom: 1, input: { kind: "ids", shape: [2] } };
  const model = buildModel(parseNet({ ...net, layers: [{ kind: "embedding", vocabulary: 3, width: 2 }] }));
  const params = parameterInputs(model);

  it("are refused as the graph is built where they are known", () => {
    const error = refusal(() => applyModel(model, params, constant([[0, 3]], "int32")));
    expect(error).toMatchObject({ code: "bad-input", where: "layers[0].vocabulary" });
    expect(error.message).toBe("layers[0] (embedding) is fed the id 3; its vocabulary has ids from 0 to 2.");
  });

  it("are refused when the graph runs where they are fed", () => {
    const { output } = applyModel(model, params, input("x", [1, 2], "int32"));
    const feeds = { "0.table": zeros("float32", [3, 2]), x: ndarray("int32", [1, 2], [-1, 0]) };
    expect(refusal(() => evaluate([output], feeds)).code).toBe("bad-input");
  });
});
