/** @file Tuning of given weights: factors of imported networks whose layers are mis-scaled (criticality.md §7.3). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildModel, importOnnx, initialise, parseNet } from "../../src/net/index.ts";
import {
  examplesApart,
  type ForeignChain,
  foreignChain,
  foreignModel,
  judgedTaps,
  measureForeign,
  tuneGiven,
  withScaled,
} from "../../src/probes/index.ts";
import { Key, type NdArray, normal } from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";

const key = Key.fromSeed(5);

/** The chain of a fixture, with as many inputs as two batches hold. */
async function open(name: string): Promise<{ chain: ForeignChain; inputs: NdArray; others: NdArray }> {
  const bytes = readFileSync(join(import.meta.dirname, "foreign-fixtures", `${name}.onnx`));
  const model = foreignModel(importOnnx(bytes, { dims: { batch: 8 } }));
  const draw = (stream: string, batches: number) =>
    normal(key.split(stream), "float32", [batches * model.samples, ...model.x.shape.slice(1)]);
  const apart = await examplesApart(model, { inputs: draw("inputs", 1), key });
  const chain = foreignChain(model, { examples: apart ? "apart" : "together" });
  return { chain, inputs: draw("inputs", 2), others: draw("others", 2) };
}

async function hiddenJ(chain: ForeignChain, inputs: NdArray): Promise<number[]> {
  const { layers } = await measureForeign(chain, { inputs, key: key.split("check") });
  return layers.slice(0, judgedTaps(chain)).map(({ J }) => Math.exp(J.lnMean));
}

const spoilt: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "mlp-fathom": { "dense1.weight": 100, "dense3.weight": 0.01, "dense6.weight": 100, "dense6.bias": 100 },
  "cnn-fathom": { "stem.weight": 100, "block0.bn2.weight": 100, "block1.conv1.weight": 100 },
  "transformer-fathom": {
    "embed.weight": 100,
    "block0.qkv.weight": 100,
    "block0.down.weight": 0.01,
    "block1.out.weight": 100,
  },
};

describe("a sweep over given weights", () => {
  for (const [name, factors] of Object.entries(spoilt)) {
    it(`brings J of ${name} into [1/2, 2] with some weights 100 times too large or small`, async () => {
      const { chain, inputs, others } = await open(name);
      const bad = withScaled(chain, new Map(Object.entries(factors)));
      const tuned = await tuneGiven(bad, { inputs, key });
      const J = await hiddenJ(tuned.chain, others);
      expect(Math.min(...J)).toBeGreaterThan(0.5);
      expect(Math.max(...J)).toBeLessThan(2);
    });
  }

  it("undoes the scales of plain layers: the factors lead to the same weights", async () => {
    const { chain, inputs } = await open("mlp-fathom");
    const planted = new Map([
      ["dense2.weight", 100],
      ["dense5.weight", 0.01],
    ]);
    const [good, bad] = [
      await tuneGiven(chain, { inputs, key }),
      await tuneGiven(withScaled(chain, planted), { inputs, key }),
    ];
    for (const [i, { layer, weight }] of bad.gains.entries())
      expect((weight * (planted.get(layer) ?? 1)) / good.gains[i]!.weight).toBeCloseTo(1, 1);
  });

  it("quiets biases that drown what the weights give", async () => {
    const { chain, inputs } = await open("mlp-fathom");
    const loud = withScaled(chain, new Map([["dense3.bias", 1000]]));
    const { gains } = await tuneGiven(loud, { inputs, key });
    expect(gains.find(({ biasName }) => biasName === "dense3.bias")!.bias).toBeLessThan(0.1);
    for (const { biasName, bias } of gains) if (biasName !== "dense3.bias") expect(bias).toBe(1);
  });

  it("leaves weights alone that two blocks share, and says so", async () => {
    const tanh = { kind: "activation", activation: "tanh" };
    const dense = { kind: "dense", width: 16 };
    const shared = { ...dense, parameters: { weight: { shareWith: "2.weight" } } };
    const net = parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [16] },
      layers: [dense, tanh, dense, tanh, shared, tanh, dense],
    });
    const model = buildModel(net);
    const bytes = exportOnnx(model, initialise(model, key), { batch: 8 });
    const chain = foreignChain(foreignModel(importOnnx(bytes)));
    const { stretches, gains } = await tuneGiven(chain, { inputs: normal(key, "float32", [8, 16]), key });
    expect(stretches.map(({ status }) => status)).toEqual(["ok", "shared", "shared", "ok"]);
    expect(gains.map(({ layer }) => layer)).toEqual(["0.weight", "6.weight"]);
  });
});
