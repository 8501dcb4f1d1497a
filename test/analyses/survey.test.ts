/** @file A whole survey of small networks on few generated digits: what it finds, keeps to, and repeats. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Outcome, phase, type SurveyJson, survey } from "../../src/analyses/index.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { buildModel, type Net, parseNet, parseNetText, withInput } from "../../src/net/index.ts";
import { zeros } from "../../src/tensor/index.ts";
import { nonFinite } from "./non-finite.ts";

let dataset: Dataset;
beforeAll(async () => {
  dataset = await loadDataset("digits", { trainSize: 600, testSize: 200 });
});

const ask = (net: Net, more: Partial<Parameters<typeof survey>[0]> = {}) =>
  survey({ net, dataset, seed: 0, seconds: 3, command: "fathom survey", ...more });

const chaotic = () => parseNetText("mlp:depth=8,width=32,activation=tanh,sw2=6,sb2=0.05");

describe("a survey", () => {
  let outcome: Outcome<SurveyJson>;
  beforeAll(async () => {
    outcome = await ask(chaotic());
  });

  it("says chaotic of a chaotic network and puts theory beside measurement", () => {
    const { criticality } = outcome.json.analyses as Record<
      string,
      { phase: string; measured: { layers: { lnJ: number }[] }; layers: { lnJ: number }[] }
    >;
    expect(criticality!.phase).toBe("chaotic");
    expect(outcome.json.verdict).toMatch(/^Chaotic/);
    const [theory, measured] = [criticality!.layers[7]!.lnJ, criticality!.measured.layers[7]!.lnJ];
    // Eight networks of width 32: ln J scatters with variance of order depth/width (criticality.md §6).
    expect(Math.abs(theory - measured)).toBeLessThan(4 * Math.sqrt(8 / 32 / 8) + 0.5);
  });

  it("lays sampled singular values beside the predicted spectrum", () => {
    const { edge, measured } = outcome.json["spectrum"] as {
      edge: number;
      measured: { ks: number; max: number; seeds: number };
    };
    expect(measured.seeds).toBe(2);
    // Two networks of width 32.
    expect(measured.ks).toBeLessThan(0.15);
    expect(Math.abs(Math.log(measured.max / edge))).toBeLessThan(1.5);
    const { figures } = outcome.document.sections.find(({ id }) => id === "spectrum")!;
    expect(figures.map(({ id }) => id)).toContain("spectrum-distribution");
  });

  it("answers every question of cli.md", () => {
    const { training, learningRate, separation } = outcome.json as unknown as Record<
      string,
      Record<string, unknown>
    >;
    expect(training).toMatchObject({
      best: expect.any(Object),
      lrRange: expect.any(Object),
      paired: expect.any(Object),
    });
    const grid = training!["grid"] as { init: string; lr: number; seed: number }[];
    const rates = (init: string) => [...new Set(grid.filter((run) => run.init === init).map(({ lr }) => lr))];
    expect(rates("before")).toEqual(rates("after"));
    expect(rates("before").length).toBeGreaterThanOrEqual(5);
    expect(new Set(grid.map(({ seed }) => seed)).size).toBeGreaterThanOrEqual(3);
    expect(learningRate).toMatchObject({ edge: expect.any(Number), ntk: expect.any(Number) });
    expect((separation!["layers"] as unknown[]).length).toBe(9);
    for (const advice of outcome.json.advice) {
      expect(Object.keys(advice)).toEqual(expect.arrayContaining(["what", "why", "evidence", "expected"]));
    }
  });

  it("lays the untrained network of infinite width beside the trained one", () => {
    const { kernelBaseline, training } = outcome.json as unknown as Record<string, Record<string, unknown>>;
    const { rows, trained } = kernelBaseline as {
      rows: { n: number; errorRate: number }[];
      trained: { error: number };
    };
    expect(rows.length).toBe(4);
    expect(trained.error).toBe((training!["best"] as { before: number }).before);
  });

  it("holds no number that JSON cannot", () => {
    expect(nonFinite(outcome.json)).toEqual([]);
    expect(nonFinite(outcome.document)).toEqual([]);
  });

  it("gives the same numbers for the same seed", async () => {
    const again = await ask(chaotic());
    expect(again.json).toEqual(outcome.json);
  });
});

describe("what does not apply", () => {
  it("is named with its reason", async () => {
    const { json } = await ask(parseNetText("mlp:depth=0"));
    expect(json.notApplicable).toContainEqual({
      id: "separation",
      because: "the network has no hidden layer",
    });
  });

  it("includes what the budget does not reach", async () => {
    const net = parseNetText("mlp:depth=200,width=8,activation=tanh");
    const { json } = await ask(net, { seconds: 0.01 });
    const reasons = json.notApplicable.map(({ because }) => because);
    const minutes = reasons.map((because) => Number(/give --minutes ([\d.]+)$/.exec(because)?.[1]));
    expect(json.notApplicable.map(({ id }) => id)).toEqual([
      "spectrum",
      "separation",
      "learningRate",
      "training",
      "kernelBaseline",
    ]);
    // The time asked for pays for the questions before as well; the baseline wants a small part of it.
    const shared = minutes.slice(0, -1);
    expect(shared).toEqual(shared.toSorted((a, b) => a - b));
    expect(minutes.at(-1)).toBeGreaterThan(0);
    expect(minutes[0]!).toBeGreaterThan(0);
  });

  it("is nothing where theory alone does not reach: what is measured is still answered, with the reason", async () => {
    const activations = ["tanh", "relu"].map((activation) => ({ kind: "activation", activation }));
    const dense = (width: number) => ({ kind: "dense", width });
    const layers = [{ kind: "flatten" }, dense(16), ...activations, dense(16), activations[0], dense(10)];
    const net = parseNet({ fathom: 1, input: { kind: "image", shape: [1, 28, 28] }, layers });
    const { json } = await ask(net, { seconds: 1 });
    expect(json.notApplicable).toEqual([
      { id: "kernelBaseline", because: expect.stringContaining("layers[3] (activation)") },
    ]);
    expect(json["spectrum"]).toMatchObject({
      missing: expect.stringContaining("layers[3] (activation)"),
      measured: { shape: [16, 16], seeds: 2, ks: null, max: expect.any(Number) },
    });
    expect(json["criticality"]).toMatchObject({ missing: expect.stringContaining("layers[3] (activation)") });
    expect(json["separation"]).toMatchObject({ missing: expect.stringContaining("layers[3] (activation)") });
    expect(json["learningRate"]).toMatchObject({
      edge: expect.any(Number),
      ntk: null,
      ntkMissing: expect.stringContaining("layers[3] (activation)"),
    });
    expect(nonFinite(json)).toEqual([]);
  });

  it("includes training and pairs where all rows are of one class", async () => {
    const split = { ...dataset.train, labels: zeros("int32", dataset.train.labels.shape) };
    const single = { ...dataset, train: split, test: split };
    const { json } = await ask(chaotic(), { dataset: single, seconds: 1 });
    expect(json.notApplicable.map(({ id }) => id)).toEqual(["separation", "training", "kernelBaseline"]);
  });

  it("includes pairs where no two rows are of one class, and little else asks for more rows", async () => {
    const few = await loadDataset("digits", { trainSize: 3, testSize: 3 });
    const { json } = await ask(chaotic(), { dataset: few, seconds: 1 });
    expect(json.notApplicable).toEqual([
      { id: "separation", because: "no two of the sampled rows are of one class" },
    ]);
  });

  it("is all there is to say when the budget reaches nothing", async () => {
    const { json } = await ask(chaotic(), { seconds: -10 });
    expect(json.notApplicable).toHaveLength(6);
    expect(json.verdict).toMatch(/No question could be answered/);
  });
});

describe("advice on the initialisation", () => {
  const advice = async (options: string) =>
    (await ask(parseNetText(`mlp:width=8,${options}`), { seconds: 0.01 })).json.advice;

  it("names the variances, their reason, and ln J before and after", async () => {
    const [piece] = await advice("depth=60,activation=tanh,sw2=4");
    expect(piece!.what).toMatch(/σw² = 1 /);
    expect(piece!.why).toMatch(
      /^χ_J = 1\.363: every layer multiplies a small change by it once K has settled/,
    );
    expect(piece!.evidence).toMatch(/^ln J\(1, 60\) = 1\d\.\d in theory/);
    expect(piece!.expected).toMatch(/^ln J\(1, 60\) = −2\.\d* in theory/);
  });

  it("is not given to a network that gains nothing by it: at its critical point, or critical everywhere", async () => {
    expect(await advice("depth=300,activation=tanh,sw2=1")).toEqual([]);
    expect(await advice("depth=60,activation=gelu,sw2=1,norm=ln-pre,mu=1")).toEqual([]);
  });
});

describe("comparison with another network", () => {
  it("takes its place instead of the advised initialisation", async () => {
    const versus = parseNetText("mlp:depth=2,width=16,activation=relu,sw2=2");
    const { document } = await ask(chaotic(), { versus });
    const training = document.sections.find(({ id }) => id === "training")!;
    expect(JSON.stringify(training)).toContain("other network");
  });
});

describe("a phase diagram", () => {
  it("puts the critical line where χ_J passes 1", () => {
    const sw2 = [0.5, 1, 1.5, 2, 2.5, 3];
    const sb2 = [0, 0.1, 0.2];
    const { json } = phase({
      activation: { kind: "tanh" },
      norm: "none",
      mu: 0,
      sw2,
      sb2,
      seed: 0,
      command: "",
    });
    const { chiJ } = json["grid"] as { chiJ: number[][] };
    const line = json["criticalLine"] as { sw2: number; sb2: number }[];
    expect(line.length).toBeGreaterThan(2);
    for (const [row, bias] of sb2.entries()) {
      const nearest = line.toSorted((a, b) => Math.abs(a.sb2 - bias) - Math.abs(b.sb2 - bias))[0]!;
      const chaotic = chiJ[row]!.findIndex((value) => value > 1);
      expect(nearest.sw2).toBeGreaterThan(sw2[chaotic - 1]! - 0.05);
      expect(nearest.sw2).toBeLessThan(sw2[chaotic]! + 0.05);
    }
  });
});

describe("networks that do not fit the data", () => {
  it("are refused with both shapes", async () => {
    const net = parseNetText("mlp:depth=2,width=8,in=100");
    await expect(ask(net)).rejects.toMatchObject({ code: "bad-shape", where: "input" });
    const versus = parseNetText("mlp:depth=2,width=8,out=3");
    await expect(ask(chaotic(), { versus })).rejects.toMatchObject({ code: "bad-shape", where: "layers" });
    expect(() => buildModel(withInput(net, dataset.inputShape))).toThrow(/100/);
  });
});
