/** @file What factorisations, transforms, sparse products and interpolation refuse, and the place that they name. */
import { describe, expect, it } from "vitest";
import {
  cholesky,
  constant,
  cumsum,
  eigh,
  input,
  interpolate2d,
  irfft,
  rfft,
  spmm,
  svd,
  type Tensor,
  triangularSolve,
} from "../../src/expr/index.ts";
import { sparseMatrix } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";
import { value } from "./check.ts";

const x = (...shape: number[]) => input("x", shape, "float64");

const sparse = sparseMatrix({
  shape: [3, 4],
  indptr: Int32Array.of(0, 1, 1, 2),
  indices: Int32Array.of(2, 0),
  values: Float64Array.of(2, 0.5),
});

describe("refusals", () => {
  const matrix = (rows: number[][]) => constant(rows, "float64");

  it.each([
    [
      [
        [1, 2],
        [2, 1],
      ],
      1,
      "-3",
    ],
    [
      [
        [0, 0],
        [0, 1],
      ],
      0,
      "0",
    ],
    [
      [
        [Number.NaN, 0],
        [0, 1],
      ],
      0,
      "NaN",
    ],
  ])("cholesky of %j names pivot %i", (rows, index, pivot) => {
    const error = refusal(() => value(cholesky(matrix(rows)), {}));
    expect(error).toMatchObject({ code: "failed", where: `cholesky pivot ${index}` });
    expect(error.message).toContain(`row ${index} is ${pivot}`);
    expect(error.hint).toContain("jitter");
  });

  it("cholesky of a stack says which matrix", () => {
    const stack = constant([[[1]], [[-2]]], "float64");
    expect(refusal(() => value(cholesky(stack), {})).message).toContain("matrix 1 of [2, 1, 1]");
  });

  it("a triangle with a zero on its diagonal names the row", () => {
    const solve = triangularSolve(
      matrix([
        [1, 0],
        [1, 0],
      ]),
      matrix([[1], [1]]),
    );
    expect(refusal(() => value(solve, {}))).toMatchObject({ code: "failed", where: "triangularSolve row 1" });
  });

  it.each<[string, () => Tensor, string]>([
    ["cholesky", () => cholesky(x(2, 3)), "bad-shape"],
    ["cholesky", () => cholesky(input("i", [2, 2], "int32")), "bad-input"],
    ["eigh", () => eigh(x(2)).values, "bad-shape"],
    ["svd", () => svd(x(2)).u, "bad-shape"],
    ["triangularSolve", () => triangularSolve(x(2, 2), x(3, 1)), "bad-shape"],
    ["triangularSolve", () => triangularSolve(x(2, 2), x(2)), "bad-shape"],
    ["triangularSolve", () => triangularSolve(x(3, 2, 2), x(2, 2, 1)), "bad-shape"],
    ["triangularSolve", () => triangularSolve(x(2, 2), input("b", [2, 1])), "bad-input"],
    ["spmm", () => spmm(sparse, x(3, 2)), "bad-shape"],
    ["spmm", () => spmm(sparse, x(4)), "bad-shape"],
    ["spmm", () => spmm(sparse, input("i", [4, 1], "int32")), "bad-input"],
    ["rfft", () => rfft(x(3), { axis: 1 }), "bad-shape"],
    ["rfft", () => rfft(input("i", [4], "int32")), "bad-input"],
    ["irfft", () => irfft(x(3, 2), { size: 6 }), "bad-shape"],
    ["irfft", () => irfft(x(3, 3), { size: 4 }), "bad-shape"],
    ["irfft", () => irfft(x(3, 2), { size: 0 }), "bad-shape"],
    ["cumsum", () => cumsum(x(3), { axis: 1 }), "bad-shape"],
    ["cumsum", () => cumsum(input("b", [3], "bool"), { axis: 0 }), "bad-input"],
    ["interpolate2d", () => interpolate2d(x(2, 3, 3), x(2, 1, 1, 2)), "bad-shape"],
    ["interpolate2d", () => interpolate2d(x(2, 1, 3, 3), x(3, 1, 1, 2)), "bad-shape"],
    ["interpolate2d", () => interpolate2d(x(2, 1, 3, 3), input("g", [2, 1, 1, 2])), "bad-input"],
  ])("%s", (where, build, code) => {
    expect(refusal(build)).toMatchObject({ code, where });
  });
});
