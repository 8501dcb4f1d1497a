import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/data/index.ts";
import { initialise } from "../../src/net/index.ts";
import { bracketEdge, compileCurvature, isStable, measureEdge, stableRate } from "../../src/probes/index.ts";
import { Key, ndarray, normal } from "../../src/tensor/index.ts";
import { modelOf } from "./nets.ts";

const key = Key.fromSeed(4);

describe("the bracket", () => {
  it("holds the edge, to the resolution, from any guess", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -8, max: 4, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        async (lnEdge, off) => {
          const edge = Math.exp(lnEdge);
          const { lastStable, firstUnstable, trials } = await bracketEdge(async (rate) => rate < edge, {
            guess: edge * 10 ** off,
          });
          expect(lastStable).toBeLessThan(edge);
          expect(firstUnstable).toBeGreaterThanOrEqual(edge);
          expect(firstUnstable / lastStable).toBeLessThanOrEqual(1.25);
          expect(trials).toBeLessThan(14);
        },
      ),
    );
  });

  it("is open where no rate in reach works, or all do", async () => {
    expect(await bracketEdge(async () => false, { guess: 1, reach: 3 })).toMatchObject({
      lastStable: 0,
      trials: 4,
    });
    expect(await bracketEdge(async () => true, { guess: 1, reach: 3 })).toMatchObject({
      firstUnstable: Number.POSITIVE_INFINITY,
      lastStable: 3 ** 6,
    });
  });

  it("reaches an edge thirteen orders of magnitude away", async () => {
    const { lastStable, trials } = await bracketEdge(async (rate) => rate < 1, { guess: 1e-13 });
    expect(lastStable).toBeGreaterThan(0.8 - 1e-9);
    expect(trials).toBeLessThan(16);
  });

  it("needs a positive guess and factors above 1", async () => {
    const works = async () => true;
    await expect(bracketEdge(works, { guess: 0 })).rejects.toMatchObject({ where: "guess" });
    await expect(bracketEdge(works, { guess: Number.NaN })).rejects.toMatchObject({ where: "guess" });
    await expect(bracketEdge(works, { guess: 1, stride: 1 })).rejects.toMatchObject({ where: "stride" });
    await expect(bracketEdge(works, { guess: 1, resolution: 0.9 })).rejects.toMatchObject({
      where: "resolution",
    });
  });
});

describe("a run", () => {
  const run = (status: "done" | "diverged", ...losses: number[]) => ({
    status,
    losses: Float64Array.from(losses),
  });

  it("is stable when it comes down again, unstable when it stands high or diverges", () => {
    expect(isStable(run("done", 2, 30, 3, 1))).toBe(true);
    expect(isStable(run("done", 2, 1, 2, 3.5))).toBe(false);
    expect(isStable(run("done", 2, 900, 2.3, 2.3))).toBe(false); // dead, not recovered
    expect(isStable(run("diverged", 2, 1, 1, 1))).toBe(false);
  });
});

describe("the measured edge of gradient descent", () => {
  const rows = 32;
  const split = {
    inputs: normal(key.split("inputs"), "float32", [rows, 8]),
    labels: ndarray(
      "int32",
      [rows],
      Array.from({ length: rows }, (_, i) => i % 3),
    ),
  };
  const dataset: Dataset = {
    name: "normal",
    kind: "vector",
    inputShape: [8],
    classes: 3,
    scale: 1,
    train: split,
    test: split,
    source: "test",
  };
  const linear = modelOf("mlp:depth=0,in=8,out=3");

  for (const momentum of [0, 0.9]) {
    it(`is 2(1 + β)/λ_max where the loss is a quadratic and the batch is all data (β = ${momentum})`, async () => {
      await using probe = await compileCurvature("hessian", { model: linear, loss: "mse", ...split });
      const { largest } = await probe.measure(initialise(linear, key));
      const expected = stableRate(largest, momentum);
      const { interval, edge, brackets } = await measureEdge({
        model: linear,
        dataset,
        loss: "mse",
        optimizer: { kind: "sgd", momentum },
        batch: rows,
        steps: 200,
        seeds: 2,
        guess: 0.3,
        resolution: 1.1,
        key,
      });
      expect(brackets).toHaveLength(2);
      // Above the edge the loss must have time to grow: 200 steps see rates 1.1 times too large.
      expect(expected).toBeGreaterThan(interval[0] / 1.1);
      expect(expected).toBeLessThan(interval[1] * 1.01);
      expect(edge!.value).toBeGreaterThan(interval[0]);
      expect(edge!.value).toBeLessThan(interval[1]);
    });
  }

  it("needs at least two seeds and four steps", async () => {
    const settings = { model: linear, dataset, batch: 8, guess: 0.1 };
    await expect(measureEdge({ ...settings, seeds: 1 })).rejects.toMatchObject({ where: "seeds" });
    await expect(measureEdge({ ...settings, steps: 2 })).rejects.toMatchObject({ where: "steps" });
  });

  it("stops when asked to", async () => {
    const signal = AbortSignal.abort();
    await expect(measureEdge({ model: linear, dataset, batch: 8, guess: 0.1, signal })).rejects.toThrow(
      /abort/,
    );
  });
});
