/** @file What layers do beyond one example in inference: modes, noise, running statistics, branches, and their refusals. */
import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  initialise,
  type Mode,
  type Model,
  netSchema,
  noiseInputs,
  parameterInputs,
  parseNet,
} from "../../src/net/index.ts";
import { filled, Key, type NdArray, ndarray, normal, toNumbers, uniform } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const key = Key.fromSeed(12);
const on = (kind: string, shape: number[], ...layers: object[]) => ({
  fathom: 1,
  input: { kind, shape },
  layers,
});
const modelOn = (kind: string, shape: number[], ...layers: object[]): Model =>
  buildModel(parseNet(on(kind, shape, ...layers)));
const refused = (kind: string, shape: number[], ...layers: object[]) =>
  refusal(() => parseNet(on(kind, shape, ...layers)));

function run(
  model: Model,
  x: NdArray,
  { mode = "inference" as Mode, noise = {} as Record<string, NdArray> } = {},
) {
  const params = parameterInputs(model, "float64");
  const batch = x.shape[0]!;
  const { output, updates } = applyModel(model, params, input("x", x.shape, "float64"), {
    mode,
    noise: noiseInputs(model, batch, "float64"),
  });
  const values = initialise(model, key, { dtype: "float64" });
  const [result, ...next] = evaluate([output, ...Object.values(updates)], { ...values, ...noise, x });
  return {
    output: toNumbers(result!),
    updates: Object.fromEntries(Object.keys(updates).map((name, i) => [name, toNumbers(next[i]!)])),
  };
}

describe("dropout", () => {
  const model = modelOn("vector", [1000], { kind: "dropout", rate: 0.3 });
  const ones = filled("float64", [20, 1000], 1);

  it("is the identity in inference and asks for no noise there", () => {
    expect(run(model, ones).output).toEqual(toNumbers(ones));
  });

  it("keeps the mean in training: units are 0 with probability rate, and 1/(1 − rate) otherwise", () => {
    const noise = { "0.uniform": uniform(key, "float64", [20, 1000]) };
    const { output } = run(model, ones, { mode: "training", noise });
    const dropped = output.filter((value) => value === 0).length / output.length;
    // Five standard errors of a frequency of 20,000.
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / 20_000));
    expect(output.every((value) => value === 0 || value === 1 / 0.7)).toBe(true);
  });

  it("names its noise by its path, and says when it is missing", () => {
    const nested = modelOn("vector", [4], {
      kind: "sum",
      branches: [
        [],
        [
          { kind: "dropout", rate: 0.5 },
          { kind: "dropout", rate: 0 },
        ],
      ],
    });
    expect(nested.noise).toEqual([{ name: "0.branches.1.0.uniform", shape: [4] }]);
    const x = input("x", [2, 4]);
    const error = refusal(() => applyModel(nested, {}, x, { mode: "training" }));
    expect(error).toMatchObject({ code: "bad-input", where: "0.branches.1.0.uniform" });
    expect(error.hint).toContain("noiseInputs");
    expect(applyModel(nested, {}, x, { mode: "training", noise: "off" }).output.shape).toEqual([2, 4]);
  });

  it("refuses a rate that leaves nothing", () => {
    expect(refused("vector", [3], { kind: "dropout", rate: 1 })).toMatchObject({
      where: "layers[0].rate",
      message: "rate is 1; it must be below 1.",
    });
  });
});

describe("batchNorm", () => {
  const x = normal(key.split("x"), "float64", [4, 2, 3], { mean: 3, std: 2 });
  const model = modelOn("signal", [2, 3], { kind: "batchNorm", epsilon: 0 });

  it("gives every channel mean 0 and variance 1 over batch and positions in training", () => {
    const { output } = run(model, x, { mode: "training" });
    for (const channel of [0, 1]) {
      const own = output.filter((_, i) => Math.floor(i / 3) % 2 === channel);
      expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
      expect(own.reduce((a, b) => a + b * b, 0) / own.length).toBeCloseTo(1, 12);
    }
  });

  it("is the identity in inference before training, and updates nothing", () => {
    const { output, updates } = run(model, x);
    expect(output).toEqual(toNumbers(x));
    expect(updates).toEqual({});
  });

  it("says that it mixes the examples of a batch, in branches too", () => {
    expect(model.mixesBatch).toBe(true);
    const dense = { kind: "dense", width: 3 };
    expect(
      modelOn("vector", [3], { kind: "residual", branch: [{ kind: "batchNorm" }, dense] }).mixesBatch,
    ).toBe(true);
    expect(modelOn("vector", [3], { kind: "layerNorm" }).mixesBatch).toBe(false);
  });

  it("refuses a batch with one number a channel in training, naming the layer", () => {
    const single = modelOn("vector", [3], { kind: "scale", factor: 2 }, { kind: "batchNorm" });
    const one = filled("float64", [1, 3], 1);
    const error = refusal(() => run(single, one, { mode: "training" }));
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[1]" });
    expect(error.message).toContain("layers[1] (batchNorm)");
    expect(run(single, one).output).toHaveLength(3);
  });
});

