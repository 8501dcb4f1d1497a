/** @file Layers on positions against loops over plain numbers, and the variance that their parameters give. */
import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  covarianceProgram,
  initialise,
  type Model,
  meanFieldPlaces,
  parameterInputs,
  parseNet,
} from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import { inputState, meanEstimate } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";

function modelOf(kind: string, shape: number[], ...layers: object[]): Model {
  return buildModel(parseNet({ fathom: 1, input: { kind, shape }, layers }));
}

function run(model: Model, params: Record<string, NdArray>, x: NdArray): NdArray {
  const batch = input("x", x.shape, x.dtype);
  const { output } = applyModel(model, parameterInputs(model, "float64"), batch);
  return evaluate([output], { ...params, x })[0]!;
}

describe("convLocal", () => {
  const model = modelOf("image", [2, 3, 4], {
    kind: "convLocal",
    channels: 2,
    kernel: 3,
    stride: [1, 2],
    sb2: 1,
  });
  const params = initialise(model, Key.fromSeed(1), { dtype: "float64" });
  const x = normal(Key.fromSeed(2), "float64", [1, 2, 3, 4]);

  it("is a dense layer of its own at every position", () => {
    expect(model.outputShape).toEqual([2, 3, 2]);
    const values = toNumbers(run(model, params, x));
    const [w, b, seen] = [params["0.weight"]!, params["0.bias"]!, x].map(toNumbers) as [
      number[],
      number[],
      number[],
    ];
    for (let p = 0; p < 6; p++) {
      // 3 taps on 3 rows: one zero on both sides; stride 2 on 4 columns: one zero on the right.
      const [row, column] = [Math.floor(p / 2) - 1, 2 * (p % 2)];
      for (let o = 0; o < 2; o++) {
        let z = b[p * 2 + o]!;
        for (let c = 0; c < 2; c++) {
          for (let i = 0; i < 3; i++) {
            for (let j = 0; j < 3; j++) {
              const inside = row + i >= 0 && row + i < 3 && column + j < 4;
              const weight = w[(((p * 2 + o) * 2 + c) * 3 + i) * 3 + j]!;
              if (inside) z += weight * seen[(c * 3 + row + i) * 4 + column + j]!;
            }
          }
        }
        expect(values[o * 6 + p]).toBeCloseTo(z, 12);
      }
    }
  });
});

describe("aggregate", () => {
  it("sums over the 4 neighbours of a pixel and itself, by 1/√(d̂_i d̂_j)", () => {
    const [height, width, features] = [3, 4, 2];
    const model = modelOf("tokens", [12, features], { kind: "aggregate", graph: { grid: [height, width] } });
    const x = normal(Key.fromSeed(3), "float64", [1, 12, features]);
    const [values, seen] = [run(model, {}, x), x].map(toNumbers) as [number[], number[]];
    const near = (node: number) => {
      const [i, j] = [Math.floor(node / width), node % width];
      const steps = [
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const;
      return steps
        .map(([di, dj]) => [i + di, j + dj] as const)
        .filter(([a, b]) => a >= 0 && a < height && b >= 0 && b < width)
        .map(([a, b]) => a * width + b);
    };
    for (let node = 0; node < 12; node++) {
      for (let f = 0; f < features; f++) {
        const terms = near(node).map(
          (other) => seen[other * features + f]! / Math.sqrt(near(node).length * near(other).length),
        );
        const sum = terms.reduce((a, b) => a + b);
        expect(values[node * features + f]).toBeCloseTo(sum, 12);
      }
    }
  });

  it("leaves an isolated node as it is", () => {
    const model = modelOf("graph", [3, 1], { kind: "aggregate", graph: { nodes: 3, edges: [[0, 1]] } });
    const x = ndarray("float64", [1, 3, 1], [1, 3, 5]);
    for (const [i, value] of [2, 2, 5].entries())
      expect(toNumbers(run(model, {}, x))[i]).toBeCloseTo(value, 14);
  });
});

describe("selfAttention", () => {
  /** How much every token of the output moves when one of the input does. */
  function moves(layer: object, token: number): boolean[] {
    const model = modelOf("tokens", [5, 4], { kind: "selfAttention", heads: 2, ...layer });
    const params = initialise(model, Key.fromSeed(1), { dtype: "float64" });
    const x = normal(Key.fromSeed(2), "float64", [1, 5, 4]);
    const other = ndarray(
      "float64",
      x.shape,
      toNumbers(x).map((value, i) => value + (Math.floor(i / 4) === token ? 1 : 0)),
    );
    const [before, after] = [run(model, params, x), run(model, params, other)].map(toNumbers) as [
      number[],
      number[],
    ];
    return [0, 1, 2, 3, 4].map((t) => before.slice(4 * t, 4 * t + 4).some((v, i) => v !== after[4 * t + i]));
  }

  it("lets every token see every other one, and a causal one only those before it and itself", () => {
    expect(moves({}, 2)).toEqual([true, true, true, true, true]);
    expect(moves({ causal: true }, 2)).toEqual([false, false, true, true, true]);
    expect(moves({ causal: true, scaling: "linear" }, 3)).toEqual([false, false, false, true, true]);
  });
});

/** Mean square of the outputs over seeds of parameters, for inputs N(0, 1). */
function secondMoments(model: Model, seeds: number): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const key = Key.fromSeed(seed);
    const params = initialise(model, key, { dtype: "float64" });
    const ids = ndarray(
      "int32",
      [4, ...model.inputShape],
      [...Array(4 * sizeOf(model.inputShape)).keys()].map((i) => i % 5),
    );
    const x =
      model.net.input!.kind === "ids" ? ids : normal(key.split("x"), "float64", [4, ...model.inputShape]);
    const values = toNumbers(run(model, params, x));
    return values.reduce((sum, value) => sum + value * value, 0) / values.length;
  });
}

