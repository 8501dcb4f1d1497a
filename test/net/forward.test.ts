/** @file The forward pass against loops over plain numbers, under both parameterisations. */
import { describe, expect, it } from "vitest";
import { constant, evaluate, input, type Tensor } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  countParameters,
  initialise,
  type Model,
  parameterInputs,
  parseNet,
  parseNetText,
} from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";
import { runPlain } from "./plain-network.ts";

const key = Key.fromSeed(3);

function run(model: Model, params: Record<string, NdArray>, x: NdArray) {
  const inputs = parameterInputs(model, "float64");
  const { output, taps } = applyModel(model, inputs, input("x", x.shape, "float64"));
  const [result, ...tapped] = evaluate([output, ...taps.map(({ tensor }) => tensor)], { ...params, x });
  return { output: result!, taps: tapped, names: taps.map(({ name, index }) => ({ name, index })) };
}

const everything = parseNet({
  fathom: 1,
  input: { kind: "image", shape: [1, 3, 4] },
  layers: [
    { kind: "scale", factor: 0.5 },
    { kind: "flatten" },
    { kind: "dense", width: 6, sw2: 1.5, sb2: 0.2 },
    {
      kind: "residual",
      mu: 0.7,
      branch: [
        { kind: "layerNorm", epsilon: 0.1 },
        { kind: "activation", activation: "gelu" },
        { kind: "dense", width: 9, sw2: 2, sb2: 0.1 },
        {
          kind: "residual",
          branch: [
            { kind: "activation", activation: "mish" },
            { kind: "dense", width: 9 },
          ],
        },
        { kind: "activation", activation: "leakyRelu(0.2)" },
        { kind: "dense", width: 6, sb2: 0.3 },
      ],
    },
    ...["erf", "tanh", "sin", "silu", "hardtanh", "relu", "linear"].flatMap((activation) => [
      { kind: "activation", activation },
      { kind: "dense", width: 6, sw2: 2, sb2: 0.1 },
    ]),
  ],
});

describe("applyModel", () => {
  const model = buildModel(everything);
  const params = initialise(model, key, { dtype: "float64" });
  const x = normal(key.split("x"), "float64", [5, 1, 3, 4]);
  const { output, taps, names } = run(model, params, x);

  it("computes what loops over plain numbers compute, at every tap", () => {
    const plain = Object.fromEntries(Object.entries(params).map(([name, array]) => [name, toNumbers(array)]));
    const tapped = model.layers.flatMap(({ spec }, i) =>
      ["dense", "residual"].includes(spec.kind) ? [i] : [],
    );
    for (let n = 0; n < 5; n++) {
      const reference = runPlain(model.layers, toNumbers(x).slice(n * 12, (n + 1) * 12), plain);
      for (const [t, i] of tapped.entries()) {
        const values = toNumbers(taps[t]!).slice(n * 6, (n + 1) * 6);
        // Ten layers of width ≤ 12 in float64, with sums in another order.
        for (const [u, value] of values.entries()) expect(value).toBeCloseTo(reference[i]![u]!, 11);
      }
    }
  });

  it("taps dense layers and residual blocks of the top level, the readout last", () => {
    expect(names).toEqual(model.taps.map(({ name, index }) => ({ name, index })));
    expect(names.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(names[0]!.name).toBe("layers[2] (dense)");
    expect(names[1]!.name).toBe("layers[3] (residual)");
    expect(taps[8]).toBe(output);
  });

  it("names parameters by the path of their layer", () => {
    expect(model.parameters.slice(0, 8).map(({ name, shape }) => `${name} ${shape.join("x")}`)).toEqual([
      "2.weight 6x12",
      "2.bias 6",
      "3.branch.2.weight 9x6",
      "3.branch.2.bias 9",
      "3.branch.3.branch.1.weight 9x9",
      "3.branch.3.branch.1.bias 9",
      "3.branch.5.weight 6x9",
      "3.branch.5.bias 6",
    ]);
    expect(countParameters(model)).toBe(Object.values(params).reduce((n, { shape }) => n + sizeOf(shape), 0));
  });

  it("refuses a batch or a parameter of another shape, and a missing parameter", () => {
    const inputs = parameterInputs(model);
    const batch = input("x", [5, 1, 3, 4]);
    expect(refusal(() => applyModel(model, inputs, input("x", [5, 12]))).message).toContain("[N, 1, 3, 4]");
    const wrong: Record<string, Tensor> = { ...inputs, "2.bias": input("b", [7]) };
    expect(refusal(() => applyModel(model, wrong, batch))).toMatchObject({
      code: "bad-shape",
      where: "2.bias",
    });
    expect(refusal(() => applyModel(model, {}, batch))).toMatchObject({
      code: "bad-input",
      where: "2.weight",
    });
  });

  it("acts on tokens position by position", () => {
    const tokens = { kind: "tokens", shape: [2, 3] };
    const layers = [{ kind: "dense", width: 4 }, { kind: "layerNorm" }];
    const onTokens = buildModel(parseNet({ fathom: 1, input: tokens, layers }));
    const onVectors = buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [3] }, layers }));
    const values = initialise(onTokens, key, { dtype: "float64" });
    const sequence = normal(key, "float64", [5, 2, 3]);
    const joined = run(onTokens, values, sequence).output;
    const apart = run(onVectors, values, { ...sequence, shape: [10, 3] }).output;
    expect(joined.shape).toEqual([5, 2, 4]);
    expect(toNumbers(joined)).toEqual(toNumbers(apart));
  });
});

describe("the ntk parameterisation", () => {
  it("is the same function as the standard one when parameters correspond", () => {
    const ntk = buildModel({ ...everything, parameterisation: "ntk" });
    const standard = buildModel(everything);
    const unit = initialise(ntk, key, { dtype: "float64" });
    const deviation = new Map(standard.parameters.map(({ name, variance }) => [name, Math.sqrt(variance)]));
    const scaled = Object.fromEntries(
      Object.entries(unit).map(([name, array]) => [
        name,
        ndarray(
          "float64",
          array.shape,
          toNumbers(array).map((value) => value * deviation.get(name)!),
        ),
      ]),
    );
    const x = normal(key.split("x"), "float64", [3, 1, 3, 4]);
    const a = toNumbers(run(ntk, unit, x).output);
    const b = toNumbers(run(standard, scaled, x).output);
    for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 11);
    expect(ntk.parameters.every(({ variance }) => variance === 1)).toBe(true);
  });
});

describe("a network of 10,000 layers", () => {
  it("is parsed, built and applied without a deep stack", () => {
    const model = buildModel(parseNetText("mlp:depth=10000,width=4,out=2,in=4,norm=ln-pre,mu=1"));
    const params = Object.fromEntries(
      Object.keys(parameterInputs(model)).map((name) => [name, undefined as unknown as Tensor]),
    );
    for (const { name, shape } of model.parameters)
      params[name] = constant(ndarray("float32", shape, new Float32Array(sizeOf(shape)).fill(0.1)));
    const { taps } = applyModel(model, params, input("x", [2, 4]));
    expect(taps).toHaveLength(10_001);
  });
});
