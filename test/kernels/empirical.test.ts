/** @file Empirical kernels against closed forms and finite differences, and what they refuse. */
import { describe, expect, it } from "vitest";
import { constant, evaluate } from "../../src/expr/index.ts";
import {
  empiricalNngp,
  empiricalNtk,
  linearize,
  ntkOperator,
  ntkVectorProduct,
  taylorExpand,
} from "../../src/kernels/empirical/index.ts";
import {
  applyModel,
  buildModel,
  importOnnx,
  initialise,
  parameterInputs,
  parseNet,
} from "../../src/net/index.ts";
import { foreignModel } from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray, normal, zeros } from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";
import { distance, type FiniteCase, finiteCase, inPrecision } from "./empirical-networks.ts";

const number = (array: NdArray, i: number) => Number(array.data[i]);

/** The outputs of a network `[N, C]` by the interpreter. */
function outputsOf(
  { model, parameters }: Pick<FiniteCase, "model" | "parameters">,
  x: NdArray,
): Float64Array {
  const { output } = applyModel(model, parameterInputs(model, "float64"), constant(x));
  return evaluate([output], parameters)[0]!.data as Float64Array;
}

/** All Jacobians `[N·C][P]` by central differences. */
function jacobiansOf(given: FiniteCase, x: NdArray): number[][] {
  const step = 1e-5;
  const columns: Float64Array[] = [];
  for (const { name, trainable } of given.model.parameters) {
    if (!trainable) continue;
    const array = given.parameters[name]!;
    for (let i = 0; i < array.data.length; i++) {
      const moved = [1, -1].map((sign) => {
        const data = Float64Array.from(array.data as Float64Array);
        data[i]! += sign * step;
        const parameters = { ...given.parameters, [name]: { ...array, data } as NdArray };
        return outputsOf({ ...given, parameters }, x);
      });
      columns.push(moved[0]!.map((value, n) => (value - moved[1]![n]!) / (2 * step)));
    }
  }
  return Array.from({ length: columns[0]!.length }, (_, row) => columns.map((column) => column[row]!));
}

