/** @file Fourier transforms, factorisations, sparse products and interpolation: against numpy and PyTorch. */
import { describe, expect, it } from "vitest";
import {
  add,
  cholesky,
  constant,
  cos,
  cumsum,
  eigh,
  input,
  interpolate2d,
  iota,
  irfft,
  matmul,
  mul,
  reduceSum,
  reshape,
  rfft,
  spmm,
  svd,
  type Tensor,
  triangularSolve,
  vjp,
} from "../../src/expr/index.ts";
import {
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  sparseMatrix,
  toNumbers,
} from "../../src/tensor/index.ts";
import { type Fixture, linearAlgebraFixtures, type Told } from "../oracles/linear-algebra.ts";
import { direction, expectClose, value } from "./check.ts";

function waves(shape: Shape, phase: number): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(0.7 * i + phase));
  return ndarray("float64", shape, values);
}

function diagonal(values: readonly number[]): Tensor {
  return constant(
    values.map((value, i) => values.map((_, j) => (i === j ? value : 0))),
    "float64",
  );
}

/** x xᵀ/n + diag(0.5, 0.6, …). */
function positive(x: Tensor): Tensor {
  const n = x.shape[0]!;
  const shift = diagonal(Array.from({ length: n }, (_, i) => 0.5 + 0.1 * i));
  return add(mul(matmul(x, x, { transposeB: true }), 1 / n), shift);
}

/** Pixels from (n + 2)/2 before the middle of an axis of n pixels to as far beyond it. */
function places(grid: Tensor, sizes: readonly number[]): Tensor {
  const scale = constant(
    sizes.map((n) => (n + 2) / 2),
    "float64",
  );
  return add(
    mul(grid, scale),
    constant(
      sizes.map((n) => (n - 1) / 2),
      "float64",
    ),
  );
}

const sparse = sparseMatrix({
  shape: [3, 4],
  indptr: Int32Array.of(0, 3, 3, 5),
  indices: Int32Array.of(2, 0, 1, 3, 1),
  values: Float64Array.of(2, 0.5, -1, 3, 0.25),
});

type Build = readonly [shapes: readonly Shape[], build: (...xs: Tensor[]) => Tensor];

/** The expression of a fixture, by the words of its name. */
const builders: Record<string, (...sizes: number[]) => Build> = {
  rfft: (n) => [[[3, n!]], (x) => rfft(x!)],
  irfft: (n) => [[[3, Math.floor(n! / 2) + 1, 2]], (x) => irfft(x!, { size: n! })],
  cholesky: (n) => [[[n!, n!]], (x) => cholesky(positive(x!))],
  eigenvalues: (n) => [[[n!, n!]], (x) => eigh(positive(x!)).values],
  triangularSolve: () => [
    [
      [2, 6, 6],
      [6, 3],
    ],
    (l, b) => triangularSolve(add(l!, diagonal([2, 2, 2, 2, 2, 2])), b!),
  ],
  triangularSolveTransposed: () => [
    [
      [2, 6, 6],
      [6, 3],
    ],
    (l, b) => triangularSolve(add(l!, diagonal([2, 2, 2, 2, 2, 2])), b!, { transpose: true }),
  ],
  cumsum: (axis) => [[[4, 3, 2]], (x) => cumsum(x!, { axis: axis! })],
  spmm: () => [[[4, 10]], (x) => spmm(sparse, x!)],
  interpolate2d: (height, width) => [
    [
      [2, 3, height!, width!],
      [2, 4, 5, 2],
    ],
    (x, grid) => interpolate2d(x!, places(grid!, [height!, width!])),
  ],
};

function told(array: NdArray): Told {
  const values = toNumbers(array);
  const sum = (f: (v: number, i: number) => number) => values.reduce((total, v, i) => total + f(v, i), 0);
  return [sum((v) => v), sum((v, i) => v * Math.cos(i)), values.at(-1)!];
}

