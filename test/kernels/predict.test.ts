/** @file Gaussian-process inference and ensembles of trained networks: closed forms, limits, Monte Carlo, classes. */
import { describe, expect, it } from "vitest";
import { blockMatrix } from "../../src/kernels/gram/matrix.ts";
import {
  classScores,
  classTargets,
  gpInference,
  gradientDescentMseEnsemble,
  ntkInference,
} from "../../src/kernels/predict/index.ts";
import { cholesky, eigenSymmetric, Key, ndarray, normal, solve, zeros } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import {
  block,
  diagonalOf,
  distance,
  type Float64,
  gram,
  problem,
  times,
  transpose,
} from "./predict-problem.ts";

const small = problem({ n: 8, m: 4, c: 3 });
const { nngp, ntk, nngpCross, ntkCross, nngpPrior, ntkPrior, y } = small;

function minus(a: Float64, b: Float64, factor = 1): Float64 {
  return ndarray(
    "float64",
    a.shape,
    a.data.map((value, i) => value - factor * b.data[i]!),
  );
}

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
    const relative = await gpInference(nngp, { y, diagReg: 0.1 });
    const absolute = await gpInference(nngp, { y, diagReg: 0.1 * mean, diagRegScale: "absolute" });
    for (const posterior of [relative, absolute]) {
      expect(posterior.factor.jitter).toBeCloseTo(0.1 * mean, 12);
      expect(distance((await posterior.predict({ cross: nngpCross })).mean, expected)).toBeLessThan(1e-12);
    }
  });

  it("has the same answer from blocks, across their edges", async () => {
    const { nngp: kernel, nngpCross: cross, y: targets } = problem({ n: 520, m: 2, c: 1, seed: 4 });
    const dense = await gpInference(kernel, { y: targets });
    const blocks = await gpInference(blockMatrix(kernel, { symmetric: true }), { y: targets });
    const [a, b] = [await dense.predict({ cross }), await blocks.predict({ cross })];
    expect(distance(a.mean, b.mean)).toBeLessThan(1e-12);
  });

  it("has the evidence of a normal distribution in the eigenbasis", async () => {
    const { values, vectors } = eigenSymmetric(nngp);
    const z = times(transpose(vectors), y);
    let expected = 0;
    z.data.forEach((value, at) => {
      const variance = values.data[Math.floor(at / 3)]!;
      expected -= (value ** 2 / variance + Math.log(2 * Math.PI * variance)) / 2;
    });
    expect((await gpInference(nngp, { y })).logEvidence()).toBeCloseTo(expected, 9);
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
    const indefinite = ndarray("float64", [2, 2], [1, 2, 2, 1]);
    expect(await rejection(() => gpInference(indefinite, { y: zeros("float64", [2, 1]) }))).toMatchObject({
      code: "failed",
    });
  });
});

describe("networks trained to the end", () => {
  it("have mean Θ*Θ⁻¹Y and the covariance of f* − B f", async () => {
    await using ensemble = await ntkInference({ ntk, nngp }, { y });
    const { mean, covariance } = await ensemble.predict({ cross: ntkCross, nngpCross, prior: nngpPrior });
    const b = transpose(solve(ntk, transpose(ntkCross)));
    expect(distance(mean, times(b, y))).toBeLessThan(1e-12);
    const carried = times(times(b, nngp), transpose(b));
    const crossed = times(nngpCross, transpose(b));
    const expected = minus(minus(minus(nngpPrior, carried, -1), crossed), transpose(crossed));
    expect(distance(covariance!, expected)).toBeLessThan(1e-12);
    const { variance } = await ensemble.predict({ cross: ntkCross, nngpCross, prior: diagonalOf(nngpPrior) });
    expect(distance(variance!, diagonalOf(expected))).toBeLessThan(1e-12);
  });

  it("need K for their variance and Θ at all", async () => {
    await using ensemble = await ntkInference({ ntk }, { y });
    expect((await ensemble.predict({ cross: ntkCross })).mean.shape).toEqual([4, 3]);
    expect(await rejection(() => ensemble.predict({ cross: ntkCross, prior: nngpPrior }))).toMatchObject({
      code: "bad-input",
      where: "nngp",
    });
    expect(await rejection(() => ntkInference({ nngp }, { y }))).toMatchObject({ where: "ntk" });
    expect(await rejection(() => gradientDescentMseEnsemble("ntk", { nngp, y }))).toMatchObject({
      where: "ntk",
    });
  });

  it("are the end of the ensemble over time", async () => {
    await using inference = await ntkInference({ ntk, nngp }, { y });
    const expected = await inference.predict({ cross: ntkCross, nngpCross, prior: nngpPrior });
    const ensemble = gradientDescentMseEnsemble("ntk", { nngp, ntk, y });
    const end = ensemble.test(Infinity, { nngp: nngpCross, ntk: ntkCross, prior: nngpPrior });
    expect(distance(end.mean, expected.mean)).toBeLessThan(1e-11);
    expect(distance(end.covariance!, expected.covariance!)).toBeLessThan(1e-11);
    expect(distance(ensemble.train(Infinity).mean, y)).toBeLessThan(1e-12);
    expect(distance(ensemble.train(Infinity).covariance!, zeros("float64", [8, 8]))).toBe(0);
  });

  it("whose last layer alone is trained are the Gaussian process in the end", async () => {
    await using posterior = await gpInference(nngp, { y });
    const expected = await posterior.predict({ cross: nngpCross, prior: nngpPrior });
    const end = gradientDescentMseEnsemble("nngp", { nngp, y }).test(Infinity, {
      nngp: nngpCross,
      prior: nngpPrior,
    });
    expect(distance(end.mean, expected.mean)).toBeLessThan(1e-11);
    expect(distance(end.covariance!, expected.covariance!)).toBeLessThan(1e-11);
  });
});

