/** @file The blocked Cholesky factor: solves, whitening, determinant, condition, and matrices that have none. */
import { afterAll, describe, expect, it } from "vitest";
import { blockMatrix } from "../../src/kernels/gram/index.ts";
import { type Factor, type FactoriseOptions, factorise } from "../../src/kernels/solve/index.ts";
import type { KernelProgress } from "../../src/kernels/types.ts";
import {
  cholesky,
  eigenSymmetric,
  FathomError,
  Key,
  ndarray,
  normal,
  solve,
} from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { type Float64, rightSides, symmetric } from "./solve-matrices.ts";

/** exp(−|x − y|² / 2) of points in the plane, which is ill-conditioned, plus `ridge` on the diagonal. */
function rbf(n: number, ridge: number, spread = 3): Float64 {
  const x = normal(Key.fromSeed(7), "float64", [n, 2], { std: spread }).data;
  const k = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const [u, v] = [x[2 * i]! - x[2 * j]!, x[2 * i + 1]! - x[2 * j + 1]!];
      k[i * n + j] = Math.exp(-(u * u + v * v) / 2) + (i === j ? ridge : 0);
    }
  return ndarray("float64", [n, n], k);
}

/** The largest of |(K + jitter) x − b| over the largest |b|. */
function residual(k: Float64, factor: Factor, x: Float64, b: Float64): number {
  const [n, c] = b.shape as [number, number];
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let col = 0; col < c; col++) {
      let sum = factor.jitter * x.data[i * c + col]! - b.data[i * c + col]!;
      for (let j = 0; j < n; j++) sum += k.data[i * n + j]! * x.data[j * c + col]!;
      worst = Math.max(worst, Math.abs(sum));
    }
  return worst / b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Columns of the identity: whitening them gives L⁻¹ entry by entry. */
function identity(n: number): Float64 {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return ndarray("float64", [n, n], data);
}

describe("the blocked Cholesky factor", () => {
  // Rounding of a stable solve is a few n ε in |b| for these diagonally dominated matrices (kernel-engine.md §9.5: 1e-14 n).
  for (const n of [1, 2, 65, 511, 512, 513]) {
    it(`solves ${n} rows to rounding`, async () => {
      const [k, b] = [rbf(n, 0.1), rightSides(n, 3)];
      await using factor = await factorise(symmetric(k));
      const x = await factor.solve(b);
      expect(factor.relativeJitter).toBe(0);
      expect(residual(k, factor, x, b)).toBeLessThan(1e-14 * Math.max(n, 10));
    });
  }

  it("agrees with the small dense solver and factor", async () => {
    const n = 90;
    const [k, b] = [rbf(n, 0.01), rightSides(n, 4)];
    await using factor = await factorise(symmetric(k));
    const x = await factor.solve(b);
    const reference = solve(k, b);
    x.data.forEach((value, i) => {
      expect(Math.abs(value - reference.data[i]!)).toBeLessThan(1e-9);
    });
    const inverse = await factor.whiten(identity(n));
    const l = cholesky(k);
    for (let i = 0; i < n; i++) expect(inverse.data[i * (n + 1)]! * l.data[i * (n + 1)]!).toBeCloseTo(1, 11);
  });

  it("has the determinant and, within a factor of three, the condition of the eigenvalues", async () => {
    const n = 120;
    const k = rbf(n, 1e-3);
    await using factor = await factorise(symmetric(k));
    const { values, vectors } = eigenSymmetric(k);
    const logDet = values.data.reduce((sum, value) => sum + Math.log(value), 0);
    expect(Math.abs(factor.logDet - logDet)).toBeLessThan(1e-9 * Math.abs(logDet));
    const columnSum = (entry: (i: number, j: number) => number) =>
      Math.max(
        ...Array.from({ length: n }, (_, j) =>
          Array.from({ length: n }, (__, i) => Math.abs(entry(i, j))).reduce((sum, value) => sum + value, 0),
        ),
      );
    const v = vectors.data;
    const inverse = (i: number, j: number) =>
      values.data.reduce((sum, value, m) => sum + (v[i * n + m]! * v[j * n + m]!) / value, 0);
    const exact = columnSum((i, j) => k.data[i * n + j]!) * columnSum(inverse);
    expect(factor.condition).toBeLessThanOrEqual(exact * (1 + 1e-9));
    expect(factor.condition).toBeGreaterThan(exact / 3);
  });

  it("has no rows where there are none", async () => {
    const none = ndarray("float64", [0, 0], []);
    await using factor = await factorise(symmetric(none));
    expect(factor.n).toBe(0);
    expect(factor.logDet).toBe(0);
    expect((await factor.solve(ndarray("float64", [0, 3], []))).shape).toEqual([0, 3]);
  });
});

