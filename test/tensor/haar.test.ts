/** @file Haar matrices are orthogonal and uniform. Statistical bounds are five standard errors, seeds fixed. */
import { describe, expect, it } from "vitest";
import { FathomError, haar, Key, type NdArray, normal, qr } from "../../src/tensor/index.ts";

const key = Key.fromSeed(314);

/** max |Q^T Q - I| over the shorter side of a matrix. */
function orthogonalityError({ data, shape }: NdArray<"float32" | "float64">): number {
  const [rows, columns] = shape as [number, number];
  const tall = rows >= columns;
  const [count, length] = tall ? [columns, rows] : [rows, columns];
  const at = (vector: number, i: number) => data[tall ? i * columns + vector : vector * columns + i]!;
  let worst = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let dot = a === b ? -1 : 0;
      for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
      worst = Math.max(worst, Math.abs(dot));
    }
  }
  return worst;
}

function trace({ data, shape }: NdArray<"float64">): number {
  let sum = 0;
  for (let i = 0; i < shape[0]!; i++) sum += data[i * (shape[0]! + 1)]!;
  return sum;
}

/** Distance of the mean of samples from `expected`, in standard errors. */
function distance(samples: number[], expected: number): number {
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (samples.length - 1);
  return Math.abs(mean - expected) / Math.sqrt(variance / samples.length);
}

describe("haar", () => {
  it.each([
    [1, 1],
    [2, 2],
    [7, 3],
    [3, 7],
    [128, 128],
    [150, 64],
    [1, 5],
  ])("gives orthonormal vectors at %i x %i", (rows, columns) => {
    // Rounding of a product of n reflections grows like n eps.
    expect(orthogonalityError(haar(key, "float64", rows, columns))).toBeLessThan(
      1e-15 * (rows + columns + 8),
    );
    expect(orthogonalityError(haar(key, "float32", rows, columns))).toBeLessThan(5e-7);
  });

  it("has the trace moments of the orthogonal group, 0, 1, 0, 3", () => {
    // E (tr Q)^(2k) = (2k - 1)!! on O(n) for n >= k (Diaconis and Shahshahani 1994).
    for (const n of [3, 6]) {
      const traces = Array.from({ length: 20_000 }, (_, i) => trace(haar(key.split(i), "float64", n, n)));
      for (const [power, moment] of [0, 1, 0, 3].entries()) {
        const samples = traces.map((t) => t ** (power + 1));
        expect(distance(samples, moment), `n = ${n}, moment ${power + 1}`).toBeLessThan(5);
      }
    }
  });

  it("needs its sign fix: a bare QR fails the same test of the trace", () => {
    const traces = Array.from({ length: 2000 }, (_, i) =>
      trace(qr(normal(key.split(i), "float64", [4, 4])).q),
    );
    expect(distance(traces, 0)).toBeGreaterThan(20);
  });

  it("agrees in law with the sign-fixed QR of a Gaussian matrix, entry by entry", () => {
    // Second and fourth moments of every entry of a Haar 4 x 2: 1/n and 3/(n(n+2)).
    const draws = Array.from(
      { length: 10_000 },
      (_, i) => haar(key.split(`thin ${i}`), "float64", 4, 2).data,
    );
    for (let entry = 0; entry < 8; entry++) {
      const values = draws.map((data) => data[entry]!);
      expect(distance(values, 0)).toBeLessThan(5);
      expect(
        distance(
          values.map((q) => q * q),
          1 / 4,
        ),
      ).toBeLessThan(5);
      expect(
        distance(
          values.map((q) => q ** 4),
          3 / 24,
        ),
      ).toBeLessThan(5);
    }
    // Two entries of a row and of a column: E q_ij^2 q_kj^2 = 1/(n(n+2)), E q_11^2 q_12^2 the same.
    for (const other of [1, 2])
      expect(
        distance(
          draws.map((q) => (q[0]! * q[other]!) ** 2),
          1 / 24,
        ),
      ).toBeLessThan(5);
    // Off both: (n+1)/((n-1) n (n+2)).
    expect(
      distance(
        draws.map((q) => (q[0]! * q[3]!) ** 2),
        5 / 72,
      ),
    ).toBeLessThan(5);
  });

  it("is proper and improper equally often", () => {
    const determinants = Array.from({ length: 4000 }, (_, i) => {
      const [a, b, c, d] = haar(key.split(i), "float64", 2, 2).data;
      return a! * d! - b! * c!;
    });
    expect(determinants.every((det) => Math.abs(Math.abs(det) - 1) < 1e-14)).toBe(true);
    expect(distance(determinants, 0)).toBeLessThan(5);
  });

  it("depends on the key only", () => {
    expect(haar(key, "float64", 9, 4)).toEqual(haar(Key.parse(key.toString()), "float64", 9, 4));
    expect(haar(key, "float64", 9, 4).data).not.toEqual(haar(key.split("other"), "float64", 9, 4).data);
  });

  it.each([
    [0, 3],
    [3, 0],
    [2.5, 2],
    [Number.NaN, 2],
  ])("refuses the size %d x %d", (rows, columns) => {
    expect(() => haar(key, "float32", rows, columns)).toThrow(FathomError);
  });
});