describe("initialisation", () => {
  const law = { channels: 16, sw2: 1.7, sb2: 0.3 };
  const circular = { ...law, padding: "circular" };
  const image = ["image", [8, 6, 6]] as const;
  it.each([
    ["circular conv", ...image, { kind: "conv", kernel: 3, ...circular }, 2],
    [
      "valid conv with strides",
      ...image,
      { kind: "conv", kernel: [3, 2], stride: 2, ...law, padding: "valid" },
      2,
    ],
    ["conv with groups", ...image, { kind: "conv", kernel: 3, groups: 4, ...circular }, 2],
    // Both axes: 2 of 3 taps see an input at 2 of 6 positions, so (16/18)² of the terms are there.
    ["zero-padded conv", ...image, { kind: "conv", kernel: 3, ...law }, 1.7 * (16 / 18) ** 2 + 0.3],
    ["convLocal on a ring", ...image, { kind: "convLocal", kernel: 3, ...circular }, 2],
    // Along an axis 6 inputs by 4 taps reach 12 outputs 22 times, two fall outside: 22/12 terms an output, of 4.
    [
      "convTranspose",
      ...image,
      { kind: "convTranspose", kernel: 4, stride: 2, ...law },
      1.7 * (22 / 12 / 4) ** 2 + 0.3,
    ],
    [
      "attention of one token to itself",
      "tokens",
      [1, 16],
      { kind: "selfAttention", heads: 2, sw2: 1.7, sb2: 0.3 },
      1.7 * 2 + 0.3,
    ],
    ["learned positions", "tokens", [6, 16], { kind: "positional", sw2: 0.5 }, 1.5],
    ["embedding", "ids", [8], { kind: "embedding", vocabulary: 5, width: 16, sw2: 0.4 }, 0.4],
  ] as [string, string, number[], object, number][])(
    "%s has second moment sw2·K + sb2",
    (_, kind, shape, layer, expected) => {
      const { value, se } = meanEstimate(secondMoments(modelOf(kind, shape, layer), 150));
      // Four and a half standard errors: one failure in 10⁵ draws; and they are small enough to see a wrong fan-in.
      expect(se!).toBeLessThan(0.04 * expected);
      expect(Math.abs(value - expected)).toBeLessThan(4.5 * se!);
    },
  );
});

describe("rules for theory", () => {
  it("a circular convolution is an affine layer", () => {
    const model = modelOf("image", [4, 6, 6], {
      kind: "conv",
      channels: 4,
      kernel: 3,
      padding: "circular",
      sw2: 2,
      sb2: 0.5,
    });
    const [place] = meanFieldPlaces(model);
    expect(place!.tap).toBe(true);
    expect(place!.step.single(inputState({ K: 1 }))).toMatchObject({ K: 2.5, logJ: Math.log(2) });
  });

  it("zero padding loses signal at the edges", () => {
    const model = modelOf("signal", [4, 8], { kind: "conv", channels: 4, kernel: 3, sw2: 1, sb2: 0 });
    expect(meanFieldPlaces(model)[0]!.step.single(inputState({ K: 1 })).K).toBeCloseTo(22 / 24, 12);
  });

  it("every layer with a row in the table states its covariance, as plain data", () => {
    const layers = [
      { kind: "conv", channels: 4, kernel: 3 },
      { kind: "convLocal", channels: 4, kernel: 3 },
      { kind: "convTranspose", channels: 4, kernel: 3, stride: 2 },
      { kind: "avgPool", window: 2, edges: "inside" },
      { kind: "sumPool", window: 2 },
      { kind: "resize", size: 4 },
      { kind: "toTokens" },
      { kind: "positional", sw2: 0.1 },
      { kind: "selfAttention", scaling: "linear", sw2: 2, sb2: 0.5 },
      { kind: "aggregate", graph: { grid: [4, 4] } },
      { kind: "globalAvgPool" },
    ];
    const program = covarianceProgram(modelOf("image", [2, 8, 8], ...layers));
    expect(program.map(({ op }) => op)).toEqual([
      "convolution",
      "localConvolution",
      "transposedConvolution",
      "pool",
      "pool",
      "resize",
      "identity",
      "positional",
      "attention",
      "aggregate",
      "globalAvgPool",
    ]);
    expect(program[3]).toMatchObject({ divisor: "inside" });
    expect(program[8]).toMatchObject({ op: "attention", query: 2, scale: 4, shift: 1.5, causal: false });
    expect(structuredClone(program)).toEqual(program);
  });

  it("a layer without a rule names itself", () => {
    const attention = modelOf("tokens", [4, 4], { kind: "selfAttention" });
    expect(refusal(() => covarianceProgram(attention)).message).toMatch(/^layers\[0\] \(selfAttention\): /);
    expect(refusal(() => meanFieldPlaces(attention))).toMatchObject({
      code: "unsupported",
      where: "layers[0]",
    });
  });
});