describe("the factor of 1100 rows, on workers", () => {
  const n = 1100;
  const [k, b] = [rbf(n, 0.1), rightSides(n, 10)];
  const results = new Map<
    string,
    Promise<{ x: Float64; white: Float64; residual: number; logDet: number }>
  >();
  const solved = (options: FactoriseOptions) => {
    const key = JSON.stringify(options);
    const found = results.get(key) ?? compute(options);
    results.set(key, found);
    return found;
  };
  const compute = async (options: FactoriseOptions) => {
    await using factor = await factorise(symmetric(k), options);
    const [x, white] = [await factor.solve(b), await factor.whiten(b)];
    return { x, white, residual: residual(k, factor, x, b), logDet: factor.logDet };
  };
  afterAll(() => results.clear());

  it("solves to rounding", async () => {
    expect((await solved({ threads: 2, arithmetic: "wasm" })).residual).toBeLessThan(1e-14 * n);
  });

  it("gives the same bits on one worker and on two", async () => {
    const [one, two] = [
      await solved({ threads: 1, arithmetic: "wasm" }),
      await solved({ threads: 2, arithmetic: "wasm" }),
    ];
    expect(two.x.data).toEqual(one.x.data);
    expect(two.white.data).toEqual(one.white.data);
    expect(two.logDet).toBe(one.logDet);
  });

  it("agrees between native products and WebAssembly", async () => {
    const [native, wasm] = [await solved({ threads: 2 }), await solved({ threads: 2, arithmetic: "wasm" })];
    expect(native.residual).toBeLessThan(1e-14 * n);
    expect(Math.abs(native.logDet - wasm.logDet)).toBeLessThan(1e-11 * Math.abs(wasm.logDet));
  });

  it("serves callers that do not wait for each other, and tells each how far it is", async () => {
    await using factor = await factorise(symmetric(k), { threads: 2, arithmetic: "wasm" });
    const ends: [string, number][] = [];
    const onProgress = ({ label, done, total }: KernelProgress) => {
      expect(done).toBeLessThanOrEqual(total);
      if (done === total) ends.push([label, total]);
    };
    const controller = new AbortController();
    controller.abort(new FathomError({ code: "cancelled", message: "Stopped." }));
    const [x, white, error] = await Promise.all([
      factor.solve(b, { onProgress }),
      factor.whiten(b, { onProgress }),
      rejection(() => factor.solve(b, { signal: controller.signal })),
    ]);
    const alone = await solved({ threads: 2, arithmetic: "wasm" });
    expect(x.data).toEqual(alone.x.data);
    expect(white.data).toEqual(alone.white.data);
    expect(error.code).toBe("cancelled");
    // Two tasks (8 and 2 columns), 6 tiles a pass.
    expect(ends).toEqual([
      ["solving", 24],
      ["whitening", 12],
    ]);
  });

  it("whitens so that squared columns are bᵀ K⁻¹ b", async () => {
    const { x, white } = await solved({ threads: 2, arithmetic: "wasm" });
    for (let c = 0; c < 10; c++) {
      let [squares, form] = [0, 0];
      for (let i = 0; i < n; i++) {
        squares += white.data[i * 10 + c]! ** 2;
        form += b.data[i * 10 + c]! * x.data[i * 10 + c]!;
      }
      expect(Math.abs(squares - form)).toBeLessThan(1e-11 * form);
    }
  });
});

