/** @file Operands that do not meet: every refusal is a typed error that names the operation and the shapes. */
import { describe, expect, it } from "vitest";
import {
  add,
  argmax,
  broadcastTo,
  cast,
  choose,
  concat,
  constant,
  div,
  equal,
  exp,
  gather,
  input,
  layerNorm,
  less,
  logicalAnd,
  matmul,
  mul,
  oneHot,
  pad,
  reduceMean,
  reduceSum,
  reshape,
  scatterAdd,
  slice,
  softmax,
  softmaxCrossEntropy,
  type Tensor,
  takeAlong,
  transpose,
  where,
} from "../../src/expr/index.ts";
import { FathomError, isInputError, ndarray } from "../../src/tensor/index.ts";
import { value } from "./check.ts";

const x = input("x", [2, 3]);
const cube = input("cube", [2, 3, 4]);
const double = input("double", [2, 3], "float64");
const labels = input("labels", [2], "int32");
const pixels = input("pixels", [2, 3], "uint8");
const flags = input("flags", [2, 3], "bool");

const refused: [string, () => Tensor, RegExp][] = [
  ["shapes that do not broadcast", () => add(x, cube), /add: the shapes \[2, 3\] and \[2, 3, 4\]/],
  ["two float types", () => mul(x, double), /mul: the operands are float32 and float64/],
  ["arithmetic on pixels", () => add(pixels, pixels), /add: cannot compute with uint8/],
  ["arithmetic on booleans", () => reduceSum(flags), /reduceSum: cannot compute with bool/],
  ["quotients of integers", () => div(labels, labels), /div: needs float32 or float64, not int32/],
  ["a fraction beside integers", () => add(labels, 0.5), /0.5 is no int32/],
  ["functions of integers", () => exp(labels), /exp: needs float32/],
  ["means of integers", () => reduceMean(labels), /reduceMean: needs float32/],
  ["inner lengths", () => matmul(x, x), /matmul: \[2, 3\] · \[2, 3\]: the inner lengths 3 and 2 differ/],
  [
    "inner lengths with flags",
    () => matmul(x, x, { transposeA: true, transposeB: true }),
    /\[2, 3\]ᵀ · \[2, 3\]ᵀ/,
  ],
  ["a vector in a product", () => matmul(x, input("v", [3])), /at least two axes/],
  ["batches that differ", () => matmul(cube, input("c", [5, 4, 3])), /\[2\] and \[5\] do not broadcast/],
  ["an axis out of range", () => reduceSum(x, { axes: [2] }), /there is no axis 2 in a tensor of rank 2/],
  ["an axis named twice", () => reduceSum(x, { axes: [1, -1] }), /the axis 1 is named twice/],
  ["an axis that is no integer", () => softmax(x, { axis: 0.5 }), /no axis 0.5/],
  ["sizes in reshape", () => reshape(x, [4, 2]), /\[2, 3\] cannot become \[4, 2\]/],
  ["two unknown lengths", () => reshape(x, [-1, -1]), /cannot become/],
  ["a length that does not divide", () => reshape(x, [4, -1]), /cannot become/],
  ["no permutation", () => transpose(x, [0, 0]), /no order of the axes/],
  ["a broadcast that shrinks", () => broadcastTo(x, [3]), /\[2, 3\] does not broadcast to \[3\]/],
  ["an empty slice", () => slice(x, { starts: [1, 0], ends: [1, 3] }), /the length 0/],
  ["too few starts", () => slice(x, { starts: [0], ends: [2] }), /needs 2 starts/],
  ["negative steps", () => slice(x, { starts: [0, 0], ends: [2, 3], steps: [1, -1] }), /positive integers/],
  ["bounds between elements", () => slice(x, { starts: [0.5, 0], ends: [2, 3] }), /\[0.5, 0\] to \[2, 3\]/],
  ["negative padding", () => pad(x, { low: [-1, 0] }), /cannot be padded/],
  ["a border that the dtype cannot hold", () => pad(labels, { low: [1], value: 0.5 }), /0.5 is no int32/],
  ["nothing to join", () => concat([], { axis: 0 }), /nothing to join/],
  ["joins that do not meet", () => concat([x, cube], { axis: 0 }), /do not join along axis 0/],
  ["joins of two dtypes", () => concat([x, double], { axis: 0 }), /float32 and float64/],
  ["indices that are floats", () => gather(x, x, { axis: 0 }), /the indices are float32/],
  ["labels that are floats", () => oneHot(x, { classes: 3 }), /the indices are float32/],
  [
    "updates without the indices' shape",
    () => scatterAdd(labels, input("u", [3, 3]), { size: 5 }),
    /do not begin/,
  ],
  ["a result of no length", () => scatterAdd(labels, input("u", [2]), { size: 0 }), /the length 0/],
  ["lines that do not meet", () => takeAlong(x, labels, { axis: 0 }), /do not meet/],
  ["a condition that is a float", () => where(x, x, x), /the condition is float32/],
  ["a choice by a float", () => choose(reduceSum(x), x, x), /the condition is float32/],
  ["a choice by many conditions", () => choose(less(x, 0), x, x), /choose: the condition has shape/],
  ["logic on floats", () => logicalAnd(flags, x), /needs bool, not float32/],
  ["equality of booleans and floats", () => equal(flags, x), /cannot compute with bool/],
  [
    "labels that do not meet logits",
    () => softmaxCrossEntropy(x, input("l", [3], "int32")),
    /\[2, 3\] and labels \[3\]/,
  ],
  ["lists that are ragged", () => constant([[1, 2], [3]]), /ragged/],
  ["ragged lists of the right number of numbers", () => constant([[1, 2], [3], [4, 5, 6]]), /ragged/],
  ["numbers beside lists", () => constant([1, [2]]), /ragged/],
  ["a fraction as an integer", () => constant(0.5, "int64"), /0.5 is no int64/],
  ["a product of integers", () => matmul(input("i", [2, 1], "int32"), input("j", [1, 2], "int32")), /float/],
  ["an empty list", () => constant([]), /empty list/],
  ["a length of 0", () => input("z", [0, 3]), /the length 0/],
  ["a length that is no integer", () => input("z", [1.5]), /the length 1.5/],
  ["a negative epsilon", () => layerNorm(x, { epsilon: -1 }), /epsilon is -1/],
  ["an epsilon that is no number", () => layerNorm(x, { epsilon: Number.NaN }), /epsilon is NaN/],
  ["a scalar without axis", () => layerNorm(input("s", [])), /scalar/],
  ["argmax without that axis", () => argmax(x, { axis: -3 }), /no axis -3/],
];

describe("refusals", () => {
  it.each(refused)("%s", (_, build, message) => {
    let error: unknown;
    try {
      build();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(FathomError);
    expect(isInputError(error)).toBe(true);
    expect((error as FathomError).message).toMatch(message);
    expect((error as FathomError).where).toBeTruthy();
  });

  it.each([
    ["gather", (i: Tensor) => gather(x, i, { axis: 0 })],
    ["scatterAdd", (i: Tensor) => scatterAdd(i, cast(i, "float32"), { size: 2 })],
  ])("%s of an index out of range is refused when it runs", (_, build) => {
    for (const index of [-1, 2]) {
      const feeds = {
        x: ndarray("float32", [2, 3], new Float32Array(6)),
        labels: ndarray("int32", [2], [0, index]),
      };
      expect(() => value(build(labels), feeds)).toThrow(new RegExp(`the index ${index} is outside 0 … 1`));
    }
  });
});
