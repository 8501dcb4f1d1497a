import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import {
  hessianEigenvalues,
  hessianTrace,
  modelSurface,
  pointOf,
  type Surface,
  spectralDensity,
  vectorOf,
} from "../../src/probes/index.ts";
import { eigenSymmetric, haar, Key, ndarray, zeros } from "../../src/tensor/index.ts";
import { at, flatManifold, noise, quadratic, twoWells } from "./landscape-problems.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(4);
const spectrum = [9, 4, 3, 1, 0.5, 0, -2];
const all = { steps: 50, tolerance: 0, key } as const;

/** Q diag(spectrum) Qᵀ for a random orthogonal Q. */
function turned() {
  const n = spectrum.length;
  const Q = haar(key.split("basis"), "float64", n, n).data;
  const A = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return spectrum.reduce((sum, value, k) => sum + value * Q[i * n + k]! * Q[j * n + k]!, 0);
  });
  return ndarray("float64", [n, n], A);
}

describe("the Hessian of a quadratic", () => {
  const point = at(1, -1, 2, 0.5, 1, 3, -1);

  for (const method of ["exact", "differences"] as const) {
    it(`has the eigenvalues of its matrix, ${method}`, async () => {
      const found = await hessianEigenvalues(quadratic(turned()), point, { ...all, method, top: 3 });
      // Rounding; differences of gradients lose the digits of 1e-4.
      const tolerance = method === "exact" ? 1e-12 : 1e-9;
      for (const [i, { value }] of found.largest.entries()) expectClose(value, spectrum[i]!, tolerance);
      expect(found.largest).toHaveLength(3);
      expectClose(found.smallest.value, -2, tolerance);
      expect(found.converged).toBe(true);
      expect(found.products).toBeLessThanOrEqual(7);
    });
  }

  it("lies within the residuals before the iteration has converged", async () => {
    const few = await hessianEigenvalues(quadratic(turned()), point, { ...all, steps: 3, top: 2 });
    expect(few).toMatchObject({ products: 3, converged: false });
    for (const { ci } of [...few.largest, few.smallest]) {
      expect(spectrum.some((value) => ci![0] <= value && value <= ci![1])).toBe(true);
    }
  });

  it("stops when what is asked for is sharp enough, no sooner for both ends", async () => {
    const loose = { key, tolerance: 0.3, ends: "largest" as const };
    const top = await hessianEigenvalues(quadratic(turned()), point, loose);
    const both = await hessianEigenvalues(quadratic(turned()), point, { ...loose, ends: "both" });
    expect(top.converged && both.converged).toBe(true);
    expect(top.products).toBeLessThanOrEqual(both.products);
    expect(both.products).toBeLessThan(7);
  });

  it("has a trace that random signs find exactly where it is diagonal, else within its error", async () => {
    const exact = await hessianTrace(quadratic(spectrum), point, { key });
    expectClose(exact.trace.value, 15.5, 1e-13);
    expectClose(exact.squares.value, 111.25, 1e-13);
    expect(exact.trace.se).toBeLessThan(1e-12);
    const { trace } = await hessianTrace(quadratic(turned()), point, { key, probes: 400 });
    expect(Math.abs(trace.value - 15.5)).toBeLessThan(4 * trace.se!);
    const A = turned().data;
    const offDiagonal = A.reduce((sum, a, i) => sum + (i % 8 === 0 ? 0 : a * a), 0);
    // The variance of a sample variance of 400: 15 % is four of its standard errors, and more for light tails.
    expectClose((trace.se! ** 2 * 400) / (2 * offDiagonal), 1, 0.3);
  });

  it("has a density whose quadratures hold its moments, and whose integral is 1", async () => {
    const found = await spectralDensity(quadratic(turned()), point, { key, probes: 30, points: 2000 });
    for (const { nodes, weights } of found.quadratures) {
      expectClose(
        weights.reduce((sum, weight) => sum + weight, 0),
        1,
        1e-12,
      );
      nodes.forEach((node, i) => {
        if (weights[i]! < 1e-6) return;
        expect(Math.min(...spectrum.map((value) => Math.abs(value - node)))).toBeLessThan(1e-6);
      });
    }
    expect(Math.abs(found.mean.value - 15.5 / 7)).toBeLessThan(4 * found.mean.se!);
    expect(Math.abs(found.negative.value - 1 / 7)).toBeLessThan(4 * found.negative.se!);
    const step = found.x[1]! - found.x[0]!;
    // Four widths on each side leave 6e-5 of the Gaussians at the ends outside.
    expectClose(step * found.density.reduce((sum, value) => sum + value, 0), 1, 1e-4);
    expectClose(found.largest, 9, 1e-9);
    expectClose(found.smallest, -2, 1e-9);
  });
});

it("finds the curvatures of the two wells, 99.9 and 2.64", async () => {
  const wells = twoWells();
  const curvature = async (w: number) => (await hessianEigenvalues(wells, at(w), all)).largest[0]!.value;
  expectClose(await curvature(-1), 99.9, 1e-3);
  expectClose(await curvature(1), 2.64, 1e-2);
});

