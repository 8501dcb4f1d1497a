/** @file The parts of a prediction that are no mathematics of kernels: items, sizes, searches, intervals. */
import { describe, expect, it } from "vitest";
import { copiesOf, fingerprint, itemsOf, someItems } from "../../src/analyses/items.ts";
import { predict } from "../../src/analyses/predict/question.ts";
import { type ReliabilityBin, reliabilityOf } from "../../src/analyses/predict/reliability.ts";
import { scoresOf } from "../../src/analyses/predict/scores.ts";
import type { SearchResult } from "../../src/analyses/predict/search.ts";
import { edgeFindings } from "../../src/analyses/predict/search-edges.ts";
import { type Candidate, candidatesOf, netOf } from "../../src/analyses/predict/search-space.ts";
import { wilsonShare } from "../../src/analyses/wilson.ts";
import { loadDataset } from "../../src/data/index.ts";
import { classTargets, gpInference, kernelMatrix } from "../../src/kernels/index.ts";
import { parseNetText } from "../../src/net/index.ts";
import { Key, ndarray } from "../../src/tensor/index.ts";
import { refusal, rejection } from "../refusal.ts";
import { parity } from "./parity.ts";

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const dataset = await loadDataset("digits", { key: Key.fromSeed(1), trainSize: 400, testSize: 100 });
const net = parseNetText("mlp:depth=2,activation=relu,sw2=2,sb2=0.1");
const asked = {
  net,
  dataset,
  train: { split: "train", rows: range(0, 120) },
  test: { split: "test", rows: range(0, 60) },
  seed: 0,
  command: "fathom predict",
} as const;

it("takes the interval of Wilson, also for no errors", () => {
  // By the formula in Brown, Cai and DasGupta 2001, in Python.
  const { value, ci } = wilsonShare(84, 10_000);
  expect(value).toBe(0.0084);
  expect(ci[0]).toBeCloseTo(0.0067904058, 9);
  expect(ci[1]).toBeCloseTo(0.0103871414, 9);
  expect(wilsonShare(0, 10).ci[0]).toBe(0);
  expect(wilsonShare(0, 10).ci[1]).toBeCloseTo(0.27753, 5);
  expect(wilsonShare(10, 10).ci[1]).toBe(1);
});

it("finds copies, and those that contradict each other", () => {
  const items = itemsOf(dataset, { split: "train", rows: [3, 4, 3, 5, 4] });
  expect(copiesOf(items)).toEqual({ count: 2, conflicting: 0 });
  const labels = {
    ...items.labels,
    data: Int32Array.from(items.labels.data, (label, i) => (i === 2 ? label + 1 : label)),
  };
  expect(copiesOf({ ...items, labels })).toEqual({ count: 2, conflicting: 1 });
  expect(fingerprint(someItems(items, 0, 2))).toBe(
    fingerprint(itemsOf(dataset, { split: "train", rows: [3, 4] })),
  );
});

it("counts errors, confusion and squared loss", () => {
  const mean = ndarray("float64", [3, 2], [1, -1, 0.5, -1, -1, 0]);
  const { errors, confusion, loss } = scoresOf({ mean, labels: ndarray("int32", [3], [0, 1, 1]) });
  expect(errors.count).toBe(1);
  expect(confusion).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(loss).toBeCloseTo((1.5 ** 2 + 2 ** 2 + 1) / 12, 12);
});