describe("matrices that cannot be factorised as they are", () => {
  it("names the pivot that is not positive, and a jitter that mends it", async () => {
    const n = 600;
    const k = rbf(n, 1, 30);
    // An eigenvalue near −1 that the leading 577 rows do not know of.
    k.data[577 * n + 577] = -1;
    const error = await rejection(() => factorise(symmetric(k), { jitter: 0 }));
    expect(error.code).toBe("failed");
    expect(error.where).toBe("row 577");
    const jitter = Number(/jitter of ([\d.e+-]+)/.exec(error.hint!)![1]);
    await using factor = await factorise(symmetric(k), { jitter });
    expect(factor.relativeJitter).toBe(jitter);
  });

  it("climbs the ladder for rows that occur twice, and says how far", async () => {
    const n = 60;
    const k = rbf(n, 0);
    for (let i = 0; i < n; i++) {
      k.data[i * n + 1] = k.data[i * n]!;
      k.data[n + i] = k.data[i]!;
    }
    k.data[n + 1] = k.data[0]!;
    await using factor = await factorise(symmetric(k));
    expect([1e-10, 1e-8, 1e-6]).toContain(factor.relativeJitter);
    // The kernel of a point with itself is 1, so the mean diagonal is.
    expect(factor.jitter).toBeCloseTo(factor.relativeJitter, 15);
  });

  it("names the block and entry that is not finite", async () => {
    const k = rbf(600, 0.1);
    k.data[550 * 600 + 3] = Number.NaN;
    const error = await rejection(() => factorise(symmetric(k)));
    expect(error.code).toBe("bad-input");
    expect(error.where).toBe("block (1, 0), entry [550, 3]");
  });

  it("compares the triangles where both are given", async () => {
    const k = rbf(600, 0.1);
    await using factor = await factorise(blockMatrix(k, { symmetric: false }));
    expect(factor.relativeJitter).toBe(0);
    k.data[3 * 600 + 550]! += 1e-4;
    const error = await rejection(() => factorise(blockMatrix(k, { symmetric: false })));
    expect(error.code).toBe("bad-input");
    expect(error.where).toBe("[550, 3]");
  });

  it("refuses beforehand what does not fit, with its bytes", async () => {
    const error = await rejection(() => factorise(symmetric(rbf(100, 1)), { memory: 1000 }));
    expect(error.code).toBe("too-large");
    expect(error.message).toMatch(/\d{5,} bytes/);
  });

  it("refuses options and right-hand sides that make no sense", async () => {
    const matrix = symmetric(rbf(5, 1));
    expect((await rejection(() => factorise(matrix, { jitter: -1 }))).where).toBe("jitter");
    expect((await rejection(() => factorise(matrix, { threads: 0 }))).where).toBe("threads");
    const wide = blockMatrix(ndarray("float64", [1, 2], [1, 2]), { symmetric: false });
    expect((await rejection(() => factorise(wide))).code).toBe("bad-shape");
    await using factor = await factorise(matrix);
    expect((await rejection(() => factor.solve(rightSides(4, 1)))).code).toBe("bad-shape");
    const bad = ndarray("float64", [5, 1], [1, 2, Number.NaN, 4, 5]);
    expect((await rejection(() => factor.solve(bad))).where).toBe("b[2, 0]");
  });

  it("stops when told to, and tells how far it is before", async () => {
    const controller = new AbortController();
    const reason = new FathomError({ code: "cancelled", message: "Stopped." });
    const labels = new Set<string>();
    const work = factorise(symmetric(rbf(1100, 0.1)), {
      threads: 2,
      arithmetic: "wasm",
      signal: controller.signal,
      onProgress: ({ label, done, total }) => {
        labels.add(label);
        expect(done).toBeLessThanOrEqual(total);
        controller.abort(reason);
      },
    });
    expect(await rejection(() => work)).toBe(reason);
    expect([...labels]).toEqual(["factorising"]);
  });
});