describe("l2Normalize", () => {
  const zero = ndarray("float64", [2, 3], [0, 0, 0, 3, 0, 4]);

  it("gives NaN for a zero vector, which has no direction, unless epsilon is above 0", () => {
    const strict = run(modelOn("vector", [3], { kind: "l2Normalize" }), zero).output;
    expect(strict.slice(0, 3)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(strict.slice(3)).toEqual([0.6, 0, 0.8]);
    const soft = run(modelOn("vector", [3], { kind: "l2Normalize", epsilon: 11 }), zero).output;
    expect(soft).toEqual([0, 0, 0, 0.5, 0, 4 / 6]);
  });
});

describe("branches", () => {
  const dense = (width: number) => ({ kind: "dense", width });
  const flatten = { kind: "flatten" };

  it("have paths of their own, and an empty one is the identity", () => {
    const model = modelOn("vector", [3], { kind: "sum", branches: [[], [flatten, dense(3)]] });
    expect(model.parameters.map(({ name }) => name)).toEqual([
      "0.branches.1.1.weight",
      "0.branches.1.1.bias",
    ]);
    const inner = model.layers[0]!.chains["branches.1"]![1]!;
    expect(inner).toMatchObject({ path: "0.branches.1.1", where: "layers[0].branches[1][1]" });
    expect(model.layers[0]!.chains["branches.0"]).toEqual([]);
  });

  it("taps sums as it taps residual blocks, but neither products nor concatenations", () => {
    const both = [[], []];
    const model = modelOn(
      "vector",
      [3],
      { kind: "sum", branches: both },
      { kind: "product", branches: both },
      { kind: "concat", branches: both },
      dense(2),
    );
    expect(model.taps.map(({ name }) => name)).toEqual(["layers[0] (sum)", "layers[3] (dense)"]);
  });

  it("concatenates channels: the first axis of images, the last of tokens", () => {
    const doubled = { kind: "concat", branches: [[], [{ kind: "scale", factor: 10 }]] };
    const image = run(modelOn("image", [1, 1, 2], doubled), ndarray("float64", [1, 1, 1, 2], [1, 2]));
    expect(image.output).toEqual([1, 2, 10, 20]);
    const tokens = run(modelOn("tokens", [2, 1], doubled), ndarray("float64", [1, 2, 1], [1, 2]));
    expect(tokens.output).toEqual([1, 10, 2, 20]);
  });

  it("of a sum or product that end in two shapes are refused with both ends named", () => {
    for (const kind of ["sum", "product"]) {
      const error = refused("vector", [3], { kind, branches: [[dense(3)], [dense(4), dense(5)]] });
      expect(error).toMatchObject({ code: "bad-shape", where: "layers[0].branches[1][1]" });
      expect(error.message).toBe(
        `The branches of layers[0] (${kind}) do not meet: layers[0].branches[0][0] (dense) gives vector [3], layers[0].branches[1][1] (dense) gives vector [5].`,
      );
    }
    const empty = refused("vector", [3], { kind: "sum", branches: [[dense(4)], []] });
    expect(empty.message).toContain("layers[0].branches[1] (empty, the identity) gives vector [3]");
  });

  it("of a concatenation may differ in channels only", () => {
    const error = refused("image", [2, 3, 4], {
      kind: "concat",
      branches: [[], [{ kind: "slice", axis: "H", end: 2 }]],
    });
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[0].branches[1][0]" });
  });

  it("are two or more lists of layers", () => {
    expect(refused("vector", [3], { kind: "sum", branches: [[]] })).toMatchObject({
      where: "layers[0].branches",
    });
    expect(refused("vector", [3], { kind: "sum", branches: [[], dense(3)] })).toMatchObject({
      where: "layers[0].branches[1]",
    });
    expect(refused("vector", [3], { kind: "sum", branches: [[], [{ kind: "dnse" }]] })).toMatchObject({
      where: "layers[0].branches[1][0]",
      hint: 'Did you mean "dense"?',
    });
    expect(refused("vector", [3], { kind: "sum" }).hint).toContain("empty one is the identity");
  });

  it("count among the layers, and are bounded in number and depth", () => {
    const many = { kind: "sum", branches: Array.from({ length: 100_001 }, () => []) };
    expect(refused("vector", [3], many)).toMatchObject({ code: "too-large", where: "layers[0].branches" });
    let deep: object = dense(3);
    for (let i = 0; i < 9; i++) deep = { kind: "sum", branches: [[], [deep]] };
    expect(refused("vector", [3], deep).code).toBe("too-large");
  });

  it("hold repetitions, whose layers are named as they are written", () => {
    const repeated = { kind: "repeat", times: 2, layers: [dense(3)] };
    const model = modelOn("vector", [3], { kind: "sum", branches: [[repeated], []] });
    expect(model.parameters.map(({ name }) => name)).toContain("0.branches.0.1.weight");
    const wide = { kind: "repeat", times: 2, layers: [dense(4)] };
    const error = refused("vector", [3], { kind: "sum", branches: [[], [wide]] });
    expect(error.where).toBe("layers[0].branches[1][0].layers[0]");
  });
});

describe("slice", () => {
  const x = ndarray("float64", [1, 2, 3], [1, 2, 3, 4, 5, 6]);
  const cut = (options: object) => run(modelOn("signal", [2, 3], { kind: "slice", ...options }), x).output;

  it("takes axes by name or number, and counts from the end", () => {
    expect(cut({ axis: "T", start: 1 })).toEqual([2, 3, 5, 6]);
    expect(cut({ axis: -1, start: -2, end: -1 })).toEqual([2, 5]);
    expect(cut({ axis: "C", end: 1 })).toEqual([1, 2, 3]);
    expect(cut({ axis: 0, start: 1, end: 2 })).toEqual([4, 5, 6]);
  });

  it("refuses axes and ranges that are not there, naming the layer before", () => {
    const dense = { kind: "dense", width: 4 };
    const noAxis = refused("vector", [3], dense, { kind: "slice", axis: "H" });
    expect(noAxis).toMatchObject({ code: "bad-shape", where: "layers[1].axis", hint: "Its axes are C." });
    expect(noAxis.message).toContain("layers[0] (dense)");
    for (const range of [
      { start: 4 },
      { start: 2, end: 2 },
      { end: 5 },
      { start: -5 },
      { start: 3, end: 1 },
    ]) {
      expect(refused("vector", [3], dense, { kind: "slice", axis: "C", ...range })).toMatchObject({
        code: "bad-shape",
        where: "layers[1]",
      });
    }
    expect(refused("vector", [3], { kind: "slice", axis: "Q" })).toMatchObject({ where: "layers[0].axis" });
  });
});

describe("normalisations over units", () => {
  it("ask for flatten on images", () => {
    for (const kind of ["rmsNorm", "l2Normalize"]) {
      expect(refused("image", [1, 2, 2], { kind })).toMatchObject({
        code: "bad-shape",
        where: "layers[0]",
        hint: 'Put {"kind": "flatten"} before it.',
      });
    }
  });
});

describe("token ids", () => {
  it("are refused by layers that act on numbers, with what to put before them", () => {
    const error = refused("ids", [4], { kind: "dropout", rate: 0.1 });
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[0]" });
    expect(error.hint).toContain("embedding");
  });
});

describe("the JSON Schema", () => {
  it("describes every layer with its options", () => {
    const text = JSON.stringify(netSchema());
    for (const kind of [
      "gain",
      "batchNorm",
      "rmsNorm",
      "l2Normalize",
      "sum",
      "product",
      "concat",
      "dropout",
      "slice",
    ]) {
      expect(text).toContain(`"const":"${kind}"`);
    }
    expect(text).toContain("probability that a unit is dropped");
  });
});
