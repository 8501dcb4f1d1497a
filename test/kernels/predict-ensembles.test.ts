/** @file Ensembles of trained networks: at the end of training and at finite times, against matrices and drawn outputs. */
import { describe, expect, it } from "vitest";
import { gpInference, gradientDescentMseEnsemble, ntkInference } from "../../src/kernels/predict/index.ts";
import { cholesky, Key, ndarray, normal, solve, zeros } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import {
  block,
  diagonalOf,
  distance,
  type Float64,
  minus,
  problem,
  times,
  transpose,
} from "./predict-problem.ts";

const { nngp, ntk, nngpCross, ntkCross, nngpPrior, y } = problem({ n: 8, m: 4, c: 3 });

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
