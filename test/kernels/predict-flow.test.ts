/** @file Gradient descent in function space: closed forms against integration, and what bounds the learning rate. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { blockMatrix } from "../../src/kernels/gram/matrix.ts";
import {
  crossEntropyLoss,
  gradientDescent,
  gradientDescentMse,
  kernelProduct,
  largestEigenvalue,
  maxLearningRate,
  squaredLoss,
} from "../../src/kernels/predict/index.ts";
import { eigenSymmetric, Key, ndarray, normal, zeros } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { distance, type Float64, gram, problem, rungeKutta, times } from "./predict-problem.ts";

const { ntk, ntkCross: cross, y } = problem({ n: 7, m: 3, c: 2 });
const start = normal(Key.fromSeed(5), "float64", [7, 2]);
const testStart = normal(Key.fromSeed(6), "float64", [3, 2]);

/** Outputs of training and test items by integrating ḟ = −η Θ(·, train) (f − Y)/size. */
function integrated(t: number, rate: number): [Float64, Float64] {
  const end = rungeKutta(
    (state) => {
      const error = ndarray(
        "float64",
        [7, 2],
        state.slice(0, 14).map((f, i) => f - y.data[i]!),
      );
      const pull = (kernel: Float64) => times(kernel, error).data.map((value) => (-rate * value) / 14);
      return Float64Array.of(...pull(ntk), ...pull(cross));
    },
    Float64Array.of(...start.data, ...testStart.data),
    { end: t, steps: 2000 },
  );
  return [ndarray("float64", [7, 2], end.slice(0, 14)), ndarray("float64", [3, 2], end.slice(14))];
}

describe("gradient descent on a squared loss", () => {
  const flow = gradientDescentMse({ ntk, y, learningRate: 0.3 });

  it("follows its differential equation", () => {
    const [train, test] = integrated(40, 0.3);
    const got = flow(40, { f0: start, test: { cross, f0: testStart } });
    // Of order 4 with steps of 0.02 in units of 1/λ: the oracle is exact to 1e-12.
    expect(distance(got.train, train)).toBeLessThan(1e-11);
    expect(distance(got.test!, test)).toBeLessThan(1e-11);
  });

  it("ends at the targets, and at f0* + Θ*Θ⁻¹(Y − f0) on test items", () => {
    const { train, test } = flow(Infinity, { f0: start, test: { cross, f0: testStart } });
    expect(distance(train, y)).toBeLessThan(1e-12);
    const late = flow(1e9, { f0: start, test: { cross, f0: testStart } });
    expect(distance(late.test!, test!)).toBeLessThan(1e-12);
  });

  it("takes a list of times with a leading axis", () => {
    const { train, test } = flow([0, 40, Infinity], { f0: start, test: { cross } });
    expect(train.shape).toEqual([3, 7, 2]);
    expect(test!.shape).toEqual([3, 3, 2]);
    expect(train.data.slice(0, 14)).toEqual(start.data);
    expect(train.data.slice(14, 28)).toEqual(flow(40, { f0: start }).train.data);
  });

  it("moves along null directions of the kernel by −ηt/size, and stays finite at the end", () => {
    // Rank 1: every direction but (1, 1, 1) has λ = 0, where (e^{−λτ} − 1)/λ is 0/0.
    const flat = ndarray("float64", [3, 3], new Float64Array(9).fill(2));
    const targets = ndarray("float64", [3, 1], [1, 2, 3]);
    const step = gradientDescentMse({ ntk: flat, y: targets });
    const tilted = ndarray("float64", [1, 3], [1, 0, 0]);
    const { train, test } = step(9, { test: { cross: tilted } });
    const learnt = 2 * -Math.expm1(-6 * 3);
    expect(distance(train, ndarray("float64", [3, 1], [learnt, learnt, learnt]))).toBeLessThan(1e-12);
    // Θ* = (1, 0, 0) has 1/3 along (1, 1, 1), where the gain is (1 − e^{−18})/6, and the rest along null directions, with 9/3.
    const expected = ((1 + 2 + 3) / 3) * (-Math.expm1(-18) / 6) + 3 * (1 - 2);
    expect(test!.data[0]).toBeCloseTo(expected, 10);
    expect(step(Infinity, { test: { cross: tilted } }).test!.data.every(Number.isFinite)).toBe(true);
  });

  it("takes the full kernel of a finite network, which mixes outputs", () => {
    const full = gram(Key.fromSeed(9), 6 * 2, 30);
    const fourAxes = zeros("float64", [4, 4, 2, 2]);
    const crossAxes = zeros("float64", [2, 4, 2, 2]);
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 4; j++)
        for (let p = 0; p < 2; p++)
          for (let q = 0; q < 2; q++) {
            const value = full.data[(2 * i + p) * 12 + 2 * j + q]!;
            if (i < 4) fourAxes.data[((i * 4 + j) * 2 + p) * 2 + q] = value;
            else crossAxes.data[(((i - 4) * 4 + j) * 2 + p) * 2 + q] = value;
          }
    const targets = normal(Key.fromSeed(3), "float64", [4, 2]);
    const mixed = gradientDescentMse({ ntk: fourAxes, y: targets, traceAxes: [] });
    const got = mixed(12, { test: { cross: crossAxes } });
    const end = rungeKutta(
      (state) =>
        Float64Array.from({ length: 12 }, (_, row) => {
          let sum = 0;
          for (let at = 0; at < 8; at++) sum -= full.data[row * 12 + at]! * (state[at]! - targets.data[at]!);
          return sum / 8;
        }),
      new Float64Array(12),
      { end: 12, steps: 2000 },
    );
    expect(distance(got.train, ndarray("float64", [4, 2], end.slice(0, 8)))).toBeLessThan(1e-11);
    expect(distance(got.test!, ndarray("float64", [2, 2], end.slice(8)))).toBeLessThan(1e-11);
  });

  it("refuses bad times, targets and kernels", async () => {
    expect(await rejection(() => flow(-1))).toMatchObject({ code: "bad-input", where: "t" });
    expect(await rejection(() => flow(Number.NaN))).toMatchObject({ code: "bad-input", where: "t" });
    expect(await rejection(() => flow(1, { f0: testStart }))).toMatchObject({
      code: "bad-shape",
      where: "f0",
    });
    expect(await rejection(() => gradientDescentMse({ ntk, y: testStart }))).toMatchObject({
      code: "bad-shape",
      where: "y",
    });
    const skew = ndarray("float64", ntk.shape, Float64Array.from(ntk.data));
    skew.data[1]! += 1e-3;
    expect(await rejection(() => gradientDescentMse({ ntk: skew, y }))).toMatchObject({
      code: "bad-input",
      where: "ntk[1, 0]",
    });
    skew.data[1] = Number.NaN;
    expect(await rejection(() => gradientDescentMse({ ntk: skew, y }))).toMatchObject({ where: "ntk[0, 1]" });
    const wide = zeros("float64", [2001, 2001]);
    expect(
      await rejection(() => gradientDescentMse({ ntk: wide, y: zeros("float64", [2001, 1]) })),
    ).toMatchObject({
      code: "too-large",
    });
  });
});

