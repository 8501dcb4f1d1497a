/** @file ONNX files that lie or are damaged: a typed error, little memory, no hang. Weights outside: onnx-external.test.ts. */
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { TensorProto_DataType as DataType, type GraphProto, TensorProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { topologicalOrder } from "../../src/expr/index.ts";
import { importOnnx } from "../../src/net/index.ts";
import { type ErrorCode, FathomError } from "../../src/tensor/index.ts";
import { encodeGraph, f32, graphOf, type HandModel, handModel, i64, type NodeLine } from "./onnx-model.ts";

const x = { x: { shape: [2, 3] } };

function refuses(bytes: Uint8Array, code: ErrorCode, words: RegExp): void {
  expect(() => importOnnx(bytes)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(words) }),
  );
}

const valid: HandModel = {
  inputs: x,
  weights: { w: f32([3, 2], [1, 2, 3, 4, 5, 6]), shape: i64([-1]) },
  nodes: [
    ["MatMul", ["x", "w"], ["h"]],
    ["Relu", ["h"], ["r"]],
    ["Reshape", ["r", "shape"], ["y"]],
  ],
  outputs: ["y"],
};

describe("a damaged file", () => {
  it("that is empty, or holds no graph, is no model", () => {
    refuses(new Uint8Array(), "bad-file", /empty/);
    refuses(Uint8Array.of(8, 8), "bad-file", /no graph/);
    refuses(new TextEncoder().encode('{"fathom": 1}'), "bad-file", /no ONNX model/);
  });

  it("that breaks off anywhere gives a typed error", () => {
    const bytes = handModel(valid);
    for (let length = 0; length < bytes.length; length++) {
      try {
        importOnnx(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(FathomError);
      }
    }
  });
});

describe("a malformed graph", () => {
  const graph = (nodes: readonly NodeLine[], rest: Partial<HandModel> = {}) =>
    handModel({ inputs: x, nodes, outputs: ["y"], ...rest });

  it("with a cycle", () => {
    refuses(
      graph([
        ["Add", ["x", "b"], ["a"]],
        ["Relu", ["a"], ["b"]],
        ["Relu", ["b"], ["y"]],
      ]),
      "bad-file",
      /cycle/,
    );
    refuses(graph([["Add", ["x", "y"], ["y"]]]), "bad-file", /cycle/);
  });

  it("with values that are never defined, or defined twice", () => {
    refuses(graph([["Add", ["x", "ghost"], ["y"]]]), "bad-file", /"ghost" is used but never defined/);
    refuses(graph([["Relu", ["x"], ["z"]]]), "bad-file", /output "y" is never defined/);
    refuses(
      graph([
        ["Relu", ["x"], ["y"]],
        ["Exp", ["x"], ["y"]],
      ]),
      "bad-file",
      /"y" is defined twice/,
    );
    refuses(graph([["Relu", ["x"], ["x"]]]), "bad-file", /"x" is defined twice/);
  });

  it("whose nodes stand in any order is put in order", () => {
    const bytes = graph([
      ["Relu", ["h"], ["y"]],
      ["Exp", ["x"], ["h"]],
    ]);
    expect(importOnnx(bytes).outputs["y"]!.op.name).toBe("relu");
  });

  it("with an operator that nobody knows names node, operator and operator set", () => {
    expect(() => importOnnx(graph([["Frobnicate", ["x"], ["y"]]]))).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringMatching(/"Frobnicate" \(operator set 18\)/),
        where: 'node "Frobnicate_y" (Frobnicate)',
      }),
    );
    refuses(graph([["Relu", ["x"], ["y"]]], { domain: "evil" }), "unsupported", /of the domain "evil"/);
    refuses(graph([["Relu", ["x"], ["y"]]], { opset: 6 }), "unsupported", /operator set 6/);
  });

  it("whose shapes do not meet names the node", () => {
    expect(() => importOnnx(graph([["MatMul", ["x", "x"], ["y"]]]))).toThrow(
      expect.objectContaining({ code: "bad-shape", where: 'node "MatMul_y" (MatMul)' }),
    );
  });

  it("with graphs inside nodes: unsupported, and more than 8 deep refused before decoding", () => {
    const nested = (depth: number): GraphProto =>
      depth === 0
        ? graphOf({ nodes: [["Relu", ["x"], ["y"]]], outputs: ["y"] })
        : graphOf({ nodes: [["If", ["x"], ["y"], { then_branch: nested(depth - 1) }]], outputs: ["y"] });
    const model = (depth: number) => {
      const inner = graphOf({
        inputs: x,
        nodes: [["If", ["x"], ["y"], { then_branch: nested(depth - 1) }]],
        outputs: ["y"],
      });
      return encodeGraph(inner);
    };
    refuses(model(8), "unsupported", /"If"/);
    refuses(model(9), "too-large", /8 deep/);
    // Nesting in bytes alone: a million levels would overflow any recursive reader.
    refuses(nestedBytes(20_000), "too-large", /8 deep/);
  });

  it("of 10,000 nodes in a row needs no deep stack", () => {
    const nodes = Array.from(
      { length: 10_000 },
      (_, i): NodeLine => ["Tanh", [i === 0 ? "x" : `h${i - 1}`], [i === 9999 ? "y" : `h${i}`]],
    );
    const { outputs } = importOnnx(graph(nodes.reverse()));
    expect(topologicalOrder([outputs["y"]!])).toHaveLength(10_001);
  });
});