describe("a prediction", () => {
  it("learns, and learns more from more items", async () => {
    const { json } = await predict({ ...asked, curve: [20], variance: true });
    const curve = json["learningCurve"] as { n: number; errors: number }[];
    expect(curve.map(({ n }) => n)).toEqual([20, 120]);
    expect(curve[1]!.errors).toBeLessThan(curve[0]!.errors);
    expect(json["errors"]).toBe(curve[1]!.errors);
    const variance = json["variance"] as number[];
    expect(Math.min(...variance)).toBeGreaterThan(0);
    const probabilities = json["probabilities"] as number[][];
    for (const row of probabilities) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  });

  it("of two classes has the log evidence of one target, raw and at the most likely scale", async () => {
    const { json, result } = await predict({ ...asked, dataset: parity(dataset), jitter: 1e-6 });
    const { nngp } = await kernelMatrix({ net: result.setting.net, x1: result.setting.train.x });
    const y = classTargets(result.setting.train.labels, 2);
    const second = ndarray(
      "float64",
      [120, 1],
      y.data.filter((_, i) => i % 2 === 1),
    );
    await using one = await gpInference(nngp!, { y: second, diagReg: 1e-6 });
    const scale = one.evidenceScale();
    expect(json).toMatchObject({ targets: 1, scale: expect.closeTo(scale, 9) });
    expect(json["logEvidence"]).toBeCloseTo(one.logEvidence(), 6);
    // ln p under s K: the quadratic form becomes N, and every eigenvalue has a factor s.
    const scaled = one.logEvidence() + 60 * (scale - 1 - Math.log(scale));
    expect(json["logEvidenceAtScale"]).toBeCloseTo(scaled, 6);
  });

  it("sets probabilities beside frequencies, in groups that hold every item once", async () => {
    const { result, document } = await predict({ ...asked, variance: true });
    const bins = reliabilityOf(result);
    expect(bins).toHaveLength(6);
    const sum = (of: (bin: ReliabilityBin) => number) => bins.reduce((total, bin) => total + of(bin), 0);
    expect(sum(({ right }) => right.total)).toBe(60);
    expect(60 - sum(({ right }) => right.count)).toBe(result.scores.errors.count);
    const means = bins.map(({ probability }) => probability);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(document.sections[0]!.figures.map(({ id }) => id)).toContain("predict-reliability");
    const { document: without } = await predict(asked);
    expect(without.sections[0]!.figures.map(({ id }) => id)).not.toContain("predict-reliability");
  });

  it("by the first items of a curve is the prediction by these items", async () => {
    const all = await predict({ ...asked, curve: [50] });
    const few = await predict({ ...asked, train: { split: "train", rows: range(0, 50) } });
    const [first] = all.json["learningCurve"] as { errors: number; logEvidence: number }[];
    expect(first!.errors).toBe(few.json["errors"]);
    expect(first!.logEvidence).toBeCloseTo(few.json["logEvidence"] as number, 4);
  });

  it("after a long time is that at the end, for all layers and for the last", async () => {
    for (const get of ["ntk", "nngp"] as const) {
      const end = await predict({ ...asked, get, jitter: 0 });
      const late = await predict({ ...asked, get, jitter: 0, time: 1e9, learningRate: 1 });
      const [a, b] = [end, late].map(({ json }) => (json["mean"] as number[][]).flat());
      const worst = Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
      // λmin τ is above 30; what is left is the solve of a float32 kernel with condition number 1e4 to 1e5.
      expect(worst).toBeLessThan(1e-6);
    }
  });

  it("says that with a time the last layer alone is trained, where it is", async () => {
    const said = async (get: "nngp" | "ntk") => {
      const { document } = await predict({ ...asked, get, time: 10 });
      expect(document.verdict.sentence).toContain(", after 10 steps of rate 1");
      return document.sections[0]!.findings.map(({ text }) => text).join("\n");
    };
    expect(await said("nngp")).toContain("Only the last layer is trained");
    expect(await said("ntk")).not.toContain("last layer");
  });

  it("says when test items were training items and when training items are copies", async () => {
    const rows = [...range(0, 30), 4];
    const { document } = await predict({
      ...asked,
      train: { split: "train", rows },
      test: { split: "train", rows: range(20, 20) },
    });
    const texts = document.sections[0]!.findings.map(({ text }) => text).join("\n");
    expect(texts).toContain("1 training items are copies of others");
    expect(texts).toContain("10 test items are training items");
  });

  it("refuses times, curves and settings that mean nothing", async () => {
    expect(await rejection(() => predict({ ...asked, time: -1 }))).toMatchObject({ where: "time" });
    expect(await rejection(() => predict({ ...asked, get: "ntkgp", time: 1 }))).toMatchObject({
      where: "time",
    });
    expect(await rejection(() => predict({ ...asked, curve: [121] }))).toMatchObject({ where: "curve" });
    expect(await rejection(() => predict({ ...asked, curve: [10], time: 3 }))).toMatchObject({
      where: "curve",
    });
  });

  it("stops when it is asked to", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(predict({ ...asked, signal: stop.signal })).rejects.toBeDefined();
  });
});