describe("gradient descent on any loss", () => {
  it("agrees with the closed form on a squared loss", async () => {
    const flow = gradientDescent({ ntk, cross, loss: squaredLoss(y), learningRate: 0.3 });
    const exact = gradientDescentMse({ ntk, y, learningRate: 0.3 })([10, 100], {
      f0: start,
      test: { cross, f0: testStart },
    });
    const { train, test } = await flow.over([10, 100], { train: start, test: testStart });
    // Ten times the tolerance of a step.
    expect(distance(train, exact.train)).toBeLessThan(1e-5);
    expect(distance(test!, exact.test!)).toBeLessThan(1e-5);
  });

  it("follows softmax cross-entropy with momentum", async () => {
    const labels = ndarray("int32", [7], [0, 1, 1, 0, 1, 0, 0]);
    const loss = crossEntropyLoss(labels, 2);
    const [rate, momentum] = [0.25, 0.8];
    const flow = gradientDescent({ ntk, cross, loss, learningRate: rate, momentum });
    const state = await flow.to(60, { train: start, test: testStart });
    const gradient = new Float64Array(14);
    const end = rungeKutta(
      (all) => {
        loss.gradient(all.slice(0, 14), gradient);
        const error = ndarray("float64", [7, 2], Float64Array.from(gradient));
        const force = [...times(ntk, error).data, ...times(cross, error).data];
        const velocity = all.slice(20);
        return Float64Array.of(
          ...velocity,
          ...force.map((f, i) => -f + ((momentum - 1) / Math.sqrt(rate)) * velocity[i]!),
        );
      },
      Float64Array.of(...start.data, ...testStart.data, ...new Float64Array(20)),
      { end: Math.sqrt(rate) * 60, steps: 3000 },
    );
    expect(distance(state.train, ndarray("float64", [7, 2], end.slice(0, 14)))).toBeLessThan(1e-5);
    expect(distance(state.test!, ndarray("float64", [3, 2], end.slice(14, 20)))).toBeLessThan(1e-5);
    expect(loss.value(state.train.data)).toBeLessThan(loss.value(start.data));
  });

  it("is the limit of small steps of heavy-ball descent", async () => {
    const [rate, momentum, steps] = [1e-3, 0.99, 3000];
    const flow = gradientDescent({ ntk, loss: squaredLoss(y), learningRate: rate, momentum });
    let f = Float64Array.from(start.data);
    let v = new Float64Array(14);
    for (let step = 0; step < steps; step++) {
      const error = ndarray(
        "float64",
        [7, 2],
        f.map((value, i) => (value - y.data[i]!) / 14),
      );
      const force = times(ntk, error).data;
      v = v.map((value, i) => momentum * value - rate * force[i]!);
      f = f.map((value, i) => value + v[i]!);
    }
    const got = (await flow.to(steps, { train: start })).train;
    const moved = Math.max(...f.map((value, i) => Math.abs(value - start.data[i]!)));
    // The flow is off by half a step of the friction, (1 − m)/2, in time.
    expect(distance(got, ndarray("float64", [7, 2], f))).toBeLessThan(0.01 * moved);
  });

  it("goes on from a state as if it had not stopped", async () => {
    const flow = gradientDescent({ ntk, cross, loss: squaredLoss(y), momentum: 0.9, learningRate: 0.3 });
    const whole = await flow.to(30, { train: start });
    const resumed = await flow.to(30, await flow.to(12, { train: start }));
    expect(resumed.t).toBe(30);
    expect(distance(resumed.train, whole.train)).toBeLessThan(1e-5);
    expect(distance(resumed.testVelocity!, whole.testVelocity!)).toBeLessThan(1e-5);
  });

  it("hears a signal that a timer sends while it works", async () => {
    const controller = new AbortController();
    // Steps bounded by the largest eigenvalue: seconds of work, where nothing stops it.
    const flow = gradientDescent({ ntk, loss: squaredLoss(y), signal: controller.signal });
    const work = flow.to(1e7, { train: start });
    await setTimeout(30);
    controller.abort(new Error("enough"));
    await expect(work).rejects.toThrow("enough");
  });

  it("refuses times that cannot be reached and momenta that are none", async () => {
    const flow = gradientDescent({ ntk, loss: squaredLoss(y) });
    expect(await rejection(async () => flow.to(1, await flow.to(2)))).toMatchObject({
      code: "bad-input",
      where: "t",
    });
    expect(await rejection(() => flow.to(Infinity))).toMatchObject({ code: "bad-input", where: "t" });
    const loss = squaredLoss(y);
    expect(await rejection(() => gradientDescent({ ntk, loss, momentum: 1 }))).toMatchObject({
      where: "momentum",
    });
    expect(await rejection(() => crossEntropyLoss(ndarray("int32", [1], [2]), 2))).toMatchObject({
      where: "labels[0]",
    });
  });
});

