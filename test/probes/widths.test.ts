/**
 * @file The coordinate check of networks whose powers of the width are known: a step of Adam moves every weight by the rate,
 * so a layer's change grows with its fan-in under the standard parameterisation and not at all in µP (Yang et al. 2022,
 * arXiv 2203.03466, §D.1).
 */
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/data/index.ts";
import { buildModel, muParameterisation, parseNetText, scaleWidths } from "../../src/net/index.ts";
import { measureCoordinates } from "../../src/probes/index.ts";
import { Key, ndarray, normal } from "../../src/tensor/index.ts";
import { linearFit } from "../../src/theory/index.ts";
import type { OptimizerSpec } from "../../src/train/index.ts";
import { rejection } from "../refusal.ts";

/** Normal rows with labels of their signs: small inputs, so that the first layer's change is small beside the others'. */
function signs(): Dataset {
  const [rows, features] = [128, 4];
  const split = (name: string) => {
    const inputs = normal(Key.fromSeed(3).split(name), "float32", [rows, features]);
    const labels = Int32Array.from({ length: rows }, (_, i) => (inputs.data[features * i]! > 0 ? 1 : 0));
    return { inputs, labels: ndarray("int32", [rows], labels) };
  };
  const common = { name: "signs", kind: "vector" as const, inputShape: [features], classes: 2, scale: 1 };
  return { ...common, train: split("train"), test: split("test"), source: "generated" };
}

const dataset = signs();
const factors = [1, 2, 4];

/** Power of the width in the change after the last step, by layer. */
async function powers(
  activation: string,
  optimizer: OptimizerSpec,
  { learningRate, mu, width = 128 }: { learningRate: number; mu: "mup" | "standard"; width?: number },
): Promise<number[]> {
  const net = parseNetText(`mlp:depth=3,width=${width},activation=${activation},sw2=2,in=4,out=2`);
  const base = buildModel(net);
  const samples: { x: number; y: number[] }[] = [];
  for (const factor of factors) {
    const wide = buildModel(scaleWidths(net, factor));
    const inMu = muParameterisation(wide, base, optimizer.kind === "sgd" ? "sgd" : "adam");
    const layers = await measureCoordinates({
      model: mu === "mup" ? buildModel(inMu.net) : wide,
      rates: mu === "mup" ? inMu.rates : {},
      dataset,
      optimizer,
      learningRate,
      batch: 32,
      steps: 1,
      seeds: 4,
      key: Key.fromSeed(1),
    });
    for (let seed = 0; seed < 4; seed++) {
      samples.push({ x: Math.log(factor), y: layers.map(({ change }) => Math.log(change[seed]!.at(-1)!)) });
    }
  }
  const x = samples.map((sample) => sample.x);
  return samples[0]!.y.map(
    (_, layer) =>
      linearFit(
        x,
        samples.map(({ y }) => y[layer]!),
      ).slope.value,
  );
}

describe.each(["relu", "linear"])("%s, Adam", (activation) => {
  it("standard: hidden layers and the readout change more the wider the network", async () => {
    const [first, ...others] = await powers(
      activation,
      { kind: "adam" },
      { learningRate: 1e-3, mu: "standard" },
    );
    expect(Math.abs(first!)).toBeLessThan(0.15);
    for (const power of others) expect(power).toBeGreaterThan(0.3);
  });

  it("µP: every hidden layer changes by as much at every width", async () => {
    const all = await powers(activation, { kind: "adam" }, { learningRate: 1e-3, mu: "mup" });
    for (const power of all.slice(0, -1)) expect(Math.abs(power)).toBeLessThan(0.15);
    // The random part of the readout's weights counts less the wider the network is: its change falls towards a limit.
    expect(all.at(-1)!).toBeLessThan(0.15);
    expect(all.at(-1)!).toBeGreaterThan(-0.5);
  });
});

it("SGD: the first layer's change falls as width^−1/2 and the readout's grows as width; µP levels both", async () => {
  const sgd = { kind: "sgd", momentum: 0 } as const;
  const standard = await powers("relu", sgd, { learningRate: 1e-3, mu: "standard" });
  const mup = await powers("relu", sgd, { learningRate: 1e-3, mu: "mup" });
  expect(Math.abs(standard[0]! + 0.5)).toBeLessThan(0.15);
  expect(standard.at(-1)!).toBeGreaterThan(0.6);
  for (const power of mup.slice(0, -1)) expect(Math.abs(power)).toBeLessThan(0.15);
});

describe("the measurement", () => {
  const model = buildModel(parseNetText("mlp:depth=1,width=8,in=4,out=2"));
  const options = {
    model,
    dataset,
    optimizer: { kind: "adam" } as const,
    learningRate: 1e-3,
    batch: 16,
    steps: 2,
    seeds: 2,
    key: Key.fromSeed(0),
  };

  it("begins at initialisation, where nothing has changed, and is the same twice", async () => {
    const layers = await measureCoordinates(options);
    expect(layers.map(({ name }) => name)).toEqual(["layers[0] (dense)", "layers[2] (dense)"]);
    for (const { rms, change } of layers) {
      expect(rms.map((steps) => steps.length)).toEqual([3, 3]);
      for (const steps of change) {
        expect(steps[0]).toBe(0);
        expect(steps[2]).toBeGreaterThan(0);
      }
    }
    expect(await measureCoordinates(options)).toEqual(layers);
  });

  it("a training that diverges leaves no number behind", async () => {
    const layers = await measureCoordinates({
      ...options,
      optimizer: { kind: "sgd" },
      learningRate: 1e39,
      steps: 3,
    });
    expect(layers[0]!.change[0]!.at(-1)).toBeNaN();
  });

  it("a rate of 0 changes nothing", async () => {
    const rates = Object.fromEntries(model.parameters.map(({ name }) => [name, 0]));
    for (const { change } of await measureCoordinates({ ...options, rates }))
      expect(change.flat()).toEqual(Array(6).fill(0));
  });

  it("refuses no steps", async () => {
    expect(await rejection(() => measureCoordinates({ ...options, steps: 0 }))).toMatchObject({
      where: "steps",
    });
  });
});
