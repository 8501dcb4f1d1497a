/**
 * @file The laws of the draws. Statistical bounds are five standard errors (two-sided chance 6e-7 each) or the
 * quantile named beside them; seeds are fixed, so a pass stays a pass.
 */
import erfc from "@stdlib/math-base-special-erfc";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  categorical,
  FathomError,
  type FloatDType,
  Key,
  normal,
  permutation,
  rademacher,
  toNumbers,
  uniform,
} from "../../src/tensor/index.ts";
import { normalQuantile } from "../../src/tensor/normal-quantile.ts";

const key = Key.fromSeed(2026);
const N = 1_000_000;

const Phi = (z: number) => erfc(-z / Math.SQRT2) / 2;

/** sup |F_n - F| of a sample against a continuous distribution function. */
function kolmogorovDistance(sample: Float32Array | Float64Array, cdf: (x: number) => number): number {
  const sorted = sample.slice().sort();
  let distance = 0;
  for (let i = 0; i < sorted.length; i++) {
    const p = cdf(sorted[i]!);
    distance = Math.max(distance, (i + 1) / sorted.length - p, p - i / sorted.length);
  }
  return distance;
}

/** Mean of x^power and its distance from `expected` in standard errors. */
function momentError(sample: ArrayLike<number>, power: number, expected: number): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < sample.length; i++) {
    const x = sample[i]! ** power;
    sum += x;
    squares += x * x;
  }
  const mean = sum / sample.length;
  return Math.abs(mean - expected) / Math.sqrt((squares / sample.length - mean * mean) / sample.length);
}

