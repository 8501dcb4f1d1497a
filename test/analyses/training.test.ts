/** @file The comparison by training: its plan, its statistics, and its verdicts on races made by hand. */
import { describe, expect, it } from "vitest";
import { stepsToTarget, usableRates } from "../../src/analyses/training/compare.ts";
import { holdOut } from "../../src/analyses/training/measure.ts";
import { logGrid, planTraining } from "../../src/analyses/training/plan.ts";
import { buildModel, parseNetText } from "../../src/net/index.ts";

const model = buildModel(parseNetText("mlp:depth=30,width=128,in=784"));
const plan = (seconds: number) =>
  planTraining({ model, rates: [1e-3, 1], seconds, rows: 54_000, initialisations: 2 });

describe("the plan of a comparison", () => {
  it("has at least five rates over the whole range and at least three seeds", () => {
    const { learningRates, searchSeeds, seeds } = plan(60);
    expect(learningRates.length).toBeGreaterThanOrEqual(5);
    expect(learningRates[0]).toBeCloseTo(1e-3, 12);
    expect(learningRates.at(-1)).toBeCloseTo(1, 12);
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

  it("depends on no clock", () => {
    expect(plan(60)).toEqual(plan(60));
  });
});

describe("rates on a grid", () => {
  it("are evenly spaced in the logarithm", () => {
    expect(logGrid(0.01, 100, 5).map((rate) => Math.round(rate * 1e6) / 1e6)).toEqual([
      0.01, 0.1, 1, 10, 100,
    ]);
  });

  it("are usable in a run of neighbours around the best one", () => {
    const errors = [0.88, 0.5, 0.3, 0.5, null, 0.4];
    const rung = errors.map((validationError, i) => ({ learningRate: 10 ** i, steps: 10, validationError }));
    expect(usableRates(rung, { chance: 0.9, best: 0.3 })).toEqual([10, 1000]);
  });

  it("are unusable when none comes clearly below chance", () => {
    const rung = [0.89, 0.88, null].map((validationError, i) => ({
      learningRate: i + 1,
      steps: 10,
      validationError,
    }));
    expect(usableRates(rung, { chance: 0.9, best: 0.2 })).toBeUndefined();
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

describe("held-out rows", () => {
  it("are the last tenth, at most 5,000, and never trained on", () => {
    const { train, validation } = holdOut(60_000);
    expect(validation.length).toBe(5000);
    expect(train.at(-1)! + 1).toBe(validation[0]);
    expect(holdOut(100).validation.length).toBe(10);
  });
});