describe("the empirical tangent kernel", () => {
  it("of a linear network is |V|²/C x·x' + Wx·Wx', in either parameterisation with its factors", async () => {
    for (const parameterisation of ["standard", "ntk"] as const) {
      const [hidden, outputs, inputs] = [4, 3, 2];
      const layers = [
        { kind: "dense", width: hidden, sw2: 1.5 },
        { kind: "dense", width: outputs, sw2: 0.7 },
      ];
      const input = { kind: "vector", shape: [inputs] };
      const model = buildModel(parseNet({ fathom: 1, input, layers, parameterisation }));
      const parameters = initialise(model, Key.fromSeed(3), { dtype: "float64" });
      const x1 = ndarray("float64", [2, 2], [1, 0, 0.6, -0.8]);
      const { kernel } = await empiricalNtk({ model, parameters, x1 });
      const factor = (variance: number) => (parameterisation === "ntk" ? variance : 1);
      const [first, second] = [factor(1.5 / inputs), factor(0.7 / hidden)];
      const bias = factor(0);
      const [w, v] = [parameters["0.weight"]!, parameters["1.weight"]!];
      const square = (v.data as Float64Array).reduce((sum, value) => sum + value ** 2, 0);
      const image = (n: number) =>
        Array.from({ length: hidden }, (_, i) =>
          [0, 1].reduce((s, j) => s + number(w, 2 * i + j) * number(x1, 2 * n + j), 0),
        );
      for (const [a, b] of [
        [0, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const dot = [0, 1].reduce((sum, j) => sum + number(x1, 2 * a + j) * number(x1, 2 * b + j), 0);
        const images = image(a).reduce((sum, value, i) => sum + value * image(b)[i]!, 0);
        const expected =
          ((square * second) / outputs) * (first * dot + bias) + first * second * images + bias;
        expect(Math.abs(kernel.data[2 * a + b]! - expected)).toBeLessThan(1e-12 * Math.max(1, expected));
      }
    }
  });

  it.each(["mlp", "shared and frozen", "attention"] as const)(
    "is J Jᵀ by finite differences of the weights: %s",
    async (name) => {
      const given = finiteCase(name);
      const { kernel } = await empiricalNtk({ ...given, traceAxes: [] });
      const [rows, columns] = [jacobiansOf(given, given.x1), jacobiansOf(given, given.x2)];
      const expected = rows.flatMap((row) =>
        columns.map((column) => row.reduce((sum, value, p) => sum + value * column[p]!, 0)),
      );
      // Central differences with step 1e-5 are good to about 1e-9.
      expect(distance(kernel, ndarray("float64", kernel.shape, expected))).toBeLessThan(1e-7);
    },
  );

  it("of an imported model is that of the network it was exported from", async () => {
    const given = finiteCase("CNN, pooled", "float32");
    const { x2: _, model, parameters, x1 } = given;
    const imported = importOnnx(exportOnnx(model, parameters, { batch: 1 }));
    const { kernel, method } = await empiricalNtk({ model: foreignModel(imported), x1 });
    const { kernel: own } = await empiricalNtk({ model, parameters, x1 });
    expect(method).toBe("mixed");
    expect(distance(kernel, own)).toBeLessThan(1e-6);
  });

  it("of an imported model whose batch is not 1 is refused with the mend", async () => {
    const { model, parameters, x1 } = finiteCase("mlp", "float32");
    const imported = importOnnx(exportOnnx(model, parameters, { batch: 4 }));
    await expect(empiricalNtk({ model: foreignModel(imported), x1 })).rejects.toMatchObject({
      code: "bad-shape",
      hint: expect.stringContaining("batch: 1"),
    });
  });

  it("of no items is empty, and of a frozen network zero", async () => {
    const { model, parameters, x1 } = finiteCase("mlp");
    const none = zeros("float64", [0, 5]);
    expect((await empiricalNtk({ model, parameters, x1: none })).kernel.shape).toEqual([0, 0]);
    expect((await empiricalNtk({ model, parameters, x1, x2: none })).kernel.shape).toEqual([5, 0]);
    const frozen = { weight: { trainable: false }, bias: { trainable: false } };
    const still = buildModel(
      parseNet({
        fathom: 1,
        input: { kind: "vector", shape: [5] },
        layers: [{ kind: "dense", width: 2, parameters: frozen }],
      }),
    );
    const weights = initialise(still, Key.fromSeed(0), { dtype: "float64" });
    const { kernel } = await empiricalNtk({ model: still, parameters: weights, x1 });
    expect(kernel.data.every((value) => value === 0)).toBe(true);
  });

  it("refuses weights, items and axes that do not fit, naming them", async () => {
    const { model, parameters, x1 } = finiteCase("mlp");
    const nan = {
      ...x1,
      data: Float64Array.from(x1.data as Float64Array, (v, i) => (i === 7 ? Number.NaN : v)),
    };
    const { "0.bias": _, ...missing } = parameters;
    const wrong = { ...parameters, "0.bias": zeros("float64", [2]) };
    const bad = {
      ...parameters,
      "0.bias": ndarray("float64", [7], [0, 0, Number.POSITIVE_INFINITY, 0, 0, 0, 0]),
    };
    const cases = [
      [{ x1: zeros("float64", [2, 4]) }, "x1"],
      [{ x1: nan as NdArray }, "x1[1]"],
      [{ parameters: missing }, "0.bias"],
      [{ parameters: wrong }, "0.bias"],
      [{ parameters: bad }, "0.bias"],
      [{ traceAxes: [1] }, "traceAxes"],
      [{ traceAxes: [0], diagonalAxes: [-1] }, "traceAxes"],
      [{ memory: 0 }, "memory"],
    ] as const;
    for (const [change, where] of cases) {
      await expect(empiricalNtk({ model, parameters, x1, ...change })).rejects.toMatchObject({ where });
    }
  });
});

describe("the empirical NNGP kernel", () => {
  it("is the mean product of outputs, over blocks too", async () => {
    const given = finiteCase("mlp");
    const [f, g] = [outputsOf(given, given.x1), outputsOf(given, given.x2)];
    const expected = Array.from({ length: 15 }, (_, n) => {
      const [i, j] = [Math.floor(n / 3), n % 3];
      return [0, 1, 2].reduce((sum, c) => sum + f[3 * i + c]! * g[3 * j + c]!, 0) / 3;
    });
    for (const memory of [1e9, 5000]) {
      const kernel = await empiricalNngp({ ...given, memory });
      expect(distance(kernel, ndarray("float64", [5, 3], expected))).toBeLessThan(1e-13);
    }
  });
});

describe("products with the tangent kernel", () => {
  it("are those of the full kernel that is not built", async () => {
    const given = finiteCase("CNN, pooled");
    const { kernel } = await empiricalNtk({ ...given, traceAxes: [] });
    const vector = normal(Key.fromSeed(9), "float64", [3, 3]);
    const expected = Array.from({ length: 15 }, (_, i) =>
      Array.from(vector.data).reduce((sum, v, j) => sum + kernel.data[9 * i + j]! * v, 0),
    );
    for (const memory of [1e9, 60_000]) {
      const product = await ntkVectorProduct({ ...given, vector, memory });
      expect(distance(product, ndarray("float64", [5, 3], expected))).toBeLessThan(1e-12);
    }
  });

  it("refuse a vector of another length", async () => {
    const { x2: _, ...one } = finiteCase("mlp");
    await using theta = await ntkOperator(one);
    await expect(theta.apply(zeros("float64", [4, 3]))).rejects.toMatchObject({ where: "vector" });
  });
});

describe("Taylor expansions in the weights", () => {
  /** Weights θ0 + s·v, v the same for every s. */
  const along = (given: FiniteCase, s: number) =>
    Object.fromEntries(
      Object.entries(given.parameters).map(([name, array]) => {
        const v = normal(Key.fromSeed(2).split(name), "float64", array.shape);
        return [name, { ...v, data: v.data.map((value, i) => number(array, i) + s * value) }];
      }),
    );

  it("of degree 1 is tangent: halving the change quarters the error", async () => {
    const given = finiteCase("layer norm");
    await using linear = await linearize(given);
    const error = async (s: number) => {
      const parameters = along(given, s);
      const exact = outputsOf({ ...given, parameters }, given.x1);
      const { data } = await linear.predict(parameters, given.x1);
      return Math.max(...exact.map((value, i) => Math.abs(value - data[i]!)));
    };
    const ratio = (await error(2e-3)) / (await error(1e-3));
    expect(ratio).toBeGreaterThan(3.9);
    expect(ratio).toBeLessThan(4.1);
  });

  it("of degree 2 adds half the second difference", async () => {
    const given = finiteCase("residual");
    const step = 1e-4;
    const [before, here, after] = [-step, 0, step].map((s) =>
      outputsOf({ ...given, parameters: along(given, s) }, given.x1),
    ) as [Float64Array, Float64Array, Float64Array];
    await using first = await taylorExpand({ ...given, degree: 1 });
    await using second = await taylorExpand({ ...given, degree: 2 });
    const parameters = along(given, 1);
    const [one, two] = [
      await first.predict(parameters, given.x1),
      await second.predict(parameters, given.x1),
    ];
    const differences = here.map((value, i) => (before[i]! - 2 * value + after[i]!) / step ** 2 / 2);
    const added = two.data.map((value, i) => value - one.data[i]!);
    const shaped = (data: Float64Array) => ndarray("float64", [data.length], data);
    // Second differences with step 1e-4 lose 8 of 16 digits.
    expect(distance(shaped(added), shaped(differences))).toBeLessThan(1e-5);
  });

  it("of degree 0 is the network where it stands, and of higher ones it is there too", async () => {
    const given = finiteCase("mlp");
    const exact = ndarray("float64", [5, 3], outputsOf(given, given.x1));
    for (const degree of [0, 3]) {
      await using expanded = await taylorExpand({ ...given, degree });
      expect(distance(await expanded.predict(given.parameters, given.x1), exact)).toBeLessThan(1e-13);
    }
    await expect(taylorExpand({ ...given, degree: 1.5 })).rejects.toMatchObject({ where: "degree" });
  });
});

describe("precision", () => {
  it("is that of the weights unless said", async () => {
    const { model, parameters, x1 } = finiteCase("mlp");
    const single = Object.fromEntries(
      Object.entries(parameters).map(([name, array]) => [name, inPrecision(array, "float32")]),
    );
    const { kernel } = await empiricalNtk({ model, parameters, x1 });
    const { kernel: rounded } = await empiricalNtk({ model, parameters: single, x1 });
    const { kernel: computed } = await empiricalNtk({ model, parameters: single, x1, dtype: "float64" });
    expect(distance(rounded, kernel)).toBeGreaterThan(1e-9);
    expect(distance(computed, kernel)).toBeLessThan(1e-6);
  });
});
