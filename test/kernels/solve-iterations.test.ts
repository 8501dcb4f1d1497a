/** @file Solves by iteration: refined float32 factors, conjugate gradients; and the marginal likelihood. */
import { describe, expect, it } from "vitest";
import { blockMatrix } from "../../src/kernels/gram/index.ts";
import {
  conjugateGradients,
  factorise,
  logMarginalLikelihood,
  nystrom,
} from "../../src/kernels/solve/index.ts";
import { refine } from "../../src/kernels/solve/refine.ts";
import { streamedProduct } from "../../src/kernels/solve/streamed-product.ts";
import { Key, ndarray, normal } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { type Float64, rightSides, symmetric } from "./solve-matrices.ts";

/** exp(−|x − y| / 4) of points in space: a spectrum that falls like a power, as those of kernels of images do. */
function exponential(n: number, ridge: number): Float64 {
  const x = normal(Key.fromSeed(11), "float64", [n, 3]).data;
  const k = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const distance = Math.hypot(...[0, 1, 2].map((d) => x[3 * i + d]! - x[3 * j + d]!));
      k[i * n + j] = Math.exp(-distance / 4) + (i === j ? ridge : 0);
    }
  return ndarray("float64", [n, n], k);
}

/** The worst ‖b − K x‖ / ‖b‖ of a column. */
function residual(k: Float64, x: Float64, b: Float64): number {
  const [n, c] = b.shape as [number, number];
  const norms = Array.from({ length: c }, (_, col) => {
    let [difference, size] = [0, 0];
    for (let i = 0; i < n; i++) {
      let sum = -b.data[i * c + col]!;
      size += sum * sum;
      for (let j = 0; j < n; j++) sum += k.data[i * n + j]! * x.data[j * c + col]!;
      difference += sum * sum;
    }
    return Math.sqrt(difference / size);
  });
  return Math.max(...norms);
}

describe("float32 factors", () => {
  it("are refined to 1e-10 at a condition of 1e6", async () => {
    const n = 600;
    const x = normal(Key.fromSeed(5), "float64", [n, 1]).data;
    // Smooth in one dimension: most eigenvalues are the ridge, the largest is near 0.6 n.
    const data = Float64Array.from({ length: n * n }, (_, p) => {
      const [i, j] = [Math.floor(p / n), p % n];
      return Math.exp(-((x[i]! - x[j]!) ** 2) / 8) + (i === j ? 5e-4 : 0);
    });
    const [k, b] = [ndarray("float64", [n, n], data), rightSides(n, 3)];
    await using factor = await factorise(symmetric(k), { mode: "float32-refined", jitter: 0 });
    expect(factor.condition).toBeGreaterThan(1e6);
    expect(residual(k, await factor.solve(b), b)).toBeLessThan(2e-10);
  });

  it("serve as preconditioners where they are too rough to refine by", async () => {
    const n = 100;
    const [k, b] = [exponential(n, 0.1), rightSides(n, 2)];
    const operator = await streamedProduct(symmetric(k), 0);
    const rows = Float64Array.from({ length: 2 * n }, (_, i) => b.data[(i % n) * 2 + Math.floor(i / n)]!);
    // The diagonal alone: steps with it grow by the largest eigenvalue, some 50.
    const x = await refine(rows, { operator, norm: n, factor: (r) => r.map((value) => value / 1.1) });
    const columns = Float64Array.from({ length: 2 * n }, (_, i) => x[(i % 2) * n + Math.floor(i / 2)]!);
    expect(residual(k, ndarray("float64", [n, 2], columns), b)).toBeLessThan(1e-10);
  });

  it("are given up with a word where nothing converges", async () => {
    const operator = await streamedProduct(symmetric(exponential(100, 0)), 0);
    const rough = refine(rightSides(100, 1).data, { operator, norm: 1e-9, factor: (r) => r.map(() => 0) });
    expect((await rejection(() => rough)).where).toBe("mode float32-refined");
  });
});

describe("conjugate gradients", () => {
  const n = 700;
  const k = exponential(n, 1e-3);
  const b = rightSides(n, 4);

  it("need a fraction of the iterations with the Nyström preconditioner", async () => {
    const plain = await conjugateGradients(symmetric(k), b);
    await using preconditioner = await nystrom(symmetric(k), { rank: 200 });
    const quick = await conjugateGradients(symmetric(k), b, { preconditioner });
    // kernels.md §8 counts about 300 and 65 on a kernel of 1008 images.
    expect(plain.iterations).toBeGreaterThan(3 * quick.iterations);
    // The recurrence drifts from the true residual by rounding, less than a tenth here.
    expect(residual(k, plain.x, b)).toBeLessThan(1.1e-8);
    expect(residual(k, quick.x, b)).toBeLessThan(1.1e-8);
  });

  it("read float32 blocks, and add the jitter in float64", async () => {
    const small = exponential(40, 0);
    const single = ndarray("float32", [40, 40], small.data);
    const y = rightSides(40, 1);
    const { x } = await conjugateGradients(symmetric(single), y, { jitter: 0.5, tolerance: 1e-12 });
    const shifted = ndarray("float64", [40, 40], Float64Array.from(single.data));
    for (let i = 0; i < 40; i++) shifted.data[i * 41]! += 0.5;
    expect(residual(shifted, x, y)).toBeLessThan(1e-11);
  });

  it("say what they reached when they are cut short, and refuse indefinite matrices", async () => {
    const cut = await rejection(() => conjugateGradients(symmetric(k), b, { maxIterations: 3 }));
    expect(cut.code).toBe("failed");
    expect(cut.message).toContain("after 3 iterations");
    const indefinite = ndarray("float64", [2, 2], [1, 2, 2, 1]);
    const error = await rejection(() =>
      conjugateGradients(symmetric(indefinite), ndarray("float64", [2], [1, -1])),
    );
    expect(error.message).toContain("not positive definite");
  });

  it("refuse matrices that are not square, with a preconditioner or without", async () => {
    const wide = blockMatrix(rightSides(2, 3), { symmetric: false });
    expect((await rejection(() => conjugateGradients(wide, rightSides(2, 1)))).code).toBe("bad-shape");
    expect((await rejection(() => nystrom(wide, { rank: 1 }))).code).toBe("bad-shape");
  });

  it("refuse ranks and shifts that make no preconditioner", async () => {
    expect((await rejection(() => nystrom(symmetric(k), { rank: 2000 }))).where).toBe("rank");
    expect((await rejection(() => nystrom(symmetric(k), { rank: 5, shift: 0 }))).where).toBe("shift");
  });
});

describe("the log marginal likelihood", () => {
  it("is the logarithm of the normal density of the targets", async () => {
    // K = [[2, 1], [1, 2]]: |K| = 3, K⁻¹ = [[2, −1], [−1, 2]] / 3.
    const k = ndarray("float64", [2, 2], [2, 1, 1, 2]);
    const y = ndarray("float64", [2, 2], [1, 0, -1, 3]);
    await using factor = await factorise(symmetric(k));
    const value = logMarginalLikelihood(factor, y, await factor.solve(y));
    // yᵀ K⁻¹ y of the columns (1, −1) and (0, 3): 2 and 6.
    expect(value).toBeCloseTo(-(2 + 6) / 2 - Math.log(3) - 2 * Math.log(2 * Math.PI), 12);
  });
});
