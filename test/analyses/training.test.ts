/** @file The comparison by training: its plan, its statistics, and its verdicts on races made by hand. */
import { describe, expect, it } from "vitest";
import { secondsPerStep } from "../../src/analyses/step-cost.ts";
import { chanceError, stepsToTarget, usableRates } from "../../src/analyses/training/compare.ts";
import { holdOut } from "../../src/analyses/training/measure.ts";
import { comparisonSeconds, planTraining } from "../../src/analyses/training/plan.ts";
import { logGrid, rateGrid } from "../../src/analyses/training/rate-grid.ts";
import type { TrainingResults } from "../../src/analyses/training/results.ts";
import { summarise } from "../../src/analyses/training/results.ts";
import type { Tournament } from "../../src/analyses/training/tournament.ts";
import { trainingFindings, trainingVerdict } from "../../src/analyses/training/verdict.ts";
import { buildModel, parseNet, parseNetText } from "../../src/net/index.ts";

const model = buildModel(parseNetText("mlp:depth=30,width=128,in=784"));
const rows = { batch: 128, validation: 5000, test: 10_000, perCall: 500 };
const plan = (seconds: number) =>
  planTraining({ models: [model, model], learningRates: rateGrid([1]), seconds, train: 54_000, rows });

/** Errors of the rates 1, 10, 100, … at one rung. */
const rungOf = (errors: (number | null)[]) =>
  errors.map((validationError, i) => ({ learningRate: 10 ** i, steps: 10, validationError }));

describe("the plan of a comparison", () => {
  it("has at least five rates and at least three seeds", () => {
    const { learningRates, searchSeeds, seeds } = plan(60);
    expect(learningRates.length).toBeGreaterThanOrEqual(5);
    expect(searchSeeds).toBeGreaterThanOrEqual(3);
    expect(seeds).toBeGreaterThanOrEqual(searchSeeds);
  });

  it("buys more steps with more time, up to three epochs, and keeps within the time", () => {
    expect(plan(120).steps).toBeGreaterThan(plan(60).steps);
    expect(plan(60).seconds).toBeLessThanOrEqual(60);
    expect(plan(1e6).steps).toBe(Math.ceil((3 * 54_000) / 128));
  });

  it("halves: rungs get longer and fewer rates stay", () => {
    const { rungs, steps } = plan(60);
    expect(rungs.map(({ keep }) => keep)).toEqual([...rungs.map(({ keep }) => keep)].sort((a, b) => b - a));
    expect(rungs.at(-1)).toEqual({ steps, keep: 1 });
    for (const [i, rung] of rungs.entries()) expect(rung.steps).toBeGreaterThan(rungs[i - 1]?.steps ?? 0);
  });

  it("counts the cost of each network, and takes no batch larger than the rows", () => {
    const large = buildModel(parseNetText("mlp:depth=30,width=512,in=784"));
    const race = (models: (typeof model)[]) =>
      planTraining({ models, learningRates: rateGrid([1]), seconds: 60, train: 54_000, rows });
    expect(race([model, large]).steps).toBeLessThan(race([model, model]).steps);
    const least = (models: (typeof model)[]) => comparisonSeconds(models, rows);
    expect(2 * least([model, large])).toBeCloseTo(least([model, model]) + least([large, large]), 9);
    expect(least([model])).toBeLessThan(least([model, model]) / 2);
    const few = { models: [model], learningRates: rateGrid([1]), seconds: 60, train: 90, rows };
    expect(planTraining(few).batch).toBe(90);
  });

  it("counts whole calls of an evaluation, which are filled up", () => {
    const seconds = (validation: number, perCall: number) =>
      comparisonSeconds([model], { batch: 16, validation, test: validation, perCall });
    expect(seconds(100, 500)).toBe(seconds(500, 500));
    expect(seconds(100, 100)).toBeLessThan(seconds(100, 500));
  });
});

