/** @file What is told of an export: merged and frozen batch normalisation, nameless weights, dropout. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importOnnx, type ModelFinding } from "../../src/net/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { f32, handModel, type NodeLine, run } from "./onnx-model.ts";

const exported = join(import.meta.dirname, "..", "probes", "foreign-fixtures");
const plain = join(import.meta.dirname, "onnx-fixtures");

function findingsOf(folder: string, file: string): readonly ModelFinding[] {
  const bytes = readFileSync(join(folder, file));
  try {
    return importOnnx(bytes).findings;
  } catch {
    return importOnnx(bytes, { dims: { batch: 3 } }).findings;
  }
}

const summary = (findings: readonly ModelFinding[]) =>
  findings.map(({ kind, certain, count }) => `${count} ${kind}${certain ? "" : "?"}`);

describe("findings on PyTorch's exports", () => {
  const clean = readdirSync(exported).filter((file) => /^(mlp-.*|.*-fathom(-script)?)\.onnx$/.test(file));

  it.each([...clean, "cnn-script-training.onnx"])("%s is clean", (file) => {
    expect(findingsOf(exported, file)).toEqual([]);
  });

  it.each([
    ["cnn-script.onnx", ["5 foldedBatchNorm?"]],
    ["cnn-dynamo.onnx", ["5 foldedBatchNorm"]],
    ["cnn-dynamo-training.onnx", ["5 foldedBatchNorm"]],
    ["cnn-dynamo-unmerged.onnx", ["5 inferenceBatchNorm"]],
    ["transformer-script.onnx", ["10 foldedConstants"]],
    ["transformer-dynamo.onnx", ["10 foldedConstants"]],
    ["transformer-script-training.onnx", ["4 dropout"]],
  ])("%s: %s", (file, expected) => {
    expect(summary(findingsOf(exported, file))).toEqual(expected);
  });

  it("guess a merged batch normalisation by `getitem` where metadata were taken out", () => {
    expect(summary(findingsOf(plain, "cnn-dynamo.onnx"))).toEqual(["2 foldedBatchNorm?"]);
  });

  it("say when the module was in training mode and the file is not", () => {
    const [finding] = findingsOf(exported, "cnn-dynamo-unmerged.onnx");
    expect(finding!.message).toContain("The module was in training mode");
    expect(finding!.node).toBe('node "node__native_batch_norm_legit_functional__0" (BatchNormalization)');
    expect(finding!.remedy).toContain("python/fathom.py");
  });
});

describe("a convolution with a bias", () => {
  const convolution = (weight: string, bias: string) =>
    importOnnx(
      handModel({
        inputs: { x: { shape: [1, 1, 2] } },
        weights: { [weight]: f32([1, 1, 1], [1]), [bias]: f32([1], [1]) },
        nodes: [["Conv", ["x", weight, bias], ["y"]]],
        outputs: ["y"],
      }),
    ).findings;

  it("raises no alarm by itself", () => {
    expect(convolution("conv.weight", "conv.bias")).toEqual([]);
  });

  it("bears the names of onnxruntime's fusion where it took in a normalisation", () => {
    expect(summary(convolution("ConvBnFusion_W_w", "ConvBnFusion_BN_B_b"))).toEqual(["1 foldedBatchNorm"]);
  });
});

describe("BatchNormalization in training mode", () => {
  const x = f32([2, 2, 2], [1, 3, 10, 10, 5, 7, 20, 40]);
  const vectors = {
    scale: f32([2], [1, 2]),
    bias: f32([2], [0, 1]),
    mean: f32([2], [1, 2]),
    variance: f32([2], [3, 4]),
  };
  const normalise = (attributes: NonNullable<NodeLine[3]>, outputs: string[], opset = 18) =>
    run(
      {
        inputs: { x: { shape: [2, 2, 2] } },
        weights: vectors,
        nodes: [["BatchNormalization", ["x", "scale", "bias", "mean", "variance"], outputs, attributes]],
        outputs,
        opset,
      },
      { x },
    );

  it("uses the statistics of the batch over examples and places", () => {
    const attributes = { training_mode: 1, epsilon: { float: 0 } };
    const { y } = normalise(attributes, ["y"]);
    // Channel 0: mean 4, variance 5; channel 1: mean 20, variance 150.
    const expected = [-3, -1, 1, 3].map((v) => v / Math.sqrt(5));
    const other = [-10, -10, 0, 20].map((v) => (2 * v) / Math.sqrt(150) + 1);
    const all = [...expected.slice(0, 2), ...other.slice(0, 2), ...expected.slice(2), ...other.slice(2)];
    for (const [i, value] of toNumbers(y!).entries()) expect(value).toBeCloseTo(all[i]!, 5);
  });

  it("gives running statistics that moved by the momentum, with the variance divided by the count", () => {
    const attributes = { training_mode: 1, momentum: { float: 0.75 } };
    const { m, v } = normalise(attributes, ["y", "m", "v"]);
    expect(toNumbers(m!)).toEqual([0.75 * 1 + 0.25 * 4, 0.75 * 2 + 0.25 * 20]);
    expect(toNumbers(v!)).toEqual([0.75 * 3 + 0.25 * 5, 0.75 * 4 + 0.25 * 150]);
  });

  it("is what operator sets before 14 mean by asking for new statistics", () => {
    const outputs = ["y", "m", "v", "sm", "sv"];
    const { y, sm, sv } = normalise({ epsilon: { float: 0 } }, outputs, 9);
    expect(toNumbers(y!)[0]).toBeCloseTo(-3 / Math.sqrt(5), 5);
    expect([toNumbers(sm!), toNumbers(sv!)]).toEqual([
      [4, 20],
      [5, 150],
    ]);
  });

  it("refuses one number a channel, which has no variance", () => {
    const model = handModel({
      inputs: { x: { shape: [1, 2] } },
      weights: vectors,
      nodes: [
        ["BatchNormalization", ["x", "scale", "bias", "mean", "variance"], ["y"], { training_mode: 1 }],
      ],
      outputs: ["y"],
    });
    expect(() => importOnnx(model)).toThrow(
      expect.objectContaining({ code: "unsupported", hint: expect.stringContaining("batch of 2") }),
    );
  });
});

describe("Dropout", () => {
  const dropout = (ratio: number, mode: number) =>
    handModel({
      inputs: { x: { shape: [2] } },
      weights: {
        ratio: f32([], [ratio]),
        mode: { dtype: "bool", shape: [], data: Uint8Array.of(mode) },
      },
      nodes: [["Dropout", ["x", "ratio", "mode"], ["y"]]],
      outputs: ["y"],
    });

  it("is told of only where it drops something", () => {
    const counts = [dropout(0.5, 1), dropout(0, 1), dropout(0.5, 0)].map(
      (bytes) => importOnnx(bytes).findings.length,
    );
    expect(counts).toEqual([1, 0, 0]);
  });
});