/** The tag of a field and its length. */
function fieldHead(tag: number, length: number): number[] {
  const head = [tag * 8 + 2];
  for (let n = length; ; n = Math.floor(n / 128)) {
    head.push(n < 128 ? n : (n % 128) + 128);
    if (n < 128) return head;
  }
}

/** Graph (7) in which node (1) holds attribute (5) holds graph (6) holds node …. */
function nestedBytes(depth: number): Uint8Array {
  const heads: number[][] = [];
  let size = 0;
  const wrap = (tag: number) => {
    heads.push(fieldHead(tag, size));
    size += heads.at(-1)!.length;
  };
  for (let i = 0; i < depth; i++) for (const tag of [6, 5, 1]) wrap(tag);
  wrap(7);
  return Uint8Array.from(heads.reverse().flat());
}

describe("tensors that lie", () => {
  const withTensor = (fields: object) => {
    const graph = graphOf({ inputs: x, nodes: [["Mul", ["x", "w"], ["y"]]], outputs: ["y"] });
    graph.initializer.push(create(TensorProtoSchema, { name: "w", dataType: DataType.FLOAT, ...fields }));
    return encodeGraph(graph);
  };

  it("about their size", () => {
    refuses(
      withTensor({ dims: [2n, 3n], rawData: new Uint8Array(20) }),
      "bad-file",
      /needs 24 bytes; the file gives 20/,
    );
    refuses(
      withTensor({ dims: [2n, 3n], floatData: [1, 2] }),
      "bad-file",
      /needs 6 numbers; the file gives 2/,
    );
    refuses(withTensor({ dims: [-1n, 3n] }), "bad-file", /dimensions \[-1, 3\]/);
    refuses(withTensor({ dims: [2n ** 62n, 2n ** 62n] }), "bad-file", /dimensions/);
    refuses(withTensor({ dims: [2n ** 20n, 2n ** 20n] }), "too-large", /elements/);
  });

  it("about their type", () => {
    refuses(withTensor({ dims: [1n], dataType: DataType.STRING }), "unsupported", /STRING/);
    refuses(withTensor({ dims: [1n], dataType: 99 }), "unsupported", /99/);
  });

  it("by making other shapes enormous", () => {
    const make = (nodes: readonly NodeLine[], weights = {}) =>
      handModel({ inputs: x, weights, nodes, outputs: ["y"] });
    const shape = i64([2n ** 40n, 2n ** 40n]);
    refuses(make([["Expand", ["x", "s"], ["y"]]], { s: shape }), "bad-shape", /Expand|broadcast/i);
    refuses(make([["ConstantOfShape", ["s"], ["y"]]], { s: shape }), "bad-file", /no tensor/);
    const range = { a: i64([0]), b: i64([2n ** 62n]), c: i64([1]) };
    refuses(make([["Range", ["a", "b", "c"], ["y"]]], range), "bad-file", /count/);
    const tile = { r: i64([2n ** 31n, 2n ** 31n]) };
    refuses(make([["Tile", ["x", "r"], ["y"]]], tile), "too-large", /shape/);
    refuses(make([["Pad", ["x", "p"], ["y"]]], { p: i64([2n ** 40n, 0, 0, 0]) }), "too-large", /shape/);
  });

  it("by windows and borders that are enormous", () => {
    const pool = (attributes: Record<string, readonly number[]>) =>
      handModel({
        inputs: { x: { shape: [1, 1, 9, 9] } },
        nodes: [["AveragePool", ["x"], ["y"], attributes]],
        outputs: ["y"],
      });
    refuses(pool({ kernel_shape: [2, 2 ** 40], pads: [0, 0, 0, 2 ** 40] }), "bad-file", /window|pads/);
    refuses(pool({ kernel_shape: [2, 2], pads: [0, 2 ** 30, 0, 0] }), "bad-file", /pads/);
  });

  it("in number: bytes that decode to hundreds of times their size are refused unread", () => {
    // A million empty nodes in two megabytes.
    const body = new Uint8Array(2 * 2 ** 21).map((_, i) => (i % 2 === 0 ? 10 : 0));
    const head = fieldHead(7, body.length);
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    refuses(bytes, "too-large", /parts/);
  });
});