/** Chi-square of counts against expected counts, standardised: about normal for many cells. */
function chiSquareScore(counts: number[], expected: number[]): number {
  const chi2 = counts.reduce((sum, n, c) => sum + (n - expected[c]!) ** 2 / expected[c]!, 0);
  const freedom = counts.length - 1;
  // Wilson-Hilferty: the cube root of chi2 / freedom is nearly normal.
  return (Math.cbrt(chi2 / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

describe("the normal quantile", () => {
  it("inverts the distribution function to 4e-15, tails included", () => {
    // erfc of @stdlib is good to about 1e-15 relative; far in the tail that is |z| times smaller in z.
    for (let k = 1; k < 4000; k++) {
      for (const p of [k / 8000, Math.exp(-k * 0.17)]) {
        if (p >= 0.499 || p < 1e-290) continue;
        const z = normalQuantile(p);
        const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
        expect(Math.abs((Phi(z) - p) / density)).toBeLessThan(4e-15 * Math.max(1, Math.abs(z)));
      }
    }
  });

  it("gives the tabulated values", () => {
    // Abramowitz and Stegun, table 26.5; the last from the 5-sigma tail probability.
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(2.866515718791939e-7)).toBeCloseTo(-5, 13);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(normalQuantile(1.1)).toBeNaN();
  });
});

describe.each(["float32", "float64"] as const)("%s draws", (dtype) => {
  it("of uniforms follow the uniform law", () => {
    const { data } = uniform(key.split("u"), dtype, [N]);
    expect(momentError(data, 1, 1 / 2)).toBeLessThan(5);
    expect(momentError(data, 2, 1 / 3)).toBeLessThan(5);
    // Kolmogorov: P(sqrt(n) D > 2.7) = 9e-7.
    expect(kolmogorovDistance(data, (u) => u) * Math.sqrt(N)).toBeLessThan(2.7);
    expect(data.every((u) => u >= 0 && u < 1)).toBe(true);
  });

  it("of normals follow the normal law", () => {
    const { data } = normal(key.split("n"), dtype, [N]);
    for (const [power, moment] of [1, 2, 3, 4, 5, 6].map((p) => [p, [0, 1, 0, 3, 0, 15][p - 1]!] as const)) {
      expect(momentError(data, power, moment), `moment ${power}`).toBeLessThan(5);
    }
    expect(kolmogorovDistance(data, Phi) * Math.sqrt(N)).toBeLessThan(2.7);
    expect(data.every(Number.isFinite)).toBe(true);
  });

  it("of neighbours are uncorrelated at lags 1 to 8", () => {
    const { data } = normal(key.split("lag"), dtype, [N]);
    for (let lag = 1; lag <= 8; lag++) {
      let sum = 0;
      for (let i = lag; i < N; i++) sum += data[i]! * data[i - lag]!;
      expect(Math.abs(sum) / Math.sqrt(N), `lag ${lag}`).toBeLessThan(5);
    }
  });

  it("of signs are fair, and fair in pairs", () => {
    const { data } = rademacher(key.split("s"), dtype, [N]);
    const pairs = [0, 0, 0, 0];
    for (let i = 0; i < N; i += 2) pairs[(data[i]! > 0 ? 2 : 0) + (data[i + 1]! > 0 ? 1 : 0)]!++;
    expect(data.every((s) => s === 1 || s === -1)).toBe(true);
    expect(chiSquareScore(pairs, [N / 8, N / 8, N / 8, N / 8])).toBeLessThan(5);
  });

  it("take mean, std and bounds", () => {
    const scaled = normal(key, dtype, [1000], { mean: 3, std: 2 }).data;
    const plain = normal(key, dtype, [1000]).data;
    const eps = dtype === "float32" ? 2 ** -22 : 2 ** -50;
    for (let i = 0; i < 1000; i++) expect(Math.abs(scaled[i]! - (3 + 2 * plain[i]!))).toBeLessThan(10 * eps);
    expect(uniform(key, dtype, [1000], { low: -2, high: -1 }).data.every((u) => u >= -2 && u <= -1)).toBe(
      true,
    );
    expect(normal(key, dtype, [3], { mean: 1.5, std: 0 }).data.every((x) => x === 1.5)).toBe(true);
    expect(normal(key, dtype, [2, 0, 3]).data.length).toBe(0);
    expect(normal(key, dtype, []).data.length).toBe(1);
  });
});

describe("streams resume at any start", () => {
  const draws: Record<string, (start: number, n: number, dtype: FloatDType) => number[]> = {
    uniform: (start, n, dtype) => toNumbers(uniform(key, dtype, [n], { start })),
    normal: (start, n, dtype) => toNumbers(normal(key, dtype, [n], { start })),
    rademacher: (start, n, dtype) => toNumbers(rademacher(key, dtype, [n], { start })),
    categorical: (start, n) => [...categorical(key, [1, 2, 3], n, { start })],
  };
  it.each(Object.keys(draws))("%s: a piece is the same piece of the whole", (name) => {
    const draw = draws[name]!;
    for (const dtype of ["float32", "float64"] as const) {
      const whole = draw(0, 7000, dtype);
      fc.assert(
        fc.property(fc.nat(6999), fc.nat(3000), (start, n) => {
          const end = Math.min(7000, start + n);
          expect(draw(start, end - start, dtype)).toEqual(whole.slice(start, end));
        }),
        { numRuns: 60, seed: 1 },
      );
    }
  });

  it("also past 2^32 and up to the end of the stream", () => {
    for (const start of [2 ** 32 - 3, 2 ** 33 - 3, 2 ** 52 + 1]) {
      const whole = normal(key, "float64", [8], { start }).data;
      expect(normal(key, "float64", [4], { start: start + 4 }).data).toEqual(whole.slice(4));
      const half = normal(key, "float32", [8], { start }).data;
      expect(normal(key, "float32", [5], { start: start + 3 }).data).toEqual(half.slice(3));
    }
  });
});

describe("permutation", () => {
  it("holds every index once", () => {
    for (const n of [0, 1, 2, 1025, 5000]) {
      expect([...permutation(key, n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  it("is uniform over all orders of five", () => {
    const counts = new Map<string, number>();
    const draws = 60_000;
    for (let i = 0; i < draws; i++) {
      const order = permutation(key.split(i), 5).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(120);
    expect(chiSquareScore([...counts.values()], new Array(120).fill(draws / 120))).toBeLessThan(5);
  });
});

describe("categorical", () => {
  it("draws each category as often as its weight says, and zero weights never", () => {
    const weights = [0, 1, 0, 5, 0.25, 3, 0];
    const counts = new Array<number>(weights.length).fill(0);
    for (const c of categorical(key, weights, N)) counts[c]!++;
    expect(weights.map((w, c) => w > 0 === counts[c]! > 0)).not.toContain(false);
    const kept = [1, 3, 4, 5];
    const score = chiSquareScore(
      kept.map((c) => counts[c]!),
      kept.map((c) => (N * weights[c]!) / 9.25),
    );
    expect(score).toBeLessThan(5);
  });

  it("stays in range for weights of any scale", () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 20 }), (weights) => {
        fc.pre(weights.some((w) => w > 0));
        for (const c of categorical(key, weights, 200)) expect(weights[c]).toBeGreaterThan(0);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it.each([
    { weights: [], where: "weights" },
    { weights: [0, 0], where: "weights" },
    { weights: [1, -1], where: "weights[1]" },
    { weights: [Number.NaN], where: "weights[0]" },
    { weights: [1, 2, Number.POSITIVE_INFINITY], where: "weights[2]" },
    { weights: [1e308, 1e308], where: "weights" },
  ])("refuses the weights $weights", ({ weights, where }) => {
    expect(() => categorical(key, weights, 1)).toThrow(expect.objectContaining({ code: "bad-input", where }));
  });
});

describe("draws refuse", () => {
  it.each<[string, () => unknown]>([
    ["a fractional start", () => normal(key, "float32", [2], { start: 0.5 })],
    ["a negative start", () => rademacher(key, "float32", [2], { start: -1 })],
    ["a start past the stream", () => uniform(key, "float64", [2], { start: 2 ** 53 - 1 })],
    ["a negative size", () => normal(key, "float32", [-2])],
    ["a size that is NaN", () => normal(key, "float32", [Number.NaN])],
    ["a negative std", () => normal(key, "float32", [2], { std: -1 })],
    ["a mean that is NaN", () => normal(key, "float32", [2], { mean: Number.NaN })],
    ["bounds out of order", () => uniform(key, "float32", [2], { low: 1, high: 0 })],
    ["infinite bounds", () => uniform(key, "float32", [2], { high: Number.POSITIVE_INFINITY })],
    ["a fractional permutation", () => permutation(key, 1.5)],
    ["a negative count", () => categorical(key, [1], -1)],
  ])("%s", (_, draw) => {
    expect(draw).toThrow(FathomError);
  });
});
