/** @file Classes from a regression: targets, the largest mean, and the probability of each output to be the largest. */
import { describe, expect, it } from "vitest";
import { classScores, classTargets } from "../../src/kernels/predict/index.ts";
import { Key, ndarray, normal, zeros } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";

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

  it("refuse means that are no numbers, negative variances and labels that are no classes", async () => {
    const mean = zeros("float64", [1, 2]);
    const variance = ndarray("float64", [1], [-1]);
    const unknown = ndarray("float64", [1, 2], [0, Number.NaN]);
    expect(await rejection(() => classScores(unknown))).toMatchObject({ where: "mean[0, 1]" });
    expect(await rejection(() => classScores(mean, { variance }))).toMatchObject({ where: "variance[0]" });
    expect(await rejection(() => classTargets(ndarray("int32", [2], [0, 3]), 3))).toMatchObject({
      where: "labels[1]",
    });
  });
});
