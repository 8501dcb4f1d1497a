/** @file The example networks are what their names say. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  countParameters,
  initialise,
  type Model,
  meanFieldPlaces,
  parameterInputs,
  parseNetText,
  trainableParameters,
} from "../../src/net/index.ts";
import { Key, toNumbers, uniform } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";

const folder = new URL("../../examples/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(".json", ""));

function example(name: string): Model {
  return buildModel(parseNetText(readFileSync(new URL(`${name}.json`, folder), "utf8")));
}

function kinds(model: Model): string[] {
  return model.layers.map(({ spec }) => spec.kind);
}

it.each(names)("%s gives ten finite numbers for an image", (name) => {
  const model = example(name);
  expect(model.inputShape).toEqual([1, 28, 28]);
  expect(model.outputShape).toEqual([10]);
  expect(countParameters(model)).toBeLessThan(1_000_000);
  const x = uniform(Key.fromSeed(1), "float32", [1, 1, 28, 28]);
  const { output } = applyModel(model, parameterInputs(model), input("x", x.shape));
  const [values] = evaluate([output], { ...initialise(model, Key.fromSeed(0)), x });
  expect(toNumbers(values!).every(Number.isFinite)).toBe(true);
});

/** Theory by layer for inputs of second moment 0.1, as strokes on black have. */
function layersOf(name: string) {
  const model = example(name);
  expect(model.taps).toHaveLength(31);
  return propagate(meanFieldPlaces(model), { K: 0.1, mean: 0.13 });
}

it("tanh-mlp is chaotic: its Jacobian grows a hundredfold over 30 layers", () => {
  expect(layersOf("tanh-mlp").at(-1)!.logJ).toBeGreaterThan(Math.log(100));
});

it("critical-erf-mlp stays within a factor of two from the first to the last layer", () => {
  expect(Math.abs(layersOf("critical-erf-mlp").at(-1)!.logJ)).toBeLessThan(Math.LN2);
});

it("pre-ln-residual-mlp grows as a power of depth, not exponentially", () => {
  const hidden = layersOf("pre-ln-residual-mlp").slice(0, -1);
  const late = hidden.slice(-11);
  expect(late.at(-1)!.logJ - late[0]!.logJ).toBeLessThan(0.6);
  expect(late.at(-2)!.chiJ).toBeLessThan(1.06);
});

describe("the networks of the CNN-GP paper", () => {
  it.each([
    ["convnet-gp", [...Array(7).fill(28), 1]],
    ["residual-cnn-gp", [28, ...Array(8).fill(28), 28, 1]],
    ["resnet-gp", [...Array(6).fill(28), ...Array(5).fill(14), ...Array(5).fill(7), 1, 1]],
  ])("%s has the map sizes of its definition", (name, sizes) => {
    const maps = example(name).layers.filter(({ spec }) => ["conv", "residual", "sum"].includes(spec.kind));
    expect(maps.map(({ output }) => output.shape[1])).toEqual(sizes);
  });

  it("convnet-gp multiplies sums over windows, and the mean over the last map, by 2.79", () => {
    const weights = example("convnet-gp").parameters.filter(({ name }) => name.endsWith(".weight"));
    const perChannel = weights.map(({ variance, shape }) => variance * shape[1]!);
    for (const value of perChannel.slice(0, -1)) expect(value).toBeCloseTo(2.79, 12);
    expect(perChannel.at(-1)! * 28 ** 2).toBeCloseTo(2.79, 12);
  });
});

it("shallow-erf is V erf(5 U x/|x|) with entries N(0, 0.01) and no biases", () => {
  const model = example("shallow-erf");
  expect(kinds(model)).toEqual(["flatten", "l2Normalize", "dense", "scale", "activation", "dense"]);
  expect(trainableParameters(model).map(({ variance }) => variance)).toEqual([0.01, 0.01]);
  const frozen = model.parameters.filter(({ trainable }) => !trainable);
  expect(frozen.map(({ name, variance, mean }) => [name, variance, mean])).toEqual([
    ["2.bias", 0, 0],
    ["5.bias", 0, 0],
  ]);
});

it("relu-fixed-head draws N(0, 2/m) with m the output width, and never trains its heads of ±1", () => {
  const model = example("relu-fixed-head");
  const trained = trainableParameters(model);
  expect(trained.map(({ shape }) => shape[0])).toEqual([160, 160, 160, 160]);
  for (const { variance, shape } of trained) expect(variance).toBeCloseTo(2 / shape[0]!, 14);
  const values = initialise(model, Key.fromSeed(0));
  const heads = model.parameters.filter(({ name }) => /branches\.\d\.1\.weight/.test(name));
  expect(heads).toHaveLength(10);
  for (const { name, trainable } of heads) {
    expect(trainable).toBe(false);
    expect(toNumbers(values[name]!)).toEqual([...Array(8).fill(1), ...Array(8).fill(-1)]);
  }
});

it("shared-delta-residual has one δ, which starts at 1/L, in all of its L blocks", () => {
  const model = example("shared-delta-residual");
  const blocks = kinds(model).filter((kind) => kind === "residual").length;
  const gains = model.parameters.filter(({ name }) => name.endsWith(".gain"));
  expect(gains.map(({ mean, trainable }) => [mean, trainable])).toEqual([[1 / blocks, true]]);
});

it("transformer-block is pre-LN: attention of 4 heads and a perceptron, each behind a normalisation", () => {
  const [attention, perceptron] = example("transformer-block").layers.slice(3, 5);
  const inside = (layer: typeof attention) => layer!.chains.branch!.map(({ spec }) => spec.kind);
  expect(inside(attention)).toEqual(["layerNorm", "selfAttention"]);
  expect(inside(perceptron)).toEqual(["layerNorm", "dense", "activation", "dense"]);
  expect(attention!.chains.branch![1]!.spec).toMatchObject({ causal: true, heads: 4 });
});

it("gcn2 is L relu(L X W1) W2 on a grid of patches, without biases, and a readout over its nodes", () => {
  const model = example("gcn2");
  expect(kinds(model).slice(3)).toEqual([
    "aggregate",
    "dense",
    "activation",
    "aggregate",
    "dense",
    "flatten",
    "dense",
  ]);
  const biases = model.parameters.filter(({ name }) => /^[47]\.bias$/.test(name));
  expect(biases.map(({ variance, trainable }) => [variance, trainable])).toEqual([
    [0, false],
    [0, false],
  ]);
  // Uniform weights reach √3 standard deviations and no further.
  const values = toNumbers(initialise(model, Key.fromSeed(0))["4.weight"]!);
  const bound = Math.sqrt(3 * (2 / 16));
  const largest = Math.max(...values.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.95 * bound);
});

it("mlp-mixer mixes 16 tokens and 32 channels in turn", () => {
  const widths = example("mlp-mixer").layers.flatMap(({ spec, chains }) =>
    spec.kind === "residual" ? [chains.branch!.map(({ output }) => output.shape.join("x"))] : [],
  );
  expect(widths).toHaveLength(8);
  expect(widths[0]).toEqual(["16x32", "32x16", "32x32", "32x32", "32x16", "16x32"]);
  expect(widths[1]).toEqual(["16x32", "16x64", "16x64", "16x32"]);
});