describe("a search", () => {
  it("tries whole grids, the network as it is first", () => {
    const space = { sw2: { low: 1, high: 4, points: 3 }, depth: { low: 1, high: 2, points: 2 } };
    const found = candidatesOf(space, { tries: 99, seed: 0 });
    expect(found[0]).toEqual({});
    expect(found.slice(1).map(({ sw2 }) => sw2)).toEqual([1, 1, 2, 2, 4, 4]);
    expect(found.slice(1).map(({ depth }) => depth)).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it("draws logarithmically within the ranges, each parameter from its own stream", () => {
    const both = candidatesOf(
      { sw2: { low: 0.01, high: 100 }, sb2: { low: 0, high: 1 } },
      { tries: 200, seed: 3 },
    );
    const one = candidatesOf({ sw2: { low: 0.01, high: 100 } }, { tries: 200, seed: 3 });
    expect(both.map(({ sw2 }) => sw2)).toEqual(one.map(({ sw2 }) => sw2));
    const below = both.filter(({ sw2 }) => sw2! < 1).length;
    expect(below).toBeGreaterThan(70);
    expect(below).toBeLessThan(130);
    expect(both.slice(1).every(({ sb2 }) => sb2! >= 0 && sb2! <= 1)).toBe(true);
  });

  it("keeps the variance that is not searched, and refuses where there is none in common", () => {
    const wide = netOf(net, { sw2: 3, depth: 4 });
    expect(JSON.stringify(wide)).toContain('"sw2":3');
    expect(JSON.stringify(wide)).toContain('"sb2":0.1');
    expect(wide.layers.length).toBeGreaterThan(net.layers.length);
  });

  it("by evidence finds variances of more evidence than a bad network's", async () => {
    const bad = parseNetText("mlp:depth=2,activation=erf,sw2=40,sb2=0");
    const { json, document } = await predict({
      ...asked,
      net: bad,
      search: {
        by: "evidence",
        space: { sw2: { low: 0.5, high: 40, points: 4 }, sb2: { low: 0, high: 0.5, points: 2 } },
        rows: 60,
      },
    });
    const { tries, best } = json["search"] as {
      tries: { evidence: number }[];
      best: { evidence: number; candidate: { sw2: number } };
    };
    expect(tries.length).toBe(9);
    expect(best.evidence).toBe(Math.max(...tries.map(({ evidence }) => evidence)));
    expect(best.evidence).toBeGreaterThan(tries[0]!.evidence);
    expect(document.sections.map(({ id }) => id)).toEqual(["predict", "search"]);
  });

  it("keeps the network as it is where evidence does not depend on what is searched", async () => {
    // Without biases ReLU networks of other weights have this kernel times a factor.
    const relu = parseNetText("mlp:depth=3,activation=relu,sw2=2");
    const { json, document } = await predict({
      ...asked,
      net: relu,
      get: "ntkgp",
      search: { by: "evidence", space: { sw2: { low: 0.5, high: 8, points: 5 } } },
    });
    const { tries, best, net: found } = json["search"] as SearchResult;
    const values = tries.map(({ logEvidence }) => logEvidence!);
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(0.01);
    expect(best.candidate).toEqual({});
    expect(found.layers).toEqual(relu.layers);
    const said = document.sections[1]!.findings.map(({ text }) => text);
    expect(said[0]).toMatch(/^None of 5 candidates has a better log evid/);
    expect(said[1]).toContain("whose covariance is the tangent kernel");
    // The same number as that of the fit, and of the same name.
    expect(best.logEvidence).toBeCloseTo(json["logEvidenceAtScale"] as number, 6);
  });

  it("says at which end of its range a best value is, by the range and not by what was drawn", () => {
    const space = {
      sw2: { low: 0.25, high: 16 },
      sb2: { low: 0, high: 4 },
      depth: { low: 1, high: 9 },
      jitter: { low: 1e-8, high: 1e-2, points: 7 },
    };
    const said = (candidate: Candidate) => {
      const best = { candidate, evidence: 0, logEvidence: 0, errors: 0, loss: 0, relativeJitter: 0 };
      return edgeFindings({ space, best }).map(({ text }) => text);
    };
    expect(said({ sw2: 15.5, sb2: 2, depth: 8, jitter: 1e-3 })).toEqual([
      "The best sw2, 15.5, is at the upper end of its range (0.25 to 16): larger values may be better.",
    ]);
    expect(said({ sw2: 0.26, jitter: 1e-8 })).toEqual([
      expect.stringMatching(/^The best sw2, 0\.26, is at the lower end .*: smaller values may be better\.$/),
      expect.stringMatching(/^The best jitter, 1e-8, is at the lower end/),
    ]);
    expect(said({ sw2: 4, sb2: 0, depth: 1 })).toEqual([]);
    expect(said({ depth: 9, sb2: 4 })).toHaveLength(2);
  });

  it("by validation prefers fewer errors, then the smaller loss", async () => {
    const { json } = await predict({
      ...asked,
      search: { by: "validation", space: { jitter: { low: 1e-6, high: 10, points: 4 } } },
    });
    const { tries, best } = json["search"] as {
      tries: { errors: number; loss: number }[];
      best: { errors: number; loss: number };
    };
    expect(
      tries.every(
        ({ errors, loss }) => errors > best.errors || (errors === best.errors && loss >= best.loss),
      ),
    ).toBe(true);
  });

  it("refuses ranges and rows that cannot be used", async () => {
    const draw = (space: object) => refusal(() => candidatesOf(space, { tries: 2, seed: 0 }));
    expect(draw({ sw2: { low: 2, high: 1 } })).toMatchObject({
      code: "bad-input",
      where: "search.space.sw2",
    });
    expect(draw({ depth: { low: 0, high: 1 } })).toMatchObject({ where: "search.space.depth" });
    expect(draw({ sw2: { low: 1, high: 2, points: 10_001 } })).toMatchObject({ where: "search.tries" });
    const search = { by: "validation", rows: 100 } as const;
    expect(await rejection(() => predict({ ...asked, search }))).toMatchObject({ where: "search.rows" });
    const validation = { split: "train", rows: [5] } as const;
    expect(
      await rejection(() => predict({ ...asked, search: { by: "validation", rows: 50, validation } })),
    ).toMatchObject({
      where: "search.validation",
    });
  });
});
