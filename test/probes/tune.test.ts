/** @file Tuning: gains of sweeps, objectives and two numbers, checked on networks that were not tuned on (criticality.md §7). */
import { describe, expect, it } from "vitest";
import { buildModel, type Net, parseNet, parseNetText, withVariancesAt } from "../../src/net/index.ts";
import {
  checkTuning,
  type Tuning,
  tuneByObjective,
  tuneByScalars,
  tuneBySweep,
} from "../../src/probes/index.ts";
import { solveGain } from "../../src/probes/tune/index.ts";
import { tuningPlan } from "../../src/probes/tune/sites.ts";
import { Key, normal, uniform } from "../../src/tensor/index.ts";

const key = Key.fromSeed(3);

function inputsFor(net: Net, count = 4) {
  return normal(key.split("inputs"), "float32", [count, ...buildModel(net).inputShape]);
}

/** The network with every σw² times a factor, or each times one of its own between 1e-4 and 1e4. */
function misscaled(net: Net, factor: number | "mixed"): Net {
  const sites = tuningPlan(buildModel(net)).stretches.flatMap(({ inner, finals }) => [...inner, ...finals]);
  const powers = uniform(key.split("scales"), "float64", [sites.length], { low: -4, high: 4 }).data;
  return withVariancesAt(
    net,
    Object.fromEntries(
      sites.map(({ layer, sw2, sb2 }, i) => [
        layer.path,
        { sw2: sw2 * (factor === "mixed" ? 10 ** powers[i]! : factor), sb2 },
      ]),
    ),
  );
}

/** J(1, l) of the hidden layers on fresh networks. */
async function hiddenJ({ net }: Tuning, count = 4): Promise<number[]> {
  const check = await checkTuning(net, { inputs: inputsFor(net, count), seeds: 6, stream: "test", key });
  return check.layers.slice(0, -1).map(({ J }) => Math.exp(J.lnMean));
}

function expectCritical(J: readonly number[]): void {
  expect(Math.min(...J)).toBeGreaterThan(0.5);
  expect(Math.max(...J)).toBeLessThan(2);
}

const conv = { kind: "conv", channels: 16, kernel: 3, sw2: 2 };
const relu = { kind: "activation", activation: "relu" };
const image = { kind: "image", shape: [3, 4, 4] };
const dense = (width: number) => ({ kind: "dense", width });

const networks: Readonly<Record<string, { net: Net; count?: number }>> = {
  "a tanh MLP": { net: parseNetText("mlp:depth=14,width=64,activation=tanh,in=32") },
  "a relu MLP": { net: parseNetText("mlp:depth=14,width=64,activation=relu,in=32") },
  "a gelu MLP": { net: parseNetText("mlp:depth=8,width=64,activation=gelu,in=32") },
  "a CNN": {
    net: parseNet({
      fathom: 1,
      input: image,
      layers: [
        conv,
        { kind: "repeat", times: 4, layers: [relu, conv] },
        relu,
        { kind: "flatten" },
        dense(10),
      ],
    }),
  },
  "a residual CNN with batch statistics": {
    count: 8,
    net: parseNet({
      fathom: 1,
      input: image,
      layers: [
        conv,
        {
          kind: "repeat",
          times: 2,
          layers: [
            {
              kind: "residual",
              branch: [{ kind: "batchNorm" }, relu, conv, { kind: "batchNorm" }, relu, conv],
            },
          ],
        },
        { kind: "globalAvgPool" },
        dense(10),
      ],
    }),
  },
  "a transformer block": {
    net: parseNet({
      fathom: 1,
      input: { kind: "tokens", shape: [8, 32] },
      layers: [
        { kind: "residual", branch: [{ kind: "layerNorm" }, { kind: "selfAttention", heads: 4 }] },
        {
          kind: "residual",
          branch: [{ kind: "layerNorm" }, dense(64), { kind: "activation", activation: "gelu" }, dense(32)],
        },
        { kind: "layerNorm" },
        { kind: "globalAvgPool" },
        dense(10),
      ],
    }),
  },
};

