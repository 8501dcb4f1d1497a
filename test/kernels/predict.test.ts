/** @file Gaussian-process inference: the closed form, its regularisation, its evidence, and what it refuses. */
import { describe, expect, it } from "vitest";
import { blockMatrix } from "../../src/kernels/gram/matrix.ts";
import { gpInference } from "../../src/kernels/predict/index.ts";
import { eigenSymmetric, Key, ndarray, solve, zeros } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { diagonalOf, distance, gram, minus, problem, times, transpose } from "./predict-problem.ts";

const { nngp, ntk, nngpCross, ntkCross, nngpPrior, ntkPrior, y } = problem({ n: 8, m: 4, c: 3 });

describe("Gaussian-process inference", () => {
  it("of two items is the textbook's", async () => {
    const kernel = ndarray("float64", [2, 2], [2, 1, 1, 2]);
    await using posterior = await gpInference(kernel, { y: ndarray("float64", [2, 1], [3, 0]) });
    const { mean, variance } = await posterior.predict({
      cross: ndarray("float64", [1, 2], [1, 1]),
      prior: ndarray("float64", [1], [2]),
    });
    expect(mean.data[0]).toBeCloseTo(1, 12);
    expect(variance!.data[0]).toBeCloseTo(2 - 2 / 3, 12);
    // −½ yᵀK⁻¹y = −½·6, |K| = 3.
    expect(posterior.logEvidence()).toBeCloseTo(-3 - Math.log(3) / 2 - Math.log(2 * Math.PI), 12);
    expect(posterior.evidenceScale()).toBeCloseTo(3, 12);
  });

  it("gives K*K⁻¹Y and K** − K*K⁻¹K*ᵀ, with variances its diagonal", async () => {
    for (const [kernel, cross, prior] of [
      [nngp, nngpCross, nngpPrior],
      [ntk, ntkCross, ntkPrior],
    ] as const) {
      await using posterior = await gpInference(kernel, { y, diagReg: 0 });
      const full = await posterior.predict({ cross, prior });
      expect(distance(full.mean, times(cross, solve(kernel, y)))).toBeLessThan(1e-12);
      const expected = minus(prior, times(cross, solve(kernel, transpose(cross))));
      expect(distance(full.covariance!, expected)).toBeLessThan(1e-12);
      const { variance } = await posterior.predict({ cross, prior: diagonalOf(prior) });
      expect(distance(variance!, diagonalOf(expected))).toBeLessThan(1e-12);
    }
  });

  it("is N(Y, 0) on its training items", async () => {
    await using posterior = await gpInference(nngp, { y });
    expect(posterior.train()).toEqual({ mean: y, variance: zeros("float64", [8]) });
  });

  it("regularises relative to the mean diagonal, or absolutely", async () => {
    const mean = diagonalOf(nngp).data.reduce((sum, value) => sum + value, 0) / 8;
    const noisy = ndarray(
      "float64",
      [8, 8],
      nngp.data.map((value, at) => value + (at % 9 === 0 ? 0.1 * mean : 0)),
    );
    const expected = times(nngpCross, solve(noisy, y));
    await using relative = await gpInference(nngp, { y, diagReg: 0.1 });
    await using absolute = await gpInference(nngp, { y, diagReg: 0.1 * mean, diagRegScale: "absolute" });
    for (const posterior of [relative, absolute]) {
      expect(posterior.factor.jitter).toBeCloseTo(0.1 * mean, 12);
      expect(distance((await posterior.predict({ cross: nngpCross })).mean, expected)).toBeLessThan(1e-12);
    }
  });

  it("has the same answer from blocks, across their edges", async () => {
    const { nngp: kernel, nngpCross: cross, y: targets } = problem({ n: 520, m: 2, c: 1, seed: 4 });
    await using dense = await gpInference(kernel, { y: targets });
    await using blocks = await gpInference(blockMatrix(kernel, { symmetric: true }), { y: targets });
    const [a, b] = [await dense.predict({ cross }), await blocks.predict({ cross })];
    expect(distance(a.mean, b.mean)).toBeLessThan(1e-12);
  });

  it("of no items has the prior, an evidence of 1 and leaves the scale as it is", async () => {
    const none = { y: zeros("float64", [0, 3]), diagReg: 0.1, diagRegScale: "absolute" } as const;
    await using posterior = await gpInference(zeros("float64", [0, 0]), none);
    const prior = diagonalOf(nngpPrior);
    const { mean, variance } = await posterior.predict({ cross: zeros("float64", [4, 0]), prior });
    expect(mean).toEqual(zeros("float64", [4, 3]));
    expect(variance).toEqual(prior);
    expect(posterior.logEvidence()).toBeCloseTo(0, 15);
    expect(posterior.evidenceScale()).toBe(1);
  });

  it("has the evidence of a normal distribution in the eigenbasis", async () => {
    const { values, vectors } = eigenSymmetric(nngp);
    const z = times(transpose(vectors), y);
    let expected = 0;
    z.data.forEach((value, at) => {
      const variance = values.data[Math.floor(at / 3)]!;
      expected -= (value ** 2 / variance + Math.log(2 * Math.PI * variance)) / 2;
    });
    await using posterior = await gpInference(nngp, { y });
    expect(posterior.logEvidence()).toBeCloseTo(expected, 9);
  });

  it("takes duplicated items by a jitter that it reports", async () => {
    const twice = ndarray("float64", [2, 2], [1, 1, 1, 1]);
    await using posterior = await gpInference(twice, { y: ndarray("float64", [2, 1], [1, 1]) });
    expect(posterior.factor.relativeJitter).toBeGreaterThan(0);
    expect(posterior.factor.relativeJitter).toBeLessThanOrEqual(1e-4);
    const { mean } = await posterior.predict({ cross: ndarray("float64", [1, 2], [1, 1]) });
    expect(mean.data[0]).toBeCloseTo(1, 3);
  });

  it("refuses kernels, targets and test kernels that do not meet", async () => {
    await using posterior = await gpInference(nngp, { y });
    expect(await rejection(() => gpInference(nngp, { y: zeros("float64", [7, 3]) }))).toMatchObject({
      where: "y",
    });
    expect(await rejection(() => gpInference(nngpCross, { y: zeros("float64", [4, 1]) }))).toMatchObject({
      code: "bad-shape",
      where: "kernel",
    });
    expect(await rejection(() => posterior.predict({ cross: transpose(nngpCross) }))).toMatchObject({
      code: "bad-shape",
      where: "cross",
    });
    expect(await rejection(() => posterior.predict({ cross: nngpCross, prior: nngp }))).toMatchObject({
      where: "prior",
    });
    expect(await rejection(() => gpInference(nngp, { y, diagReg: -1 }))).toMatchObject({ where: "diagReg" });
    const noise = { y, diagReg: 0.1, diagRegScale: "absolute" } as const;
    expect(await rejection(() => gpInference(zeros("float64", [8, 8]), noise))).toMatchObject({
      hint: expect.stringContaining("positive diagonal"),
    });
    const indefinite = ndarray("float64", [2, 2], [1, 2, 2, 1]);
    expect(await rejection(() => gpInference(indefinite, { y: zeros("float64", [2, 1]) }))).toMatchObject({
      code: "failed",
    });
  });
});

describe("kernels of features", () => {
  it("are positive definite, as these tests suppose", () => {
    expect(eigenSymmetric(gram(Key.fromSeed(1), 20, 40)).values.data[0]).toBeGreaterThan(0);
  });
});