describe("the largest learning rate", () => {
  const values = eigenSymmetric(ntk).values.data;
  const top = values[values.length - 1]!;

  it("is 2(1 + m) size/λmax", async () => {
    expect(await maxLearningRate(ntk, { size: 14 })).toBeCloseTo(28 / top, 9);
    expect(await maxLearningRate(ntk, { size: 14, momentum: 0.5 })).toBeCloseTo(42 / top, 9);
  });

  it("parts convergence from divergence", async () => {
    const limit = await maxLearningRate(ntk, { size: 14 });
    const end = (rate: number) => {
      let f = Float64Array.from(start.data);
      for (let step = 0; step < 400; step++) {
        const error = ndarray(
          "float64",
          [7, 2],
          f.map((value, i) => (value - y.data[i]!) / 14),
        );
        const force = times(ntk, error).data;
        f = f.map((value, i) => value - rate * force[i]!);
      }
      return Math.max(...f.map(Math.abs));
    };
    expect(end(0.98 * limit)).toBeLessThan(10);
    expect(end(1.02 * limit)).toBeGreaterThan(1e3);
  });

  it("is the same of blocks, whose lower triangle stands for both", async () => {
    const large = gram(Key.fromSeed(8), 600, 40);
    const blocks = blockMatrix(large, { symmetric: true });
    const b = normal(Key.fromSeed(2), "float64", [600, 3]);
    expect(distance(await kernelProduct(blocks, b), times(large, b))).toBeLessThan(1e-12);
    expect(await largestEigenvalue(blocks)).toBeCloseTo(await largestEigenvalue(large), 9);
  });

  it("multiplies by kernels of two sets of items, and stops on a signal", async () => {
    const wide = normal(Key.fromSeed(5), "float64", [530, 1100]);
    const b = normal(Key.fromSeed(2), "float64", [1100, 3]);
    const blocks = blockMatrix(wide, { symmetric: false });
    // Rounding of sums of 1100 products of numbers near 1.
    expect(distance(await kernelProduct(blocks, b), times(wide, b))).toBeLessThan(1e-12);
    expect(distance(await kernelProduct(wide, b), times(wide, b))).toBeLessThan(1e-12);
    const controller = new AbortController();
    const reading = {
      ...blocks,
      read: async (i: number, j: number) => {
        controller.abort(new Error("enough"));
        await setTimeout(20);
        return blocks.read(i, j);
      },
    };
    await expect(kernelProduct(reading, b, { signal: controller.signal })).rejects.toThrow("enough");
  });

  it("needs a size above 0 and items", async () => {
    expect(await rejection(() => maxLearningRate(ntk, { size: 0 }))).toMatchObject({ where: "size" });
    expect(await rejection(() => largestEigenvalue(zeros("float64", [0, 0])))).toMatchObject({
      code: "bad-input",
    });
  });
});