describe("a sweep", () => {
  for (const [name, { net, count = 4 }] of Object.entries(networks)) {
    it(`puts J of ${name} into [1/2, 2] from weights 100 times too large, too small, or both`, async () => {
      const given = (factor: number | "mixed") => misscaled(net, factor);
      const tuned = async (factor: number | "mixed") =>
        tuneBySweep({ net: given(factor), inputs: inputsFor(net, count), seeds: 6, key });
      const fromMixed = await tuned("mixed");
      expectCritical(await hiddenJ(fromMixed, count));
      // Gains undo the scales, so that the other two end in the same variances.
      for (const factor of [1e4, 1e-4]) {
        const { gains } = await tuned(factor);
        for (const [i, { sw2 }] of gains.entries()) expect(sw2 / fromMixed.gains[i]!.sw2).toBeCloseTo(1, 1);
      }
    });
  }

  it("holds K with biases behind a normalisation, where J = 1 alone lets it shrink", async () => {
    const net = parseNetText("mlp:depth=6,width=128,activation=erf,norm=ln-pre,in=32");
    const tuned = await tuneBySweep({ net, inputs: inputsFor(net), key });
    const check = await checkTuning(tuned.net, { inputs: inputsFor(net), seeds: 6, stream: "test", key });
    expectCritical(await hiddenJ(tuned));
    for (const { K } of check.layers.slice(0, -1)) expect(Math.abs(K.value - 1)).toBeLessThan(0.25);
    // The line of criticality.md §4.3: sb/sw = .3238 for erf; 15 % for 16 networks of width 128.
    const { sw2, sb2 } = tuned.gains[5]!;
    expect(Math.sqrt(sb2 / sw2) / 0.3238).toBeGreaterThan(0.85);
    expect(Math.sqrt(sb2 / sw2) / 0.3238).toBeLessThan(1.15);
    expect(tuned.gains[5]!.bias).toBeNull();
  });

  it("leaves frozen weights alone and gives shared ones one gain", async () => {
    const tanh = { kind: "activation", activation: "tanh" };
    const shared = { ...dense(64), sw2: 40, parameters: { weight: { shareWith: "1.weight" } } };
    const frozen = { ...dense(64), sw2: 3, parameters: { weight: { trainable: false } } };
    const net = parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [64] },
      layers: [tanh, { ...dense(64), sw2: 40 }, tanh, shared, tanh, shared, tanh, frozen, tanh, dense(10)],
    });
    const { gains, stretches } = await tuneBySweep({ net, inputs: inputsFor(net), key });
    expect(gains.map(({ path }) => path)).toEqual(["1", "3", "5", "9"]);
    expect(new Set(gains.slice(0, 3).map(({ weight }) => weight)).size).toBe(1);
    expect(stretches[3]!.status).toBe("untunable");
    const mean = (Math.log(stretches[1]!.J) + Math.log(stretches[2]!.J)) / 2;
    expect(Math.abs(mean)).toBeLessThan(0.05);
  });

  it("says which layers are dead, and which no gain changes", async () => {
    const zero = { kind: "scale", factor: 0 };
    const layers = [
      dense(16),
      zero,
      dense(16),
      { kind: "residual", branch: [dense(16), { kind: "batchNorm" }] },
      dense(4),
    ];
    const net = parseNet({ fathom: 1, input: { kind: "vector", shape: [8] }, layers });
    const { stretches } = await tuneBySweep({ net, inputs: inputsFor(net, 16), key });
    expect(stretches[1]!.status).toBe("dead");
    const normed = parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [8] },
      layers: [layers[0], layers[3], dense(4)],
    });
    const found = await tuneBySweep({ net: normed, inputs: inputsFor(normed, 16), key });
    expect(found.stretches[1]!.status).toBe("insensitive");
  });

  it("refuses a network without weights to scale", async () => {
    const net = parseNetText("mlp:depth=3,width=8,in=4,sw2=0");
    await expect(tuneBySweep({ net, inputs: inputsFor(net) })).rejects.toMatchObject({
      code: "bad-input",
      where: "layers",
    });
  });

  it("is the same twice", async () => {
    const net = parseNetText("mlp:depth=3,width=32,in=8,sw2=5");
    const once = () => tuneBySweep({ net, inputs: inputsFor(net), key });
    expect((await once()).gains).toEqual((await once()).gains);
  });
});