describe("the cost of a step", () => {
  const costOf = (layers: object[], input: object = { kind: "image", shape: [4, 16, 16] }) =>
    secondsPerStep(buildModel(parseNet({ fathom: 1, input, layers })), 128);

  it("counts kernels at every position, and rows in proportion", () => {
    const conv = (stride: number) => costOf([{ kind: "conv", channels: 8, kernel: 3, stride }]);
    const dense = costOf([{ kind: "flatten" }, { kind: "dense", width: 1 }]);
    expect(conv(1) / conv(2)).toBeGreaterThan(3);
    expect(conv(1)).toBeGreaterThan(10 * dense);
    expect(secondsPerStep(model, 128) / secondsPerStep(model, 64)).toBeGreaterThan(1.5);
  });

  it("counts attention, edges of graphs, and layers inside branches", () => {
    const tokens = (count: number) => ({ kind: "tokens", shape: [count, 8] });
    const attention = (count: number) => costOf([{ kind: "selfAttention", heads: 2 }], tokens(count));
    expect(attention(64) / attention(16)).toBeGreaterThan(2);
    const graph = (nodes: number) => costOf([{ kind: "aggregate", graph: { grid: [nodes] } }], tokens(nodes));
    expect(graph(400)).toBeGreaterThan(3 * graph(40));
    const inner = Array(9).fill({ kind: "scale", factor: 1 });
    expect(costOf([{ kind: "residual", branch: inner }])).toBeCloseTo(10 * costOf([inner[0]]), 9);
  });
});

describe("rates on a grid", () => {
  it("reach from below the smaller edge up to the larger one, evenly, where edges are close", () => {
    const rates = rateGrid([0.5, 2]);
    expect(rates).toHaveLength(8);
    expect(rates[0]).toBeCloseTo(0.5 / 128, 12);
    expect(rates.at(-1)).toBeCloseTo(2, 12);
    for (const [i, rate] of rates.slice(1).entries())
      expect(rate / rates[i]!).toBeCloseTo(rates[1]! / rates[0]!, 9);
  });

  it("are close together below each edge where those are far apart", () => {
    const rates = rateGrid([1e-12, 0.5]);
    expect(rates).toHaveLength(10);
    for (const edge of [1e-12, 0.5]) {
      const below = rates.filter((rate) => rate <= edge * 1.001 && rate >= edge / 130);
      expect(below).toHaveLength(5);
      for (const [i, rate] of below.slice(1).entries()) expect(rate / below[i]!).toBeLessThan(4);
    }
  });

  it("are evenly spaced in the logarithm", () => {
    expect(logGrid(0.01, 100, 5).map((rate) => Math.round(rate * 1e6) / 1e6)).toEqual([
      0.01, 0.1, 1, 10, 100,
    ]);
  });

  it("are usable in a run of neighbours around the best one", () => {
    const rung = rungOf([0.88, 0.5, 0.3, 0.5, null, 0.4]);
    expect(usableRates([rung], { chance: 0.9, best: 100 })).toEqual([10, 1000]);
  });

  it("are judged at the last rung they reached, beside the others there", () => {
    const first = rungOf([0.7, 0.75, 0.8]);
    const last = rungOf([0.6, 0.2]);
    expect(usableRates([first, last], { chance: 0.9, best: 10 })).toEqual([10, 100]);
  });

  it("are unusable when none comes clearly below chance", () => {
    expect(usableRates([rungOf([0.89, 0.88, null])], { chance: 0.9, best: 10 })).toBeUndefined();
  });
});

describe("steps to a target", () => {
  const run = (losses: number[], seed = 0) => ({
    seed,
    diverged: false,
    testError: 0.1,
    losses: Float64Array.from(losses),
  });

  it("are counted at the loss that both reach", () => {
    expect(stepsToTarget([run([4, 3, 2, 1])], [run([4, 2, 1, 0.5])])).toEqual({
      target: 1,
      before: 4,
      after: 3,
    });
  });

  it("are absent where no run finished", () => {
    const lost = { ...run([1, 1]), diverged: true, testError: null };
    expect(stepsToTarget([lost], [run([2, 1])])).toMatchObject({ before: null, after: 2 });
    expect(stepsToTarget([lost], [lost])).toBeUndefined();
  });
});

