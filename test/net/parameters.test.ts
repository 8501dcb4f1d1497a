/** @file Parameters may be frozen, shared and drawn from other laws. */
import { describe, expect, it } from "vitest";
import { evaluate, input, reduceSum, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  countParameters,
  covarianceProgram,
  initialise,
  meanFieldPlaces,
  netSchema,
  parameterInputs,
  parseNet,
  parseNetText,
  printNet,
  trainableParameters,
} from "../../src/net/index.ts";
import { Key, type NdArray, normal, toNumbers } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const key = Key.fromSeed(21);
const vector = (size: number) => ({ kind: "vector", shape: [size] });
const on = (size: number, ...layers: object[]) => ({ fathom: 1, input: vector(size), layers });
const modelOn = (size: number, ...layers: object[]) => buildModel(parseNet(on(size, ...layers)));
const dense = (width: number, parameters?: object, rest: object = {}) => ({
  kind: "dense",
  width,
  ...rest,
  ...(parameters === undefined ? {} : { parameters }),
});
const refused = (size: number, ...layers: object[]) => refusal(() => parseNet(on(size, ...layers)));

describe("a frozen parameter", () => {
  const model = modelOn(3, dense(4, { weight: { trainable: false } }), dense(2));

  it("is fed and initialised, but not among the trainable ones", () => {
    expect(model.parameters.map(({ name }) => name)).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
    expect(trainableParameters(model).map(({ name }) => name)).toEqual(["0.bias", "1.weight", "1.bias"]);
    expect(initialise(model, key)["0.weight"]!.shape).toEqual([4, 3]);
  });

  it("is not counted", () => {
    expect(countParameters(model)).toBe(4 + 8 + 2);
  });
});

describe("a shared parameter", () => {
  const share = (name: string) => ({ weight: { shareWith: name } });

  it("is one array under its owner's name, counted once", () => {
    const model = modelOn(3, dense(3), dense(3, share("0.weight")), dense(3, share("0.weight")));
    expect(model.parameters.map(({ name }) => name)).toEqual(["0.weight", "0.bias", "1.bias", "2.bias"]);
    expect(countParameters(model)).toBe(9 + 3 * 3);
    expect(model.layers[2]!.parameters.weight).toMatchObject({ name: "0.weight", trainable: true });
  });

  it("may belong to a later layer", () => {
    const model = modelOn(3, dense(3, share("1.weight")), dense(3));
    expect(model.parameters.map(({ name }) => name)).toEqual(["0.bias", "1.weight", "1.bias"]);
  });

  it("names itself to be the owner, so that repetitions share one array", () => {
    const delta = { kind: "gain", initial: 0.5, parameters: { gain: { shareWith: "1.branch.1.gain" } } };
    const block = { kind: "residual", branch: [dense(3), delta] };
    const model = modelOn(3, dense(3), { kind: "repeat", times: 4, layers: [block] });
    const gains = model.parameters.filter(({ name }) => name.endsWith("gain"));
    expect(gains.map(({ name }) => name)).toEqual(["1.branch.1.gain"]);
    expect(toNumbers(initialise(model, key)["1.branch.1.gain"]!)).toEqual([0.5]);
  });

  it("has the sum of the gradients of its uses", () => {
    const both = modelOn(3, dense(3), dense(3, share("0.weight")));
    const apart = modelOn(3, dense(3), dense(3));
    const values = initialise(both, key, { dtype: "float64" });
    const gradients = (model: typeof both, names: string[], feeds: Record<string, NdArray>) => {
      const params = parameterInputs(model, "float64");
      const x = input("x", [2, 3], "float64");
      const total = reduceSum(applyModel(model, params, x).output);
      const found = vjp(
        [total],
        names.map((name) => params[name]!),
      );
      return evaluate(
        found.map((gradient) => gradient!),
        { ...feeds, x: normal(key, "float64", [2, 3]) },
      ).map(toNumbers);
    };
    const [shared] = gradients(both, ["0.weight"], values);
    const [first, second] = gradients(apart, ["0.weight", "1.weight"], {
      ...values,
      "1.weight": values["0.weight"]!,
    });
    for (const [i, value] of shared!.entries()) expect(value).toBeCloseTo(first![i]! + second![i]!, 12);
  });

  it("has its owner's variance under both parameterisations, whatever the borrower says", () => {
    const layers = [dense(3, undefined, { sw2: 4 }), dense(3, share("0.weight"), { sw2: 9 })];
    const effective = ["standard", "ntk"].map((parameterisation) => {
      const model = buildModel(parseNet({ ...on(3, ...layers), parameterisation }));
      const values = toNumbers(initialise(model, key, { dtype: "float64" })["0.weight"]!);
      const { variance } = model.parameters[0]!;
      return model.layers.map(({ parameters }) => {
        const { scale } = parameters.weight!;
        expect(scale ** 2 * variance).toBeCloseTo(4 / 3, 14);
        return values.map((value) => value * scale);
      });
    });
    const [standard, ntk] = effective.map((layer) => layer[1]!);
    for (const [i, value] of standard!.entries()) expect(ntk![i]).toBeCloseTo(value, 13);
  });

  it("is refused where owner and borrower do not meet", () => {
    expect(refused(3, dense(3), dense(4, share("0.weight")))).toMatchObject({
      code: "bad-shape",
      where: "layers[1].parameters.weight.shareWith",
      message: "1.weight [4, 3] cannot share 0.weight, which is [3, 3].",
    });
    expect(refused(3, dense(3), dense(3, share("0.wieght")))).toMatchObject({
      code: "not-found",
      hint: 'Did you mean "0.weight"?',
    });
    expect(refused(3, dense(3), dense(3, share("0.weight")), dense(3, share("1.weight")))).toMatchObject({
      code: "not-found",
      message: "1.weight is itself shared.",
      hint: "Name the owner, 0.weight.",
    });
    const norm = { kind: "batchNorm", affine: true, parameters: { gain: { shareWith: "0.runningMean" } } };
    expect(refused(3, { kind: "batchNorm" }, norm).message).toContain("running statistic");
    const contrary = { weight: { shareWith: "0.weight", trainable: false } };
    expect(refused(3, dense(3), dense(3, contrary))).toMatchObject({
      code: "bad-input",
      where: "layers[1].parameters.weight.trainable",
    });
  });
});

