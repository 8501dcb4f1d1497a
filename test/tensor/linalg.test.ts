/** @file Small dense linear algebra: factors multiply back, and bad matrices are refused at the door. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cholesky,
  eigenSymmetric,
  FathomError,
  Key,
  leastSquares,
  type NdArray,
  ndarray,
  normal,
  qr,
  singularValues,
  solve,
  svd,
} from "../../src/tensor/index.ts";

type Float64 = NdArray<"float64">;
const key = Key.fromSeed(5);

function multiply(a: Float64, b: Float64): Float64 {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const data = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let t = 0; t < k; t++) data[i * n + j]! += a.data[i * k + t]! * b.data[t * n + j]!;
    }
  }
  return ndarray("float64", [m, n], data);
}

function transpose(a: Float64): Float64 {
  const [m, n] = a.shape as [number, number];
  return ndarray(
    "float64",
    [n, m],
    Float64Array.from(a.data, (_, i) => a.data[(i % m) * n + Math.floor(i / m)]!),
  );
}

function diagonal(s: Float64): Float64 {
  const n = s.data.length;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = s.data[i]!;
  return ndarray("float64", [n, n], data);
}

const identity = (n: number) => diagonal(ndarray("float64", [n], new Array(n).fill(1)));

/** Backward-stable factorisations of these sizes and scales stay within a few hundred units of rounding. */
function expectClose(a: Float64, b: Float64, tolerance = 1e-12): void {
  expect(a.shape).toEqual(b.shape);
  for (let i = 0; i < a.data.length; i++) expect(Math.abs(a.data[i]! - b.data[i]!)).toBeLessThan(tolerance);
}

const sizes = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
const matrixOf = (m: number, n: number) => normal(key.split(`${m}x${n}`), "float64", [m, n]);

describe("factorisations", () => {
  it("singular values alone are those of the decomposition, also of wide matrices", () => {
    fc.assert(
      fc.property(sizes, ([m, n]) => {
        const a = matrixOf(m, n);
        expectClose(singularValues(a), svd(a).s);
      }),
    );
  });

  it("qr multiplies back with orthonormal q and triangular r", () => {
    fc.assert(
      fc.property(sizes, ([p, t]) => {
        const [m, n] = [Math.max(p, t), Math.min(p, t)];
        const a = matrixOf(m, n);
        const { q, r } = qr(a);
        expectClose(multiply(q, r), a);
        expectClose(multiply(transpose(q), q), identity(n));
        for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(r.data[i * n + j]).toBe(0);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it("svd multiplies back, tall and wide, with values in descending order", () => {
    fc.assert(
      fc.property(sizes, ([m, n]) => {
        const a = matrixOf(m, n);
        const { u, s, v } = svd(a);
        const k = Math.min(m, n);
        expect([u.shape, s.shape, v.shape]).toEqual([[m, k], [k], [n, k]]);
        expectClose(multiply(multiply(u, diagonal(s)), transpose(v)), a);
        expectClose(multiply(transpose(u), u), identity(k));
        expectClose(multiply(transpose(v), v), identity(k));
        expect([...s.data]).toEqual([...s.data].sort((x, y) => y - x));
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it("eigenSymmetric multiplies back with ascending values", () => {
    const b = matrixOf(9, 9);
    const a = multiply(b, transpose(b));
    const { values, vectors } = eigenSymmetric(a);
    expectClose(multiply(multiply(vectors, diagonal(values)), transpose(vectors)), a, 1e-11);
    expect([...values.data]).toEqual([...values.data].sort((x, y) => x - y));
    const known = eigenSymmetric(ndarray("float64", [2, 2], [2, 1, 1, 2]));
    expectClose(known.values, ndarray("float64", [2], [1, 3]));
  });

  it("cholesky multiplies back and says when a matrix is not positive definite", () => {
    const b = matrixOf(8, 8);
    const a = multiply(b, transpose(b));
    const l = cholesky(a);
    expectClose(multiply(l, transpose(l)), a);
    expect(() => cholesky(ndarray("float64", [2, 2], [1, 2, 2, 1]))).toThrow(/not positive definite/);
  });
});

describe("systems", () => {
  it("solve finds x for vectors and matrices of right sides", () => {
    const a = matrixOf(7, 7);
    const x = matrixOf(7, 3);
    expectClose(solve(a, multiply(a, x)), x);
    const column = ndarray("float64", [7], multiply(a, matrixOf(7, 1)).data);
    expectClose(solve(a, column), ndarray("float64", [7], matrixOf(7, 1).data));
  });

  it("solve refuses a singular matrix", () => {
    const singular = ndarray("float64", [2, 2], [1, 2, 2, 4]);
    expect(() => solve(singular, ndarray("float64", [2], [1, 1]))).toThrow(/singular/);
  });

  it("leastSquares leaves a residual at right angles to the columns", () => {
    const a = matrixOf(20, 4);
    const b = matrixOf(20, 1);
    const x = leastSquares(a, b);
    const fitted = multiply(a, x);
    const residual = ndarray(
      "float64",
      [20, 1],
      b.data.map((value, i) => value - fitted.data[i]!),
    );
    expectClose(multiply(transpose(a), residual), ndarray("float64", [4, 1], [0, 0, 0, 0]));
  });

  it("leastSquares gives the solution of least norm when there are many", () => {
    const wide = ndarray("float64", [1, 2], [1, 1]);
    expectClose(leastSquares(wide, ndarray("float64", [1], [2])), ndarray("float64", [2], [1, 1]));
    const deficient = ndarray("float64", [3, 2], [1, 1, 1, 1, 1, 1]);
    expectClose(leastSquares(deficient, ndarray("float64", [3], [1, 2, 3])), ndarray("float64", [2], [1, 1]));
  });
});

describe("bad matrices are refused", () => {
  const square = matrixOf(3, 3);
  it.each<[string, string, () => unknown]>([
    ["NaN entries", "bad-input", () => svd(ndarray("float64", [1, 2], [1, Number.NaN]))],
    ["infinite entries", "bad-input", () => qr(ndarray("float64", [1, 1], [Number.POSITIVE_INFINITY]))],
    ["a vector", "bad-shape", () => svd(ndarray("float64", [3], [1, 2, 3]))],
    ["an empty matrix", "bad-shape", () => qr(ndarray("float64", [0, 0], []))],
    ["a wide matrix in qr", "bad-shape", () => qr(matrixOf(2, 3))],
    ["a rectangle in solve", "bad-shape", () => solve(matrixOf(3, 2), matrixOf(3, 1))],
    ["a right side of another height", "bad-shape", () => solve(square, matrixOf(2, 1))],
    ["an asymmetric matrix", "bad-input", () => eigenSymmetric(ndarray("float64", [2, 2], [1, 2, 3, 4]))],
    ["a rectangle in cholesky", "bad-shape", () => cholesky(matrixOf(3, 2))],
  ])("%s", (_, code, run) => {
    expect(run).toThrow(FathomError);
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  it("names the entry at fault", () => {
    const bad = ndarray("float64", [2, 2], [1, 2, Number.NaN, 4]);
    expect(() => qr(bad)).toThrow(expect.objectContaining({ where: "a[1, 0]" }));
  });
});
