/** @file Plain arrays: shapes, storage and conversion. */
import { describe, expect, it } from "vitest";
import {
  FathomError,
  filled,
  isInputError,
  ndarray,
  relocated,
  reshaped,
  sameShape,
  scalar,
  sizeOf,
  stridesOf,
  toNumbers,
  zeros,
} from "../../src/tensor/index.ts";

describe("arrays", () => {
  it("count elements and stride row-major, scalars and empty axes included", () => {
    expect([sizeOf([3, 4]), sizeOf([]), sizeOf([3, 0])]).toEqual([12, 1, 0]);
    expect([stridesOf([2, 3, 4]), stridesOf([])]).toEqual([[12, 4, 1], []]);
    expect([sameShape([1, 2], [1, 2]), sameShape([1, 2], [2, 1]), sameShape([1], [1, 1])]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("convert plain numbers to the dtype and keep typed data uncopied", () => {
    const data = Float32Array.of(1, 2);
    expect(ndarray("float32", [2], data).data).toBe(data);
    expect(toNumbers(ndarray("bool", [3], [0, 2, Number.NaN]))).toEqual([0, 1, 0]);
    expect(ndarray("int64", [2], [1, -1]).data).toEqual(BigInt64Array.of(1n, -1n));
    expect(reshaped(ndarray("float32", [2], data), [2, 1]).data).toBe(data);
  });

  it("fill with zeros or any value in every dtype", () => {
    for (const dtype of ["float32", "float64", "int32", "int64", "bool", "uint8"] as const) {
      expect(toNumbers(zeros(dtype, [2, 2]))).toEqual([0, 0, 0, 0]);
      expect(toNumbers(filled(dtype, [2], 1))).toEqual([1, 1]);
    }
    expect(scalar(2.5)).toEqual({ dtype: "float64", shape: [], data: Float64Array.of(2.5) });
  });

  it("refuse data that does not fill the shape, telling both counts", () => {
    expect(() => ndarray("float32", [2, 3], [1, 2])).toThrow(/2 elements do not fill the shape \[2, 3\] \(6/);
  });

  it.each([[-1], [1.5], [Number.NaN], [-2, -1]])("refuse the shape [%s]", (...shape) => {
    const refused = expect.objectContaining({ code: "bad-shape", where: "shape" });
    expect(() => zeros("float32", shape)).toThrow(refused);
    expect(() => ndarray("float32", shape, [1, 2])).toThrow(refused);
  });

  it.each([
    ["int32", 1.5],
    ["int32", 2 ** 31],
    ["int64", Number.NaN],
    ["int64", 2 ** 63],
    ["uint8", 256],
    ["uint8", -1],
  ] as const)("refuse to store in %s what it cannot hold: %s", (dtype, value) => {
    const refused = expect.objectContaining({ code: "bad-input", message: `${value} is no ${dtype}.` });
    expect(() => filled(dtype, [2], value)).toThrow(refused);
    expect(() => ndarray(dtype, [1], [value])).toThrow(refused);
  });

  it("refuse sizes beyond all memory", () => {
    expect(() => zeros("float64", [2 ** 30, 2 ** 30])).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
  });
});

describe("errors", () => {
  it("tell input that the caller can mend from failures that he cannot", () => {
    const error = (code: "bad-file" | "io") => new FathomError({ code, message: "x" });
    expect([
      isInputError(error("bad-file")),
      isInputError(error("io")),
      isInputError(new Error("x")),
    ]).toEqual([true, false, false]);
  });

  it("keep their code and mend when they are given another place", () => {
    const inner = new FathomError({ code: "bad-shape", message: "x", where: "edges[2]", hint: "y" });
    const outer = relocated(inner, { where: `graph.${inner.where}` });
    expect(outer).toMatchObject({
      code: "bad-shape",
      message: "x",
      where: "graph.edges[2]",
      hint: "y",
      cause: inner,
    });
  });
});
