/** @file The interpreter against values known otherwise: special functions, dtypes, extreme arguments. */
import { describe, expect, it } from "vitest";
import {
  add,
  argmax,
  argsort,
  cast,
  constant,
  equal,
  erf,
  expm1,
  gather,
  gelu,
  layerNorm,
  log1p,
  logSumExp,
  mul,
  oneHot,
  pow,
  reduceMax,
  reduceSum,
  scatterAdd,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sort,
  square,
  type Tensor,
  where,
} from "../../src/expr/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import { references } from "../oracles/special-functions.ts";
import { value } from "./check.ts";

const numbers = (tensor: Tensor) => toNumbers(value(tensor, {}));
const f64 = (...values: number[]) => constant(values, "float64");

describe("special functions", () => {
  it.each(references)("$name($x) to 1e-14 of its value", ({ name, x, y }) => {
    const [result] = numbers({ erf, gelu, sigmoid, softplus, log1p, expm1 }[name](f64(x)));
    expect(Math.abs(result! - y) / Math.abs(y)).toBeLessThanOrEqual(1e-14);
  });

  it("softmax and logSumExp neither overflow nor lose small terms", () => {
    expect(numbers(softmax(f64(1000, 1000, -1000)))).toEqual([0.5, 0.5, 0]);
    expect(numbers(logSumExp(f64(-1000, -1000), { axis: 0 }))[0]).toBeCloseTo(-1000 + Math.LN2, 12);
    for (const infinite of [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
      expect(numbers(logSumExp(f64(infinite, infinite), { axis: 0 }))).toEqual([infinite]);
  });

  it("layerNorm has mean 0 and variance 1 where the data have, and NaN without variance", () => {
    const y = layerNorm(f64(1e6 + 1, 1e6 + 2, 1e6 + 6));
    expect(numbers(reduceSum(y))[0]).toBeCloseTo(0, 9);
    expect(numbers(reduceSum(square(y)))[0]).toBeCloseTo(3, 9);
    expect(numbers(layerNorm(f64(2, 2)))).toEqual([Number.NaN, Number.NaN]);
    expect(numbers(layerNorm(f64(2, 2), { epsilon: 1e-5 }))).toEqual([0, 0]);
  });

  it("cross-entropy of even odds is ln C", () => {
    const losses = softmaxCrossEntropy(
      constant(
        [
          [0, 0, 0],
          [5, 5, 5],
        ],
        "float64",
      ),
      constant([0, 2], "int32"),
    );
    for (const loss of numbers(losses)) expect(loss).toBeCloseTo(Math.log(3), 14);
  });

  it("pow keeps its derivative's conventions: 0⁰ is 1, negative bases take whole powers", () => {
    expect(numbers(pow(f64(0, -2, 4), constant([0, 3, -0.5], "float64")))).toEqual([1, -8, 0.5]);
  });
});

describe("dtypes", () => {
  it("float32 is computed in double precision and rounded once", () => {
    const third = constant([1 / 3]);
    expect(numbers(mul(third, third))).toEqual([Math.fround(Math.fround(1 / 3) ** 2)]);
    const many = constant(ndarray("float32", [4], [2 ** 24, 1, 1, 1]));
    expect(numbers(reduceSum(many))).toEqual([Math.fround(2 ** 24 + 3)]);
  });

  it("int32 wraps around, int64 is exact to 2^53", () => {
    expect(numbers(add(constant([2 ** 31 - 1], "int32"), 1))).toEqual([-(2 ** 31)]);
    expect(value(add(constant([2 ** 52], "int64"), 1), {}).data).toEqual(BigInt64Array.of(2n ** 52n + 1n));
  });

  it("cast cuts towards zero, and to bool asks whether it is zero", () => {
    expect(numbers(cast(f64(-1.7, 1.7), "int32"))).toEqual([-1, 1]);
    expect(numbers(cast(f64(-0.5, 0), "bool"))).toEqual([1, 0]);
    expect(numbers(cast(constant([200], "uint8"), "float32"))).toEqual([200]);
    expect(numbers(cast(f64(3), "int64"))).toEqual([3]);
    const lost = f64(Number.NaN, Number.POSITIVE_INFINITY);
    for (const dtype of ["int32", "int64", "uint8"] as const)
      expect(numbers(cast(lost, dtype))).toEqual([0, 0]);
  });

  it("pixels can be gathered, sliced and cast without leaving uint8", () => {
    const images = constant(ndarray("uint8", [3, 2], [1, 2, 3, 4, 5, 255]));
    const batch = gather(images, constant([2, 0], "int32"), { axis: 0 });
    expect([batch.dtype, ...numbers(batch)]).toEqual(["uint8", 5, 255, 1, 2]);
  });
});

describe("positions", () => {
  it("argmax takes the first of equals, argsort keeps the order of equals", () => {
    expect(numbers(argmax(f64(1, 3, 3), { axis: 0 }))).toEqual([1]);
    expect(numbers(argsort(f64(2, 1, 2, 1)))).toEqual([1, 3, 0, 2]);
    expect(numbers(argsort(f64(2, 1, 2, 1), { order: "descending" }))).toEqual([0, 2, 1, 3]);
    expect(numbers(sort(f64(2, -1, 7)))).toEqual([-1, 2, 7]);
  });

  it("scatterAdd adds repeated positions; oneHot marks one class", () => {
    expect(numbers(scatterAdd(constant([1, 1, 0], "int32"), f64(1, 2, 4), { size: 3 }))).toEqual([4, 3, 0]);
    expect(numbers(oneHot(constant([2, 0], "int32"), { classes: 3 }))).toEqual([0, 0, 1, 1, 0, 0]);
  });
});

describe("NaN", () => {
  it("travels through arithmetic and maxima, and stays out where it is not chosen", () => {
    const bad = f64(Number.NaN, 1);
    expect(numbers(reduceMax(bad))).toEqual([Number.NaN]);
    expect(numbers(mul(bad, 0))).toEqual([Number.NaN, 0]);
    expect(numbers(where(equal(bad, bad), bad, 5))).toEqual([5, 1]);
  });
});
