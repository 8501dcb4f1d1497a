/** @file Estimates: textbook values, coverage of their intervals on drawn samples, and refusals. */
import { describe, expect, it } from "vitest";
import { Key, normal } from "../../src/tensor/index.ts";
import {
  aicc,
  linearFit,
  meanEstimate,
  medianEstimate,
  pairedDifference,
  theoryEstimate,
  tQuantile,
} from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const draw = (name: string | number, n: number) =>
  Array.from(normal(Key.fromSeed(7).split(name), "float64", [n]).data);

describe("Student's t", () => {
  it("has the tabulated quantiles", () => {
    expectClose(tQuantile(0.975, 1), 12.7062047364, 1e-9);
    expectClose(tQuantile(0.975, 4), 2.7764451052, 1e-9);
    expectClose(tQuantile(0.975, 100), 1.9839715185, 1e-9);
  });
});

describe("mean", () => {
  it("of 1, 2, 3, 4 with its interval", () => {
    const estimate = meanEstimate([1, 2, 3, 4]);
    const se = Math.sqrt(5 / 3 / 4);
    expectClose(estimate.se!, se, 1e-15);
    expectClose(estimate.ci![1] - 2.5, 3.1824463053 * se, 1e-9);
    expect(estimate).toMatchObject({ value: 2.5, n: 4, kind: "measured" });
  });

  it("covers the truth in 95 % of draws (within 4 binomial standard errors of 1000)", () => {
    const covered = Array.from({ length: 1000 }, (_, i) => meanEstimate(draw(i, 5)).ci!).filter(
      ([lo, hi]) => lo < 0 && hi > 0,
    );
    expect(Math.abs(covered.length - 950)).toBeLessThan(4 * Math.sqrt(1000 * 0.95 * 0.05));
  });

  it("of one sample has no interval, and says so", () => {
    const estimate = meanEstimate([2]);
    expect(estimate.ci).toBeUndefined();
    expect(estimate.assumptions[0]).toContain("one sample");
  });

  it("states another level", () => {
    expect(meanEstimate([1, 2, 3], { level: 0.9 }).assumptions).toContain("level 90 %");
  });
});

describe("paired difference", () => {
  it("cancels what the pairs share", () => {
    const shared = draw("shared", 8).map((x) => 100 * x);
    const noise = draw("noise", 8).map((x) => 0.01 * x);
    const estimate = pairedDifference({ a: shared.map((x, i) => x + 1 + noise[i]!), b: shared });
    expectClose(estimate.value, 1, 0.02);
    expect(estimate.ci![0]).toBeGreaterThan(0.95);
  });

  it("refuses sides that do not pair", () => {
    expect(refusal(() => pairedDifference({ a: [1, 2], b: [1] })).message).toContain("2");
  });
});

describe("median", () => {
  it("has the order-statistics interval: ranks 2 and 9 of ten, level 97.9 %", () => {
    const estimate = medianEstimate([10, 1, 9, 2, 8, 3, 7, 4, 6, 5]);
    expect(estimate).toMatchObject({ value: 5.5, ci: [2, 9], n: 10 });
    expect(estimate.assumptions.at(-1)).toContain("97.9 %");
  });

  it("of three samples has their range, whose level it states", () => {
    expect(medianEstimate([3, 1, 2])).toMatchObject({ value: 2, ci: [1, 3] });
    expect(medianEstimate([3, 1, 2]).assumptions.at(-1)).toContain("75.0 %");
  });
});

describe("line", () => {
  // Anscombe's first quartet (1973): slope .5001, intercept 3.0001, se .1179 and 1.1247.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];

  it("through Anscombe's first data set", () => {
    const { slope, intercept } = linearFit(x, y);
    expect(slope.value).toBeCloseTo(0.5001, 4);
    expect(slope.se).toBeCloseTo(0.1179, 4);
    expect(intercept.value).toBeCloseTo(3.0001, 4);
    expect(intercept.se).toBeCloseTo(1.1247, 4);
    expect(slope.n).toBe(11);
  });

  it("through two points has no interval", () => {
    const { slope, residualVariance } = linearFit([0, 2], [1, 5]);
    expect(slope).toMatchObject({ value: 2, n: 2 });
    expect(slope.ci).toBeUndefined();
    expect(residualVariance).toBeNaN();
  });

  it("has a lower AICc than a wrong abscissa, and none for too few points", () => {
    const l = Array.from({ length: 30 }, (_, i) => i + 10);
    const noise = draw("line", 30);
    const power = l.map((depth, i) => -Math.log(depth) + 0.005 * noise[i]!);
    expect(linearFit(l.map(Math.log), power).aicc).toBeLessThan(linearFit(l, power).aicc);
    expect(aicc({ n: 4, rss: 1, parameters: 3 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("bad samples", () => {
  it("are refused with their place", () => {
    expect(refusal(() => meanEstimate([])).where).toBe("samples");
    expect(refusal(() => meanEstimate([1, Number.NaN])).where).toBe("samples[1]");
    expect(refusal(() => medianEstimate([Number.POSITIVE_INFINITY])).where).toBe("samples[0]");
    expect(refusal(() => meanEstimate([1], { level: 95 })).where).toBe("level");
    expect(refusal(() => linearFit([1, 1], [2, 3])).message).toContain("different x");
    expect(refusal(() => linearFit([1, 2, 3], [2, 3])).where).toBe("linearFit");
  });

  it("theory has neither error nor samples", () => {
    expect(theoryEstimate(1.5, ["infinite width"])).toEqual({
      value: 1.5,
      kind: "theory",
      assumptions: ["infinite width"],
    });
  });
});