describe("the law of a parameter", () => {
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
  };
  const drawn = (init: string, parameterisation = "standard") => {
    const layer = dense(200, { weight: { init } }, { sw2: 1.8 });
    const model = buildModel(parseNet({ ...on(100, layer), parameterisation }));
    const scale = model.parameters[0]!.scale;
    return toNumbers(initialise(model, key, { dtype: "float64" })["0.weight"]!).map((v) => v * scale);
  };

  it.each([
    // Fourth moments κ of the laws: a variance of n numbers has the relative standard error √((κ − 1)/n).
    ["gaussian", 3],
    ["uniform", 1.8],
    ["signs", 1],
    ["haar", 3],
  ])("%s has the variance that the layer states, under both parameterisations", (init, kurtosis) => {
    for (const parameterisation of ["standard", "ntk"]) {
      const { mean, variance } = moments(drawn(init, parameterisation));
      const n = 20_000;
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(0.018 / n));
      expect(Math.abs(variance / 0.018 - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / n) + 1e-12);
    }
  });

  it("uniform fills ±√(3·variance), and signs are + in the first half of the first axis, − in the second", () => {
    const bound = Math.sqrt(3 * 0.018);
    const uniform = drawn("uniform");
    expect(Math.max(...uniform)).toBeLessThanOrEqual(bound);
    expect(Math.max(...uniform)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...uniform)).toBeLessThan(-0.99 * bound);
    const signs = drawn("signs").map(Math.sign);
    expect(signs).toEqual([...new Array(10_000).fill(1), ...new Array(10_000).fill(-1)]);
  });

  it("signs of a single output run along its inputs: the fixed ±1 head", () => {
    const model = modelOn(6, dense(1, { weight: { trainable: false, init: "signs" } }, { sw2: 6 }));
    expect(toNumbers(initialise(model, key)["0.weight"]!)).toEqual([1, 1, 1, -1, -1, -1]);
  });

  it("zeros is zero, for constants too", () => {
    const layers = [
      dense(3, { weight: { init: "zeros" } }),
      { kind: "gain", parameters: { gain: { init: "zeros" } } },
    ];
    const values = initialise(modelOn(2, ...layers), key);
    expect(toNumbers(values["0.weight"]!)).toEqual(new Array(6).fill(0));
    expect(toNumbers(values["1.gain"]!)).toEqual([0]);
  });

  it("may be another than the network's", () => {
    const layers = [dense(4, { weight: { init: "gaussian" } }), dense(4)];
    const model = buildModel(parseNet({ ...on(4, ...layers), init: "haar" }));
    expect(model.parameters.map(({ init }) => init)).toEqual(["gaussian", "gaussian", "haar", "gaussian"]);
  });

  it("cannot be Haar for a vector", () => {
    expect(refused(3, dense(3, { bias: { init: "haar" } }))).toMatchObject({
      code: "bad-input",
      where: "layers[0].parameters.bias.init",
    });
  });
});

