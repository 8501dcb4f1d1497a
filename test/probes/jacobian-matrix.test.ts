import { describe, expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import { jacobianMatrix, measureSpectrum, tapChain } from "../../src/probes/index.ts";
import { Key, ndarray } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { fullJacobian } from "./full-jacobian.ts";
import { inputsOf, modelOf, smallResidual } from "./nets.ts";

const key = Key.fromSeed(2);
const code = async (work: Promise<unknown>) => (await rejection(() => work)).code;

describe("the Jacobian between two taps", () => {
  const model = smallResidual();
  const parameters = initialise(model, key, { dtype: "float64" });
  const input = inputsOf(model, 1, "float64");
  for (const [from, to] of [
    [1, 4],
    [1, 3],
    [2, 3],
    [2, 2],
  ] as const) {
    it(`h^${from} → h^${to} is the one of unit cotangents, entry by entry`, async () => {
      const exact = fullJacobian(model, parameters, input, [from - 1, to - 1]).flat();
      const { matrix, lnScale } = await jacobianMatrix({ network: model, parameters, input, from, to });
      expect(matrix.data.length).toBe(exact.length);
      matrix.data.forEach((value, i) => {
        expect(value * Math.exp(lnScale)).toBeCloseTo(exact[i]!, 12);
      });
    });
  }

  it("takes names of layers, and weights in float32", async () => {
    const single = initialise(model, key);
    const named = await jacobianMatrix({
      network: model,
      parameters: single,
      input,
      from: "layers[0]",
      to: "layers[3] (dense)",
    });
    const numbered = await jacobianMatrix({ network: model, parameters: single, input, from: 1, to: 3 });
    expect(named.matrix.data).toEqual(numbered.matrix.data);
  });

  it("more units than a block are joined from blocks", async () => {
    const wide = modelOf("mlp:depth=2,width=700,activation=tanh,in=3,out=700");
    const weights = initialise(wide, key, { dtype: "float64" });
    const x = inputsOf(wide, 1, "float64");
    const { matrix } = await jacobianMatrix({ network: wide, parameters: weights, input: x, to: 2 });
    const square = matrix.data.reduce((sum, value) => sum + value * value, 0);
    expect(square / 700).toBeCloseTo(1, 10);
    const column = (j: number) => matrix.data.filter((_, i) => i % 700 === j);
    expect(column(650).some((value) => value !== 0)).toBe(true);
  });
});

describe("depths that leave float64", () => {
  const deep = (activation: string, sw2: number) =>
    modelOf(`mlp:depth=150,width=6,activation=${activation},sw2=${sw2},sb2=0.01,in=6,out=6`);

  it("150 chaotic layers of sin grow beyond e^709, and singular values stay in units of their rms", async () => {
    const model = deep("sin", 1e5);
    const inputs = inputsOf(model, 1, "float64");
    const { mean, samples } = await measureSpectrum({ network: model, inputs, seeds: 1 });
    expect(mean.lnMean).toBeGreaterThan(709);
    const { singularValues } = samples[0]!;
    expect(singularValues.every(Number.isFinite)).toBe(true);
    expect(singularValues.reduce((sum, s) => sum + s * s, 0) / 6).toBeCloseTo(1, 12);
  });

  it("150 ordered layers fall below e^-800 without becoming 0", async () => {
    const model = deep("tanh", 0.002);
    const inputs = inputsOf(model, 1, "float64");
    const { mean } = await measureSpectrum({ network: model, inputs, seeds: 1 });
    expect(mean.lnMean).toBeLessThan(-800);
    expect(Number.isFinite(mean.lnMean)).toBe(true);
  });

  it("a network whose units are all inactive is dead", async () => {
    const model = modelOf("mlp:depth=2,width=4,activation=relu,in=4,out=4");
    const parameters = initialise(model, key, { dtype: "float64" });
    parameters["0.bias"] = ndarray("float64", [4], [-1e6, -1e6, -1e6, -1e6]);
    const { samples, inactive } = await measureSpectrum({
      network: model,
      inputs: inputsOf(model, 1, "float64"),
      parameters: [parameters],
    });
    expect(samples[0]!.status).toBe("dead");
    expect(inactive).toBe(1);
  });
});

describe("refusals", () => {
  const model = smallResidual();
  const inputs = inputsOf(model, 1, "float64");
  it("name unknown taps, taps in the wrong order, no inputs, and no seeds", async () => {
    expect(await code(measureSpectrum({ network: model, inputs, from: 9 }))).toBe("not-found");
    expect(await code(measureSpectrum({ network: model, inputs, from: "layers[2]" }))).toBe("not-found");
    expect(await code(measureSpectrum({ network: model, inputs, from: 3, to: 1 }))).toBe("bad-input");
    expect(await code(measureSpectrum({ network: model, inputs, seeds: 0 }))).toBe("bad-input");
    expect(await code(measureSpectrum({ network: model, inputs: inputsOf(model, 0, "float64") }))).toBe(
      "bad-input",
    );
  });

  it("ask for weights with a chain, and for a chain of one input in float64", async () => {
    expect(await code(measureSpectrum({ network: tapChain(model, 1, "float64"), inputs }))).toBe("bad-input");
    const wrong = tapChain(model, 2, "float32");
    expect(
      await code(measureSpectrum({ network: wrong, inputs, parameters: [initialise(model, key)] })),
    ).toBe("bad-input");
  });

  it("say that batch statistics have no Jacobian of one input, and that wide layers take too long", async () => {
    const batch = modelOf("mlp:depth=2,width=4,in=4,out=4");
    expect(batch.mixesBatch).toBe(false);
    const wide = modelOf("mlp:depth=1,width=2500,in=4,out=2500");
    expect(await code(measureSpectrum({ network: wide, inputs: inputsOf(wide, 1, "float64") }))).toBe(
      "too-large",
    );
  });
});