describe("the outcome", () => {
  const labels = { data: Int32Array.from({ length: 100 }, (_, i) => i % 10) };
  const context = { dataset: { train: { labels } } } as never;
  const chance = 0.9;

  /** A race that ended with these test errors; null diverged. */
  function race(...errors: (number | null)[]): Tournament {
    const finals = errors.map((testError, seed) => ({
      seed,
      diverged: testError === null,
      testError,
      losses: Float64Array.of(1),
    }));
    return { runs: [], rungs: [[]], bestRate: errors.length > 0 ? 0.1 : undefined, finals };
  }

  const rows = { train: 90, validation: 10, test: 10 };
  const compare = (before: Tournament, after?: Tournament) => {
    const results = summarise(context, { plan: plan(60), before, after, rows });
    return { ...results, verdict: trainingVerdict(results, "advised initialisation") };
  };

  it.each([
    ["after", race(0.5, 0.52, 0.51), race(0.3, 0.31, 0.29), "warn", /advised initialisation wins/],
    ["before", race(0.3, 0.31, 0.29), race(0.5, 0.52, 0.51), "good", /as given is better/],
    ["equal", race(0.3, 0.3, 0.31), race(0.3, 0.301, 0.309), "good", /^No gain at tuned rates/],
    ["unclear", race(0.3, 0.5, 0.4), race(0.4, 0.3, 0.4), "good", /^No clear gain/],
    [
      "neither",
      race(0.88, 0.9, 0.89),
      race(0.87, 0.9, 0.91),
      "bad",
      /^No learning rate of the grid trains either/,
    ],
    ["after", race(0.89, 0.9, 0.9), race(0.3, 0.31, 0.29), "bad", /wins: 89\.7 % against 30\.0 %/],
    ["after", race(), race(0.3, 0.31, 0.29), "bad", /divergence at every rate against 30\.0 %/],
    ["before", race(0.3, 0.31, 0.29), race(), "good", /30\.0 % against divergence at every rate/],
    ["neither", race(), race(), "bad", /divergence at every rate against divergence/],
  ])("is %s", (outcome, before, after, tone, sentence) => {
    const found = compare(before, after);
    expect(found.outcome).toBe(outcome);
    expect(found.verdict.tone).toBe(tone);
    expect(found.verdict.sentence).toMatch(sentence);
  });

  it("of a network alone is whether it learns", () => {
    expect(compare(race(0.3, 0.4))).toMatchObject({ outcome: "alone", verdict: { tone: "good" } });
    expect(compare(race(0.6, 0.7))).toMatchObject({ outcome: "alone", verdict: { tone: "neutral" } });
    expect(compare(race(0.88, 0.9))).toMatchObject({ outcome: "neither", verdict: { tone: "bad" } });
    expect(compare(race(0.88, 0.9)).verdict.sentence).toMatch(
      /trains this network in so short a run: 89\.0 % test error in/,
    );
  });

  it("counts a diverged run as chance in the errors and in their difference alike", () => {
    const { before, after, difference } = compare(race(0.3, 0.3, 0.3), race(0.2, null, 0.2));
    expect(after!.value).toBeCloseTo((0.2 + chance + 0.2) / 3, 12);
    expect(difference!.value).toBeCloseTo(after!.value - before!.value, 12);
    expect(after!.assumptions).toContain("1 diverged, counted as chance");
  });

  it("asks for a quarter of chance where that is little", () => {
    const skewed = { data: Int32Array.from({ length: 100 }, (_, i) => (i < 4 ? 1 : 0)) };
    const inSkewed = (error: number) =>
      summarise({ dataset: { train: { labels: skewed } } } as never, {
        plan: plan(60),
        before: race(error, error),
        after: undefined,
        rows,
      }).outcome;
    expect([inSkewed(0.04), inSkewed(0.035), inSkewed(0.02)]).toEqual(["neither", "neither", "alone"]);
  });

  it("takes the commonest class for chance", () => {
    expect(chanceError([0, 0, 0, 1])).toBe(0.25);
    expect(chanceError([2, 2])).toBe(0);
  });
});

describe("held-out rows", () => {
  it("are the last tenth, at most so many, and never trained on", () => {
    const { train, validation } = holdOut(60_000, 5000);
    expect(validation.length).toBe(5000);
    expect(train.at(-1)! + 1).toBe(validation[0]);
    expect(holdOut(100, 5000).validation.length).toBe(10);
  });
});

it("says when the best rate is the smallest that was tried", () => {
  const results = (bestRate: number) =>
    ({
      outcome: "alone",
      before: { value: 0.3 },
      chance: 0.9,
      measured: { plan: { steps: 10, learningRates: [0.1, 1] }, before: { bestRate, finals: [] } },
    }) as unknown as TrainingResults;
  const texts = (bestRate: number) => trainingFindings(results(bestRate), "").map(({ text }) => text);
  const warning = expect.stringContaining("as given, 0.1, is the smallest that was tried");
  expect(texts(0.1)).toContainEqual(warning);
  expect(texts(1)).not.toContainEqual(warning);
});