/** 1e-11: sums of up to three thousand terms of size 1 to 100, added in another order. */
function expectTold(array: NdArray, expected: Told, what: string): void {
  told(array).forEach((number, i) => {
    const error = Math.abs(number - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    expect(error, `${what} ${i}: ${number} for ${expected[i]}`).toBeLessThanOrEqual(1e-11);
  });
}

describe("values and gradients by numpy and PyTorch", () => {
  it.each(linearAlgebraFixtures)("$name $sizes", (fixture: Fixture) => {
    const [shapes, build] = builders[fixture.name]!(...fixture.sizes);
    const xs = shapes.map((shape, i) => input(`x${i}`, shape, "float64"));
    const feeds = { x0: waves(shapes[0]!, 0.1), ...(shapes[1] && { x1: waves(shapes[1], 0.9) }) };
    const y = build(...xs);
    expect(y.shape).toEqual(fixture.shape);
    expectTold(value(y, feeds), fixture.value, "value");
    const weights = reshape(cos(mul(iota(sizeOf(y.shape), "float64"), 0.3)), y.shape);
    vjp([reduceSum(mul(y, weights))], xs).forEach((gradient, i) => {
      expectTold(value(gradient!, feeds), fixture.gradients[i]!, `gradient ${i}`);
    });
  });
});

const x = (...shape: number[]) => input("x", shape, "float64");

describe("identities", () => {
  it.each([5, 64, 67, 97, 128, 360, 1024])("irfft undoes rfft of length %i", (n) => {
    const feeds = { x: direction(`signal ${n}`, { shape: [2, n] }) };
    expectClose(value(irfft(rfft(x(2, n)), { size: n }), feeds), feeds.x, 1e-12);
  });

  it("L Lᵀ is the matrix again at 100 rows, and two triangular solves divide by it", () => {
    const a = positive(x(100, 100));
    const feeds = { x: direction("matrix", { shape: [100, 100] }) };
    const l = cholesky(a);
    expectClose(value(matmul(l, l, { transposeB: true }), feeds), value(a, feeds), 1e-12);
    const once = triangularSolve(l, a);
    const solved = triangularSolve(l, once, { transpose: true });
    expectClose(value(solved, feeds), value(diagonal(new Array(100).fill(1)), {}), 1e-11);
  });

  it("V diag(w) Vᵀ is the matrix again", () => {
    const a = positive(x(20, 20));
    const feeds = { x: direction("symmetric", { shape: [20, 20] }) };
    const { values, vectors } = eigh(a);
    const again = matmul(mul(vectors, values), vectors, { transposeB: true });
    expectClose(value(again, feeds), value(a, feeds), 1e-12);
  });

  it("u diag(s) vᵀ is the matrix again, of tall and wide ones", () => {
    for (const shape of [
      [7, 4],
      [2, 3, 8],
    ]) {
      const feeds = { x: direction(`rectangle ${shape}`, { shape }) };
      const { u, values, v } = svd(x(...shape));
      const scaled = mul(u, reshape(values, [...shape.slice(0, -2), 1, values.shape.at(-1)!]));
      expectClose(value(matmul(scaled, v, { transposeB: true }), feeds), feeds.x, 1e-12);
    }
  });

  it("sampling at the pixels gives the image, outside gives zero, NaN stays NaN", () => {
    const image = constant(
      [
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
      "float64",
    );
    const grid = constant(
      [
        [
          [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
            [0.5, 0.5],
          ],
        ],
      ],
      "float64",
    );
    expect(toNumbers(value(interpolate2d(image, grid), {}))).toEqual([1, 2, 3, 4, 2.5]);
    const far = constant(
      [
        [
          [
            [-1, 0],
            [0, 2],
            [1e9, 0],
            [-1e30, 0],
            [-0.5, 0],
            [Number.NaN, 0],
          ],
        ],
      ],
      "float64",
    );
    expect(toNumbers(value(interpolate2d(image, far), {}))).toEqual([0, 0, 0, 0, 0.5, Number.NaN]);
  });

  it("equal transforms are one node", () => {
    for (const n of [12, 500]) {
      expect(rfft(x(2, n))).toBe(rfft(x(2, n)));
      const spectrum = input("s", [Math.floor(n / 2) + 1, 2]);
      const [first, second] = [0, 1].map(
        () => vjp([irfft(spectrum, { size: n })], [spectrum], [input("c", [n])])[0],
      );
      expect(first).toBe(second);
    }
  });
});