describe("constants", () => {
  const model = (parameterisation: string) =>
    buildModel(
      parseNet({
        ...on(3, { kind: "layerNorm", affine: true }, { kind: "gain", initial: 2, per: "channel" }),
        parameterisation,
      }),
    );

  it("start at gains of 1 and shifts of 0 under both parameterisations", () => {
    for (const parameterisation of ["standard", "ntk"]) {
      const { parameters } = model(parameterisation);
      expect(parameters.map(({ mean, variance, scale }) => [mean, variance, scale])).toEqual([
        [1, 0, 1],
        [0, 0, 1],
        [2, 0, 1],
      ]);
      const values = initialise(model(parameterisation), key);
      expect(Object.values(values).map(toNumbers)).toEqual([
        [1, 1, 1],
        [0, 0, 0],
        [2, 2, 2],
      ]);
    }
  });
});

describe("theory", () => {
  it("knows weights that start at zero, and refuses those that are another layer's", () => {
    const zero = modelOn(3, dense(3, { weight: { init: "zeros" } }, { sw2: 2, sb2: 0.5 }));
    expect(covarianceProgram(zero)).toEqual([
      {
        op: "affine",
        scale: 0,
        shift: 0.5,
        // Weights that start at zero are trained all the same.
        trained: { weight: { ntk: 2, standard: 3 }, bias: { ntk: 0.5, standard: 1 } },
        layer: { name: "layers[0] (dense)", where: "layers[0]" },
      },
    ]);
    const shared = modelOn(3, dense(3), dense(3, { weight: { shareWith: "0.weight" } }));
    expect(refusal(() => covarianceProgram(shared))).toMatchObject({
      code: "unsupported",
      where: "layers[1]",
      message: expect.stringMatching(/no covariance rule: its weight shares 0\.weight/),
    });
    expect(refusal(() => meanFieldPlaces(shared)).message).toMatch(/no mean-field rule: its weight shares/);
  });
});

describe("the option parameters", () => {
  it("is read back from its printed form", () => {
    const net = parseNet(
      on(3, dense(3), dense(3, { weight: { shareWith: "0.weight" }, bias: { init: "zeros" } })),
    );
    expect(parseNetText(printNet(net))).toEqual(net);
    expect(net.layers[1]).toMatchObject({ parameters: { weight: { shareWith: "0.weight" } } });
  });

  it("names what it does not know", () => {
    expect(refused(3, dense(3, { wieght: {} }))).toMatchObject({
      code: "bad-input",
      where: "layers[0].parameters.wieght",
      hint: 'Did you mean "weight"?',
    });
    expect(refused(3, dense(3, { weight: { trainabel: false } }))).toMatchObject({
      where: "layers[0].parameters.weight.trainabel",
      hint: 'Did you mean "trainable"?',
    });
    expect(refused(3, dense(3, { weight: { init: "sign" } }))).toMatchObject({
      where: "layers[0].parameters.weight.init",
      hint: 'Did you mean "signs"?',
    });
    expect(refused(3, { kind: "rmsNorm", parameters: { gain: {} } }).hint).toContain("no parameters");
    expect(refused(3, { kind: "flatten", parameters: {} })).toMatchObject({ where: "layers[0].parameters" });
  });

  it("stands in the JSON Schema of layers that have parameters", () => {
    const text = JSON.stringify(netSchema());
    expect(text).toContain("shareWith");
    expect(text).toContain("the parameter whose array this one is");
  });
});
