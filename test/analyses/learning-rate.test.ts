import { describe, expect, it } from "vitest";
import { criticality } from "../../src/analyses/index.ts";
import { largestRate } from "../../src/analyses/learning-rate/largest.ts";
import { ntkRate } from "../../src/analyses/learning-rate/ntk-rate.ts";
import { layerRates, layerRatesJson, predictedShares } from "../../src/analyses/learning-rate/per-layer.ts";
import { measureBlocks, measureRates } from "../../src/analyses/learning-rate/rates.ts";
import { loadDataset } from "../../src/data/index.ts";
import { buildModel, parseNet, parseNetText, withInput } from "../../src/net/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";

const key = Key.fromSeed(5);
const image = { kind: "image", shape: [1, 28, 28] } as const;
const conv = (channels: number) => ({ kind: "conv", channels, kernel: 3, stride: 2, sw2: 2 });
const relu = { kind: "activation", activation: "relu" };

const networks = {
  "a tanh MLP": withInput(parseNetText("mlp:depth=6,width=64,activation=tanh,sw2=1.2,sb2=0.02"), image),
  "a ReLU MLP in the ntk parameterisation": withInput(
    { ...parseNetText("mlp:depth=4,width=128,activation=relu,sw2=2"), parameterisation: "ntk" },
    image,
  ),
  "a CNN with BatchNorm": parseNet({
    fathom: 1,
    input: image,
    layers: [
      ...[8, 16].flatMap((channels) => [conv(channels), { kind: "batchNorm" }, relu]),
      { kind: "globalAvgPool" },
      { kind: "dense", width: 10 },
    ],
  }),
};

async function settings(net: (typeof networks)[keyof typeof networks]) {
  const dataset = await loadDataset("digits", { trainSize: 200, testSize: 10 });
  const rows = Int32Array.from({ length: 64 }, (_, i) => i);
  return { model: buildModel(net), dataset, rows, loss: "crossEntropy", seeds: 4, key } as const;
}

describe("the largest stable rate", () => {
  for (const [name, net] of Object.entries(networks)) {
    it(`of ${name}, measured, is within 2 times of 2/λ_max`, async () => {
      const measured = await measureRates(await settings(net));
      const ratio = measured.descent.edge!.value / measured.fisher!.value;
      expect(ratio).toBeGreaterThan(1 / 2);
      expect(ratio).toBeLessThan(2);
    });
  }

  it("is the measured one before the curvature's before the kernel's", () => {
    const estimate = (value: number) => ({ value, kind: "measured", assumptions: [] }) as const;
    const descent = (edge?: number) => ({
      brackets: [],
      trials: 0,
      interval: [edge === undefined ? 0 : edge / 2, edge === undefined ? 1e-9 : edge * 2] as const,
      ...(edge === undefined ? {} : { edge: estimate(edge) }),
    });
    const known = { ntk: { rate: estimate(4) }, perLayer: [] };
    const measured = { fisher: estimate(3), fisherRates: [3], descent: descent(2) };
    expect(largestRate({ ...known, measured })).toMatchObject({
      value: 2,
      source: "measured",
      interval: [1, 4],
    });
    expect(largestRate({ ...known, measured: { ...measured, descent: descent() } })).toMatchObject({
      value: 3,
      source: "fisher",
    });
    expect(largestRate(known)).toMatchObject({ value: 4, source: "ntk" });
    expect(largestRate({ ntk: { because: "no rule" }, perLayer: [] })).toBeUndefined();
  });

  it("by the kernel is half as large for the mean squared error, whose Hessian is 2/C and not 1/C", () => {
    const model = buildModel(parseNetText("mlp:depth=3,width=32,activation=tanh,in=16,out=10"));
    const inputs = normal(key, "float32", [16, 16]);
    const value = (loss: "crossEntropy" | "mse") => {
      const found = ntkRate({ model, inputs, batch: 16, loss });
      return "rate" in found ? found.rate.value : Number.NaN;
    };
    expect(value("mse")).toBeCloseTo(value("crossEntropy") / 2, 12);
  });
});

describe("rates by layer", () => {
  it("bound the whole: blocks sum to at least λ_max, and none exceeds it", async () => {
    const shares = (await measureBlocks(await settings(networks["a tanh MLP"]))).map(({ share }) => share);
    expect(shares).toHaveLength(7);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeGreaterThan(0.98);
    expect(Math.max(...shares)).toBeLessThan(1.02);
  });

  it("share what is stable: Σ η_l λ_l = 2", () => {
    const blocks = [0.6, 0.3, 0.2].map((share, i) => ({ layer: String(i), share }));
    const rates = layerRatesJson(layerRates(blocks, new Map()), 0.5);
    const lambda = 2 / 0.5;
    expect(rates.reduce((sum, { advised, share }) => sum + advised! * share! * lambda, 0)).toBeCloseTo(2, 12);
    expect(rates[0]!.alone).toBeCloseTo(0.5 / 0.6, 12);
  });

  it("are by theory alike for ReLU at its critical point in the ntk parameterisation", () => {
    const model = buildModel({
      ...parseNetText("mlp:depth=4,width=32,activation=relu,sw2=2,in=16,out=10"),
      parameterisation: "ntk",
    });
    const shares = [...predictedShares(model, normal(key, "float32", [8, 16])).values()];
    for (const share of shares) expect(share).toBeCloseTo(1 / 5, 12);
  });
});

describe("criticality tells of learning rates", () => {
  const asked = (line: string) => ({ net: parseNetText(line), seed: 0, command: "fathom criticality" });

  it("from theory alone, and measured beside the kernel of every layer", async () => {
    const line = "mlp:depth=3,width=32,activation=relu,sw2=2,in=32,out=4";
    const theory = (await criticality(asked(line))).json["learningRate"];
    expect(theory).toMatchObject({ max: expect.any(Number), maxSource: "ntk", bySource: { measured: null } });
    const { json } = await criticality({ ...asked(line), measure: { seeds: 2 } });
    expect(json["learningRate"]).toMatchObject({
      maxSource: "measured",
      bySource: { ntk: expect.any(Number), fisher: expect.any(Number), measured: expect.any(Number) },
    });
    const { ntk, ntkFromApjn } = json["measured"] as Record<"ntk" | "ntkFromApjn", number[]>;
    expect(ntk).toHaveLength(4);
    ntk.forEach((part, l) => {
      expect(Math.abs(Math.log(part / ntkFromApjn[l]!))).toBeLessThan(0.7);
    });
  });

  it("without a number that is not finite, where the network overflows", async () => {
    const line = "mlp:depth=60,width=8,activation=relu,sw2=200,in=8,out=4";
    const { json } = await criticality({ ...asked(line), measure: { seeds: 2 } });
    expect(JSON.stringify(json)).not.toMatch(/NaN|Infinity/);
    expect(json["learningRate"]).toMatchObject({
      bySource: { fisher: null },
      status: { fisher: expect.any(String) },
    });
  });
});