it("finds u² + v² across a flat manifold and 0 along it", async () => {
  for (const u of [3, 2 ** 0.5, 1]) {
    const point = { u: ndarray("float64", [1], [u]), v: ndarray("float64", [1], [1 / u]) };
    const { largest, smallest } = await hessianEigenvalues(flatManifold(), point, all);
    expectClose(largest[0]!.value, u * u + 1 / (u * u), 1e-12);
    expectClose(smallest.value, 0, 1e-12);
  }
});

describe("the Hessian of a network", () => {
  const model = modelOf("mlp:depth=2,width=3,activation=tanh,sw2=1.5,sb2=0.1,in=3,out=2");
  const weights = initialise(model, key, { dtype: "float64" });
  const dataset = noise();
  let surface: Surface;
  let dense: number[][];
  let eigenvalues: number[];
  const trace = () => dense.reduce((sum, row, i) => sum + row[i]!, 0);
  const squares = () => dense.flat().reduce((sum, value) => sum + value ** 2, 0);

  /** Second differences of values: nothing but the forward pass is asked. Truncation and rounding are about 1e-7. */
  async function byDifferences(): Promise<number[][]> {
    const h = 1e-3;
    const w = vectorOf(surface, weights);
    const value = async (...moves: (readonly [number, number])[]) => {
      const place = w.slice();
      for (const [i, by] of moves) place[i]! += by;
      return (await surface.value(place)).loss;
    };
    const rows = Array.from({ length: w.length }, () => new Array<number>(w.length).fill(0));
    for (let i = 0; i < w.length; i++) {
      for (let j = 0; j <= i; j++) {
        const [pp, pm, mp, mm] = [
          await value([i, h], [j, h]),
          await value([i, h], [j, -h]),
          await value([i, -h], [j, h]),
          await value([i, -h], [j, -h]),
        ];
        rows[i]![j] = rows[j]![i] = (pp - pm - mp + mm) / (4 * h * h);
      }
    }
    return rows;
  }

  beforeAll(async () => {
    surface = modelSurface({ model, dataset, dtype: "float64" });
    dense = await byDifferences();
    const n = surface.dimension;
    eigenvalues = Array.from(
      eigenSymmetric(ndarray("float64", [n, n], dense.flat())).values.data,
    ).toReversed();
  }, 60_000);
  afterAll(() => surface[Symbol.asyncDispose]());

  it("has the eigenvalues of the dense matrix", async () => {
    const found = await hessianEigenvalues(surface, weights, { ...all, top: 5 });
    for (const [i, { value }] of found.largest.entries()) expectClose(value, eigenvalues[i]!, 1e-5);
    expectClose(found.smallest.value, eigenvalues.at(-1)!, 1e-5);
    expect(found.loss).toBeGreaterThan(0);
  });

  it("gives the same products from batches, held or not, and by differences", async () => {
    const v = Float64Array.from({ length: surface.dimension }, (_, i) => Math.sin(i + 1));
    const w = vectorOf(surface, weights);
    const expected = dense.map((row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
    for (const options of [{}, { batch: 7 }, { batch: 7, hold: 0 }]) {
      await using other = modelSurface({ model, dataset, dtype: "float64", ...options });
      const products = await (await other.hessian(w)).apply(v);
      for (const [i, value] of products.entries()) expectClose(value, expected[i]!, 1e-5);
      const { loss, error } = await other.value(w);
      const whole = await surface.value(w);
      expectClose(loss, whole.loss, 1e-14);
      expect(error).toBe(whole.error);
    }
  });

  it("has the trace and the moments of the density of the dense matrix", async () => {
    const found = await hessianTrace(surface, weights, { key, probes: 100 });
    expect(Math.abs(found.trace.value - trace())).toBeLessThan(4 * found.trace.se!);
    expect(Math.abs(found.squares.value - squares())).toBeLessThan(4 * found.squares.se!);
    const density = await spectralDensity(surface, weights, { key, probes: 20, steps: 12 });
    const n = surface.dimension;
    expect(Math.abs(density.mean.value - trace() / n)).toBeLessThan(4 * density.mean.se!);
    expect(Math.abs(density.meanSquare.value - squares() / n)).toBeLessThan(4 * density.meanSquare.se!);
  });

  it("is measured alike in float32, on the same key", async () => {
    await using single = modelSurface({ model, dataset });
    const found = await hessianEigenvalues(single, weights, { key, steps: 50 });
    expectClose(found.largest[0]!.value, eigenvalues[0]!, 1e-3);
    const again = await hessianEigenvalues(single, weights, { key, steps: 50 });
    expect(again).toEqual(found);
    const byDifference = await hessianEigenvalues(single, weights, { key, method: "differences" });
    // Differences in float32 step by 1 % of the weights' norm: what the third derivative adds is not small.
    expectClose(byDifference.largest[0]!.value, eigenvalues[0]!, 0.1);
  });

  it("takes points as arrays, and gives them back", () => {
    const w = vectorOf(surface, weights);
    expect(Object.keys(pointOf(surface, w))).toEqual(Object.keys(weights));
    expect(vectorOf(surface, pointOf(surface, w))).toEqual(w);
  });

  it("is not asked of weights that give no finite loss", async () => {
    const far = { ...weights, "0.weight": zeros("float64", [3, 3]) };
    far["0.weight"]!.data[0] = Number.NaN;
    await expect(hessianEigenvalues(surface, far)).rejects.toMatchObject({
      code: "bad-input",
      where: 'point["0.weight"]',
    });
  });
});
