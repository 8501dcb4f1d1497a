/** @file What criticality says of networks of every kind: phases, shallow and overflowing networks, the layer that stands out. */
import { describe, expect, it } from "vitest";
import { criticality, type Outcome } from "../../src/analyses/index.ts";
import { type Net, parseNet, parseNetText } from "../../src/net/index.ts";

const ask = (net: Net, measure?: { seeds: number }): Promise<Outcome> =>
  criticality({ net, seed: 1, command: "", ...(measure ? { measure } : {}) });
const mlp = (options: string) => parseNetText(`mlp:width=64,in=64,${options}`);
const findings = ({ document }: Outcome) => document.sections[0]!.findings.map(({ text }) => text).join("\n");

describe("the verdict", () => {
  it.each([
    ["depth=20,activation=tanh,sw2=4", "chaotic", "bad", /^Chaotic .* grows by a factor/],
    ["depth=20,activation=tanh,sw2=0.5", "ordered", "bad", /^Ordered .* shrinks by a factor/],
    ["depth=3,activation=tanh,sw2=1.5", "chaotic", "good", /little at this depth/],
    ["depth=20,activation=relu,sw2=2", "critical", "good", /^Critical .* keeps its size/],
    ["depth=40,activation=tanh,sw2=1", "critical", "warn", /^Critical in the limit of depth .* shrinks/],
    ["depth=40,activation=erf,sw2=1,mu=1", "critical", "warn", /^Critical in the limit of depth .* grows/],
    ["depth=9,activation=relu,sw2=0", "ordered", "bad", /^Ordered .* dies out altogether/],
  ])("of %s is %s and %s", async (options, phase, tone, sentence) => {
    const { json, document } = await ask(mlp(options));
    expect(json["phase"]).toBe(phase);
    expect(document.verdict.tone).toBe(tone);
    expect(document.verdict.sentence).toMatch(sentence);
  });

  it("tells what the first layers do from the law of the later ones", async () => {
    const skip = (norm: object[]) => ({ kind: "residual", branch: [...norm, { kind: "dense", width: 64 }] });
    const blocks = Array.from({ length: 9 }, () => skip([{ kind: "layerNorm" }]));
    const layers = [{ kind: "dense", width: 64, sw2: 1e-6 }, ...blocks, { kind: "dense", width: 4 }];
    const input = { kind: "vector", shape: [64] };
    const { json, document } = await ask(parseNet({ fathom: 1, input, layers }));
    expect(json["phase"]).toBe("critical");
    // K = 1e-6, 1, 2, …, 9 and each layer multiplies J by 1 + 1/K: J = 1e6 at layer 2, 3e6 at layer 4, 9e6 at layer 10.
    expect(document.verdict.sentence).toMatch(
      /^Critical from layer 4 on: .* a factor 10\^6\.5 up to there, and grows by a factor 3 over the 6 layers/,
    );
  });

  it("knows a network that is critical elsewhere than at the point of its activation", async () => {
    const onLine = await ask(mlp("depth=9,activation=erf,sw2=1.7562036828,sb2=0.1841396778"));
    expect(findings(onLine)).toContain("Critical as given. Another critical initialisation is σw² = 0.7854");
    expect(findings(await ask(mlp("depth=9,activation=tanh,sw2=1")))).toContain(
      "Critical at σw² = 1, σb² = 0.",
    );
    expect(findings(await ask(mlp("depth=9,activation=tanh,sw2=2")))).toContain(
      "Critical at σw² = 1, σb² = 0.",
    );
  });

  it("claims no phase and no unlike layers where there is no depth", async () => {
    for (const depth of [0, 1]) {
      const outcome = await ask(mlp(`depth=${depth},activation=tanh,sw2=9`), { seeds: 2 });
      expect(outcome.json["phase"]).toBeNull();
      expect(outcome.document.verdict).toMatchObject({ tone: "good" });
      expect(findings(outcome)).not.toMatch(/alike|factor/);
    }
  });

  it("rests on theory where the preactivations overflow, and says so", async () => {
    const outcome = await ask(mlp("depth=60,activation=relu,sw2=400"), { seeds: 3 });
    expect(outcome.document.verdict.sentence).toMatch(/^Chaotic .* grows by a factor 10\^13/);
    expect(findings(outcome)).toMatch(/overflow: from layer 1\d on/);
    const { layers, slope } = outcome.json["measured"] as { layers: object[]; slope: unknown };
    expect(layers[40]).toMatchObject({ J: null, lnJ: null, status: "overflow" });
    expect(slope).toBeNull();
  });

  it("survives a network that overflows at once", async () => {
    const { json } = await ask(mlp("depth=5,activation=relu,sw2=1e38"), { seeds: 2 });
    expect(json["measured"]).toMatchObject({ verdict: null, culprit: null, slope: null });
  });
});

