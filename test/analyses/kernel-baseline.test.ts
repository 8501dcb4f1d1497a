/** @file The untrained, infinitely wide network as a baseline: what it reaches, beside what, within which budget. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Conclusion } from "../../src/analyses/analysis.ts";
import { SurveyContext } from "../../src/analyses/context.ts";
import { predict } from "../../src/analyses/index.ts";
import type { Fitted } from "../../src/analyses/kernel-baseline/curve.ts";
import { findingsOf } from "../../src/analyses/kernel-baseline/findings.ts";
import { kernelBaseline } from "../../src/analyses/kernel-baseline/kernel-baseline.ts";
import { type Planned, planOf } from "../../src/analyses/kernel-baseline/plan.ts";
import { wilsonShare } from "../../src/analyses/wilson.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { type Net, parseNet, parseNetText } from "../../src/net/index.ts";
import { zeros } from "../../src/tensor/index.ts";
import { nonFinite } from "./non-finite.ts";

let dataset: Dataset;
beforeAll(async () => {
  dataset = await loadDataset("digits", { trainSize: 400, testSize: 300 });
});

type Settings = ConstructorParameters<typeof SurveyContext>[0];
const contextOf = (net: Net, more: Partial<Settings> = {}) =>
  new SurveyContext({ net, dataset, seed: 0, seconds: 20, ...more });
const relu = () => parseNetText("mlp:depth=3,width=32,activation=relu,sw2=2");
const planned = (context: SurveyContext) => planOf(context) as Planned;

interface Row {
  readonly n: number;
  readonly errors: number;
  readonly errorRate: number;
  readonly ci: readonly [number, number];
  readonly logEvidence: number;
}
interface Json {
  readonly rows: readonly Row[];
  readonly test: number;
  readonly chance: number;
  readonly linear: { readonly rows: readonly Row[] };
  readonly difference: { readonly diff: number };
  readonly trained: unknown;
}

describe("the baseline of a survey", () => {
  let conclusion: Conclusion;
  let json: Json;
  let context: SurveyContext;
  beforeAll(async () => {
    context = contextOf(relu());
    conclusion = await kernelBaseline.run(context);
    json = conclusion.json as unknown as Json;
  });

  it("has errors by halves of the training rows, which fall below guessing and below a linear model's", () => {
    const n = json.rows.map((row) => row.n);
    expect(n).toEqual([1, 2, 4, 8].map((part) => Math.ceil((part * n[3]!) / 8)));
    const [first, last] = [json.rows[0]!, json.rows[3]!];
    expect(last.errorRate).toBeLessThan(first.errorRate);
    expect(last.ci[1]).toBeLessThan(json.chance);
    expect(last.ci[0]).toBeLessThan(last.errorRate);
    expect(json.linear.rows.map((row) => row.n)).toEqual(n);
    expect(last.errorRate).toBeLessThan(json.linear.rows[3]!.errorRate);
    expect(json.difference.diff).toBeCloseTo(json.linear.rows[3]!.errorRate - last.errorRate, 12);
  });

  it("counts the errors that fathom predict counts on the same rows, with the same evidence", async () => {
    const { train, test } = planned(context);
    const { json: asked } = await predict({
      net: relu(),
      dataset,
      train: { split: "train", rows: train },
      test: { split: "test", rows: test },
      seed: 0,
      command: "",
    });
    const last = json.rows.at(-1)!;
    expect(last.errors).toBe(asked["errors"]);
    expect(last.logEvidence).toBeCloseTo(asked["logEvidence"] as number, 6);
  });

  it("is no less likely at its likeliest factor", () => {
    for (const { logEvidence, likeliestLogEvidence } of json.rows as unknown as Record<string, number>[])
      expect(likeliestLogEvidence).toBeGreaterThanOrEqual(logEvidence!);
  });

  it("draws its rows from those that training has, none twice, and none of the test", () => {
    const { train, test } = planned(context);
    expect(new Set(train).size).toBe(train.length);
    expect(new Set(test).size).toBe(test.length);
    // The last tenth of the training split is held out.
    expect(Math.max(...train)).toBeLessThan(360);
  });

  it("holds no number that JSON cannot, and a figure of its curve", () => {
    expect(nonFinite(conclusion)).toEqual([]);
    expect(conclusion.figures.map(({ id }) => id)).toEqual(["kernel-baseline-curve"]);
    expect(json.trained).toBeNull();
  });

  it("is the same on one thread and on three", async () => {
    for (const threads of [1, 3]) {
      const again = await kernelBaseline.run(contextOf(relu(), { options: { threads } }));
      expect(again.json).toEqual(conclusion.json);
    }
  });

  it("tells its progress, and stops when it is told to", async () => {
    const controller = new AbortController();
    const labels = new Set<string>();
    const onProgress = ({ label, done }: { label: string; done: number }) => {
      labels.add(label);
      if (label === "linear model" && done > 0) controller.abort(new Error("enough"));
    };
    const stopped = kernelBaseline.run(contextOf(relu(), { onProgress, signal: controller.signal }));
    await expect(stopped).rejects.toThrow("enough");
    expect([...labels]).toEqual(["kernel of the infinitely wide network", "linear model"]);
  });
});

describe("the plan", () => {
  it("takes more rows with more seconds, and a small part of them", () => {
    const sizes = [10, 120, 1200].map((seconds) => planned(contextOf(relu(), { seconds })));
    expect(sizes.map(({ train }) => train.length)).toEqual(
      sizes.map(({ train }) => train.length).toSorted((a, b) => a - b),
    );
    for (const [i, budget] of [10, 120, 1200].entries())
      expect(sizes[i]!.seconds).toBeLessThanOrEqual(budget / 10);
  });

  it("gives way with the minutes it wants where its kernel is too dear", () => {
    // Ten layers that see all pairs of 784 positions.
    const conv = { kind: "conv", channels: 8, kernel: 3 };
    const pooled = [{ kind: "globalAvgPool" }, { kind: "dense", width: 10 }];
    const layer = [conv, { kind: "activation", activation: "tanh" }];
    const layers = [...Array.from({ length: 10 }, () => layer).flat(), ...pooled];
    const net = parseNet({ fathom: 1, input: { kind: "image", shape: [1, 28, 28] }, layers });
    expect(kernelBaseline.applies(contextOf(net))).toMatchObject({
      applies: false,
      because: expect.stringMatching(/^its kernel takes about \d+ s.*give --minutes [\d.]+$/),
    });
  });

  it("does not apply, for the reason of the kernel's own error, where no network has the kernel", () => {
    const activation = { kind: "activation", activation: "tanh" };
    const layers = [{ kind: "flatten" }, { kind: "dense", width: 8 }, activation, activation];
    const net = parseNet({
      fathom: 1,
      input: { kind: "image", shape: [1, 28, 28] },
      layers: [...layers, { kind: "dense", width: 10 }],
    });
    expect(kernelBaseline.applies(contextOf(net))).toMatchObject({
      because: expect.stringContaining("layers[3] (activation) acts on units that are not Gaussian"),
    });
    const normalised = parseNetText("mlp:depth=2,width=8,norm=batchnorm");
    expect(kernelBaseline.applies(contextOf(normalised))).toMatchObject({
      because: expect.stringContaining("has no covariance rule"),
    });
  });

  it("does not apply to rows of a single class, and takes data of very few rows", async () => {
    const split = { ...dataset.train, labels: zeros("int32", dataset.train.labels.shape) };
    const single = contextOf(relu(), { dataset: { ...dataset, train: split } });
    expect(kernelBaseline.applies(single)).toMatchObject({
      because: expect.stringContaining("single class"),
    });
    const few = await loadDataset("digits", { trainSize: 4, testSize: 2 });
    const { json } = await kernelBaseline.run(contextOf(relu(), { dataset: few }));
    expect((json as unknown as Json).rows.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(nonFinite(json)).toEqual([]);
  });
});

describe("kernels beyond numbers", () => {
  it("are reasons to leave the baseline out, and no end of the survey", async () => {
    for (const sw2 of ["0", "1e300"]) {
      const context = contextOf(parseNetText(`mlp:depth=3,width=8,activation=relu,sw2=${sw2}`));
      await expect(kernelBaseline.run(context)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringMatching(/^its kernel cannot be used: .*(not positive definite|Infinity)/),
      });
    }
  });
});

describe("what the baseline says", () => {
  const fitted = (n: number, wrong: number): Fitted => ({
    n,
    errors: wilsonShare(wrong, 1000),
    wrong: [],
    jitter: 0,
    logEvidence: -1,
    likeliest: -1,
  });
  const plan = { sizes: [256, 512], train: [], test: [], classes: 10, seconds: 1, warnings: [] };
  const say = (found: Partial<Parameters<typeof findingsOf>[0]>) =>
    findingsOf({
      plan: { ...plan, precision: "float32" },
      network: [fitted(256, 200), fitted(512, 100)],
      linear: undefined,
      difference: undefined,
      trained: undefined,
      chance: 0.9,
      ...found,
    });
  const trained = (error: number) => ({
    error,
    ci: [error - 0.02, error + 0.02] as const,
    networks: 5,
    rows: 9000,
    steps: 200,
  });
  const difference = (low: number, high: number) => ({
    value: (low + high) / 2,
    ci: [low, high] as const,
    kind: "measured" as const,
    assumptions: [],
  });

  it("is worth a look when training is worse than a fit to few rows, named with the fewest of them", () => {
    const [, finding] = say({ trained: trained(0.3) });
    expect(finding).toMatchObject({
      tone: "warn",
      text: expect.stringContaining("Training is worse than none"),
    });
    expect(finding!.text).toContain("20.0 % from 256 of those rows");
    expect(say({ trained: trained(0.16) })[1]!.text).toContain("10.0 % from 512");
  });

  it("is that training pays, or that nothing can be told, otherwise", () => {
    expect(say({ trained: trained(0.03) })[1]).toMatchObject({
      tone: "neutral",
      text: expect.stringContaining("is better"),
    });
    expect(say({ trained: trained(0.1) })[1]).toMatchObject({
      tone: "neutral",
      text: expect.stringContaining("no clear difference"),
    });
  });

  it("is whether the architecture suits the data better than a linear model", () => {
    const linear = [fitted(256, 300), fitted(512, 200)];
    expect(say({ linear, difference: difference(0.05, 0.15) })[1]).toMatchObject({ tone: "good" });
    expect(say({ linear, difference: difference(-0.15, -0.05) })[1]).toMatchObject({ tone: "warn" });
    expect(say({ linear, difference: difference(-0.01, 0.02) })[1]).toMatchObject({ tone: "neutral" });
  });

  it("is bad where the untrained network only guesses, and then says nothing of linear models", () => {
    const network = [fitted(256, 890), fitted(512, 895)];
    const found = say({ network, linear: network, difference: difference(0, 0) });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ tone: "bad", text: expect.stringContaining("no better than guessing") });
  });
});