describe("ensembles at a finite time", () => {
  /** A of f_t* = f0* − A f0 + A Y, and e^{−Θτ} = I − (what is learnt) by the power series of the exponential. */
  function flowMatrices(kernel: Float64, cross: Float64, tau: number) {
    const n = kernel.shape[0]!;
    const identity = ndarray(
      "float64",
      [n, n],
      Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
    );
    let term = identity;
    let gain = zeros("float64", [n, n]);
    // (1 − e^{−λτ})/λ = Σ_{k≥1} τᵏ(−λ)^{k−1}/k!
    for (let k = 1; k < 120; k++) {
      gain = minus(gain, term, -tau / k);
      term = ndarray(
        "float64",
        [n, n],
        times(term, kernel).data.map((value) => (value * -tau) / k),
      );
    }
    return { a: times(cross, gain), left: minus(identity, times(kernel, gain)) };
  }

  const tau = 1.5;
  const t = tau * y.data.length;

  it("are f0* − A f0 + A Y over initial outputs of covariance K", () => {
    const { a, left } = flowMatrices(ntk, ntkCross, tau);
    const ensemble = gradientDescentMseEnsemble("ntk", { nngp, ntk, y });
    const { mean, covariance } = ensemble.test(t, { nngp: nngpCross, ntk: ntkCross, prior: nngpPrior });
    const train = ensemble.train(t);
    expect(distance(mean, times(a, y))).toBeLessThan(1e-10);
    expect(distance(train.mean, minus(y, times(left, y)))).toBeLessThan(1e-10);
    expect(distance(train.covariance!, times(times(left, nngp), transpose(left)))).toBeLessThan(1e-10);
    const draws = drawn(40_000, (train, test) => minus(test, times(a, train)));
    // 5 standard errors of a second moment of variables of variance about 1.
    expect(distance(covariance!, draws)).toBeLessThan((5 * Math.SQRT2) / 200);
  });

  it("of last layers carry K along its own eigenvectors", () => {
    const { a, left } = flowMatrices(nngp, nngpCross, tau);
    const ensemble = gradientDescentMseEnsemble("nngp", { nngp, y });
    const got = ensemble.test(t, { nngp: nngpCross, prior: nngpPrior });
    const crossed = times(nngpCross, transpose(a));
    const carried = times(times(a, nngp), transpose(a));
    const expected = minus(minus(minus(nngpPrior, carried, -1), crossed), transpose(crossed));
    expect(distance(got.covariance!, expected)).toBeLessThan(1e-10);
    expect(distance(ensemble.train(t).covariance!, times(times(left, nngp), transpose(left)))).toBeLessThan(
      1e-10,
    );
    const { variance } = ensemble.test(t, { nngp: nngpCross, prior: diagonalOf(nngpPrior) });
    expect(distance(variance!, diagonalOf(expected))).toBeLessThan(1e-10);
  });

  it("start at the prior", () => {
    const ensemble = gradientDescentMseEnsemble("ntk", { nngp, ntk, y });
    const { mean, covariance } = ensemble.test(0, { nngp: nngpCross, ntk: ntkCross, prior: nngpPrior });
    expect(distance(mean, zeros("float64", [4, 3]))).toBe(0);
    expect(distance(covariance!, nngpPrior)).toBe(0);
  });

  /** Second moment over draws of initial outputs of the 8 training and 4 test items. */
  function drawn(count: number, of: (train: Float64, test: Float64) => Float64): Float64 {
    const joint = zeros("float64", [12, 12]);
    const put = (part: Float64, top: number, left: number) =>
      part.data.forEach((value, at) => {
        const [i, j] = [top + Math.floor(at / part.shape[1]!), left + (at % part.shape[1]!)];
        joint.data[i * 12 + j] = joint.data[j * 12 + i] = value;
      });
    put(nngp, 0, 0);
    put(nngpCross, 8, 0);
    put(nngpPrior, 8, 8);
    const outputs = times(cholesky(joint), normal(Key.fromSeed(21), "float64", [12, count]));
    const f = of(block(outputs, [0, 8], [0, count]), block(outputs, [8, 12], [0, count]));
    const moment = times(f, transpose(f));
    return ndarray(
      "float64",
      [4, 4],
      moment.data.map((value) => value / count),
    );
  }
});