describe("two fixed points", () => {
  const gelu = "activation=gelu,sw2=1.9830582574375,sb2=0.1729223907561";

  it("are both listed, and the first layer's scale is advised by the product of chi_J over the depth", async () => {
    const { json, document } = await ask(mlp(`depth=200,${gelu}`));
    const [first, second] = json["fixedPoints"] as { K: number; stability: string }[];
    expect(first).toMatchObject({ stability: "stable" });
    expect(first!.K).toBeCloseTo(3.034981435, 8);
    expect(second!.K).toBeCloseTo(3.5615528128, 6);
    expect(findings({ json, document })).toMatch(
      /2 fixed points: K\* = 3\.035 \(stable, .*ξ = 166 layers\) and K\* = 3\.562 \(half-stable/,
    );
    const { given, advised, weightFactor } = json["start"] as {
      given: { K1: number; lnJ: number };
      advised: { K1: number; lnJ: number };
      weightFactor: number;
    };
    expect(advised.K1).toBeCloseTo(3.5615528128, 6);
    // K1 = σw² + σb² on inputs of second moment 1: the factor brings σw² to K* - σb².
    expect(1.9830582574375 * weightFactor + 0.1729223907561).toBeCloseTo(advised.K1, 9);
    expect(given.lnJ).toBeLessThan(-4);
    expect(Math.abs(advised.lnJ)).toBeLessThan(1e-6);
    expect(document.advice[0]!.what).toContain("the first layer with σw² = 3.3886");
  });

  it("ask for another first layer alone where the depth is too small to call for other variances", async () => {
    const { document } = await ask(mlp(`depth=60,${gelu}`));
    expect(document.advice[0]!.what).toBe(
      "Multiply σw² of the first layer by 1.709, or the inputs by 1.307, so that K¹ = K* = 3.5616.",
    );
    // At K¹ = K* nothing is advised.
    const layers = mlp(`depth=60,${gelu}`).layers.map((layer, i) =>
      i === 0 && layer.kind === "dense" ? { ...layer, sw2: 3.5615528128 - 0.1729223907561 } : layer,
    );
    const at = await ask({ ...mlp(`depth=60,${gelu}`), layers } as Net);
    expect(at.document.advice).toEqual([]);
    expect(at.json["start"]).toBeNull();
  });
});

describe("the tangent kernel by layer", () => {
  it("is the same quantity in theory and measured, and adds up to the whole kernel", async () => {
    const { json } = await ask(mlp("depth=6,activation=relu,sw2=2"), { seeds: 8 });
    const theory = (json["layers"] as { ntk: number }[]).map(({ ntk }) => ntk);
    const { ntk } = json["measured"] as { ntk: number[] };
    // relu at (2, 0) from second moment 1: K^l J(l, L) = 2 at every layer.
    for (const share of theory) expect(share).toBeCloseTo(2, 9);
    // Eight networks of width 64: ln J scatters with variance 1.7 L/N (criticality.md §6), the mean of eight by a third.
    for (const share of ntk)
      expect(Math.abs(Math.log(share / 2))).toBeLessThan(4 * Math.sqrt((1.7 * 7) / 64 / 8));
  });
});

describe("the layer that stands out", () => {
  it("is the one that alone is scaled wrongly", async () => {
    const layer = (sw2: number) => [
      { kind: "activation", activation: "tanh" },
      { kind: "dense", width: 64, sw2 },
    ];
    const layers = [
      { kind: "dense", width: 64, sw2: 1 },
      ...Array(5).fill(layer(1)).flat(),
      ...layer(25),
      ...Array(5).fill(layer(1)).flat(),
    ];
    const outcome = await ask(parseNet({ fathom: 1, input: { kind: "vector", shape: [64] }, layers }), {
      seeds: 5,
    });
    const { culprit } = outcome.json["measured"] as { culprit: unknown };
    expect(culprit).toEqual({ verdict: "culprit", layer: "layers[12] (dense)" });
    expect(findings(outcome)).toMatch(/layers\[12\] \(dense\) stands out: it alone multiplies J by/);
  });

  it("is told by its K where all layers are built alike", async () => {
    const net = mlp("depth=12,activation=gelu,sw2=1,norm=ln-pre,mu=1");
    expect(findings(await ask(net, { seeds: 5 }))).toMatch(/none stands out/);
    // A twentieth of the variance in the first layer only: LayerNorm multiplies changes of h¹ by 1/K¹.
    const layers = net.layers.map((layer, i) => (i === 0 ? { ...layer, sw2: 0.05 } : layer));
    const { document } = await ask({ ...net, layers } as Net, { seeds: 5 });
    const found = document.sections[0]!.findings.find(({ text }) => text.includes("stands out"))!;
    expect(found.text).toMatch(/built like the others; K is 0\.05 before it and 0\.475 after it/);
    expect(found.tone).toBe("warn");
  });
});

describe("layers that are unlike", () => {
  const alternating = [2, 400, 0.001, 2].flatMap((sw2) => [
    { kind: "dense", width: 64, sw2 },
    { kind: "activation", activation: "relu" },
  ]);
  const net = parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [20] },
    layers: [...alternating, { kind: "dense", width: 5 }],
  });

  it("are named by how far they are from J = 1, without a slope, and a sweep is advised", async () => {
    const outcome = await ask(net, { seeds: 4 });
    const { verdict, advice } = outcome.document;
    expect(verdict.tone).toBe("bad");
    expect(verdict.sentence).toMatch(/^Layers are unlike: a small change shrinks/);
    expect(findings(outcome)).toMatch(/layers\[4\] \(dense\) multiplies J by .*, layers\[2\] \(dense\) by/);
    expect(findings(outcome)).not.toMatch(/a layer \(95|none stands out/);
    expect(outcome.json).toMatchObject({
      phase: null,
      measured: {
        slope: null,
        culprit: {
          verdict: "unlike layers",
          layers: [{ layer: "layers[4] (dense)" }, { layer: "layers[2] (dense)" }],
        },
      },
    });
    expect(advice.map(({ what }) => what).join()).toContain("fathom tune");
  });

  it("are told by theory alone as well", async () => {
    const { document } = await ask(net);
    expect(document.verdict.sentence).toMatch(/single ones multiply J by 0\.0005 to 200/);
    expect(document.advice).toHaveLength(1);
  });
});