describe("the AutoInit objective", () => {
  it("is at its minimum after one step in relu networks", async () => {
    const net = parseNetText("mlp:depth=10,width=64,activation=relu,sw2=0.49,in=32");
    const { objective, gains } = await tuneByObjective({ net, inputs: inputsFor(net), seeds: 1, key });
    expect(objective.length).toBe(2);
    expect(objective[1]!).toBeLessThan(1e-12 * objective[0]!);
    // gain·sw is near sqrt 2 (criticality.md §7.3: 1.395 at N = 300); scatter 1.7/N a layer on one network.
    const mean = gains.slice(1).reduce((sum, { sw2 }) => sum + Math.log(sw2 / 2), 0) / (gains.length - 1);
    expect(Math.abs(mean)).toBeLessThan(0.15);
  });

  it("tunes a chaotic erf network", async () => {
    const net = parseNetText("mlp:depth=6,width=64,activation=erf,sw2=6.25,in=32");
    expectCritical(await hiddenJ(await tuneByObjective({ net, inputs: inputsFor(net), seeds: 3, key })));
  });
});

describe("a readout behind a pool", () => {
  const net = parseNet({
    fathom: 1,
    input: image,
    layers: [conv, relu, { ...conv, sw2: 0.1 }, relu, { kind: "globalAvgPool" }, dense(10)],
  });

  it.each([
    ["a sweep", tuneBySweep],
    ["an objective", tuneByObjective],
  ])("gets logits of second moment 1 by %s, not J = 1", async (_, tuneBy) => {
    const { net: tuned, stretches } = await tuneBy({ net, inputs: inputsFor(net), seeds: 3, key });
    const settings = { inputs: inputsFor(net), seeds: 6, stream: "test", key };
    const readout = (await checkTuning(tuned, settings)).layers.at(-1)!;
    // Ten logits of four inputs that are alike, on six networks: K scatters by about √(2/60) = 18 %; three of them.
    expect(Math.abs(Math.log(readout.K.value))).toBeLessThan(0.6);
    expect(readout.local!.lnMean).toBeLessThan(Math.log(0.5));
    expect(stretches.at(-1)).toMatchObject({ status: "ok" });
    expect(stretches.at(-1)).not.toHaveProperty("target");
  });
});

describe("two numbers", () => {
  it("finds σw² = 2 of relu", async () => {
    const net = parseNetText("mlp:depth=7,width=128,activation=relu,sw2=9,in=32");
    const { gains } = await tuneByScalars({ net, inputs: inputsFor(net), key });
    // 1.7/N a layer over 4 layers, 3 networks, 4 inputs: ±5 %; three of them.
    expect(Math.abs(Math.log(gains[0]!.sw2 / 2))).toBeLessThan(0.15);
  });

  it("says so where no σw is critical: erf behind LayerNorm without biases", async () => {
    const net = parseNetText("mlp:depth=6,width=64,activation=erf,norm=ln-pre,in=32");
    const tuned = tuneByScalars({ net, inputs: inputsFor(net), key });
    await expect(tuned).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("no critical sw for this sb"),
    });
  });
});

describe("the search for a gain", () => {
  it("needs one step for a square", async () => {
    let calls = 0;
    const found = await solveGain(
      async (gain) => {
        calls++;
        return 0.25 + 3 * gain ** 2;
      },
      { floor: 0.25, target: 1 },
    );
    expect(found.status).toBe("ok");
    expect(found.gain).toBeCloseTo(0.5, 6);
    expect(calls).toBe(2);
  });

  it("says so where the quantity jumps over its target", async () => {
    const jump = async (gain: number) => (gain < 3 ? 0.5 * gain : 2 * gain);
    expect(await solveGain(jump, { floor: 0, target: 3 })).toMatchObject({ status: "unmet" });
  });

  it("comes back from where the quantity overflows", async () => {
    const found = await solveGain(async (gain) => (gain > 0.1 ? Number.NaN : gain ** 4), {
      floor: 0,
      target: 1e-8,
    });
    expect(found.gain).toBeCloseTo(0.01, 4);
  });
});