describe("classes", () => {
  it("have targets +1 for their own items and −1 for others", () => {
    expect([...classTargets(ndarray("int32", [2], [1, 0]), 3).data]).toEqual([-1, 1, -1, 1, -1, -1]);
  });

  it("are those of the largest mean, the first of equals", () => {
    const { predicted, margin } = classScores(ndarray("float64", [2, 3], [0, 2, 0.5, 1, 1, -1]));
    expect([...predicted.data]).toEqual([1, 0]);
    expect([...margin.data]).toEqual([1.5, 0]);
  });

  it("of two outputs have probability Φ((m₁ − m₂)/(σ√2))", () => {
    const mean = ndarray("float64", [1, 2], [0.3, -0.1]);
    const { probabilities } = classScores(mean, { variance: ndarray("float64", [1], [0.08]) });
    // (0.4)/(√0.08·√2) = 1: Φ(1)
    expect(probabilities!.data[0]).toBeCloseTo(0.8413447460685429, 12);
  });

  it("of ten outputs have the frequencies of drawn outputs", () => {
    const mean = normal(Key.fromSeed(1), "float64", [1, 10]);
    const { probabilities } = classScores(mean, { variance: ndarray("float64", [1], [0.09]), scale: 4 });
    const count = 40_000;
    const noise = normal(Key.fromSeed(2), "float64", [count, 10]).data;
    const frequencies = new Float64Array(10);
    for (let i = 0; i < count; i++) {
      const drawn = Array.from(mean.data, (value, c) => value + 0.6 * noise[i * 10 + c]!);
      frequencies[drawn.indexOf(Math.max(...drawn))]! += 1 / count;
    }
    probabilities!.data.forEach((p, c) => {
      expect(Math.abs(p - frequencies[c]!)).toBeLessThan(5 * Math.sqrt((p * (1 - p) + 1e-6) / count));
    });
  });

  it("are certain without variance, and shared between equal means", () => {
    const mean = ndarray("float64", [2, 3], [0, 2, 1, 1, 1, -1]);
    const { probabilities } = classScores(mean, { variance: zeros("float64", [2]) });
    expect([...probabilities!.data]).toEqual([0, 1, 0, 0.5, 0.5, 0]);
  });

  it("refuse negative variances and labels that are no classes", async () => {
    const mean = zeros("float64", [1, 2]);
    const variance = ndarray("float64", [1], [-1]);
    expect(await rejection(() => classScores(mean, { variance }))).toMatchObject({ where: "variance[0]" });
    expect(await rejection(() => classTargets(ndarray("int32", [2], [0, 3]), 3))).toMatchObject({
      where: "labels[1]",
    });
  });
});

describe("kernels of features", () => {
  it("are positive definite, as these tests suppose", () => {
    expect(eigenSymmetric(gram(Key.fromSeed(1), 20, 40)).values.data[0]).toBeGreaterThan(0);
  });
});