describe("any bytes", () => {
  const seeds = [
    handModel(valid),
    handModel({
      inputs: { x: { shape: [1, 2, 6] } },
      weights: { w: f32([2, 2, 3], new Array(12).fill(0.5)), s: i64([0, -1]), p: i64([0, 0, 1, 0, 0, 2]) },
      nodes: [
        ["Pad", ["x", "p"], ["q"]],
        ["Conv", ["q", "w"], ["c"], { pads: [1, 1], strides: [2] }],
        ["Shape", ["c"], ["t"]],
        ["Slice", ["t", "a", "b"], ["u"]],
        ["Constant", [], ["a"], { value: i64([0]) }],
        ["Constant", [], ["b"], { value: i64([2]) }],
        ["ReduceProd", ["t"], ["n"], { keepdims: 1 }],
        ["Softmax", ["c"], ["m"], { axis: 1 }],
        ["Reshape", ["m", "s"], ["y"]],
        ["Expand", ["y", "u"], ["z"]],
        ["Split", ["m"], ["k", "l"], { axis: 1, num_outputs: 2 }],
      ],
      outputs: ["y", "n", "k"],
    }),
  ];

  it("(these are models before they are damaged)", () => {
    for (const seed of seeds) expect(() => importOnnx(seed)).not.toThrow();
  });

  const mutation = fc.record({
    seed: fc.nat(seeds.length - 1),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), {
      maxLength: 4,
    }),
  });

  it("end in a model or a FathomError, fast and small", () => {
    const before = process.memoryUsage().rss;
    fc.assert(
      fc.property(mutation, ({ seed, cut, changes }) => {
        const bytes = seeds[seed]!.slice(0, cut === null ? undefined : Math.floor(cut * seeds[seed]!.length));
        for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value;
        try {
          importOnnx(bytes);
        } catch (error) {
          if (!(error instanceof FathomError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    // A model of 500 bytes must not take hundreds of megabytes, whatever its numbers say.
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  }, 30_000);
});
