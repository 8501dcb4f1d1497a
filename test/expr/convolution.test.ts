/** @file Convolutions and poolings against PyTorch; ties, padding, simplifications and refusals. */
import { describe, expect, it } from "vitest";
import {
  avgPool,
  conv,
  convFilter,
  convInput,
  cos,
  input,
  iota,
  maxPool,
  mul,
  reduceSum,
  reshape,
  sumPool,
  sumPoolInput,
  type Tensor,
  vjp,
} from "../../src/expr/index.ts";
import { type NdArray, ndarray, type Shape, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import {
  convolutionFixtures,
  type Fixture,
  poolFixtures,
  type Told,
  transposedFixtures,
} from "../oracles/convolution.ts";
import { value } from "./check.ts";

function waves(shape: Shape, phase: number): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(0.7 * i + phase));
  return ndarray("float64", shape, values);
}

function told(array: NdArray): Told {
  const values = toNumbers(array);
  const sum = (f: (v: number, i: number) => number) => values.reduce((total, v, i) => total + f(v, i), 0);
  return [sum((v) => v), sum((v, i) => v * Math.cos(i)), values.at(-1)!];
}

/** 1e-11: sums of up to a thousand terms of size 1 to 100, added in another order. */
function expectTold(array: NdArray, expected: Told, what: string): void {
  told(array).forEach((number, i) => {
    const error = Math.abs(number - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    expect(error, `${what} ${i}`).toBeLessThanOrEqual(1e-11);
  });
}

/** The value and all gradients of Σ y cos(0.3 i). */
function expectFixture(y: Tensor, xs: readonly Tensor[], feeds: Record<string, NdArray>, fixture: Fixture) {
  expect(y.shape).toEqual(fixture.shape);
  const weights = reshape(cos(mul(iota(sizeOf(y.shape), "float64"), 0.3)), y.shape);
  const gradients = vjp([reduceSum(mul(y, weights))], xs);
  expectTold(value(y, feeds), fixture.value, "value");
  gradients.forEach((gradient, i) => {
    expectTold(value(gradient!, feeds), fixture.gradients[i]!, `gradient ${i}`);
  });
}

const both = (padding: readonly number[]) => padding.map((n) => [n, n] as const);

describe("PyTorch agrees on", () => {
  it.each(convolutionFixtures)("the convolution of $x by $w", (fixture) => {
    const { strides, dilations, groups, padding } = fixture;
    const [x, w] = [input("x", fixture.x, "float64"), input("w", fixture.w, "float64")];
    const y = conv(x, w, { strides, dilations, groups, padding: both(padding) });
    expectFixture(y, [x, w], { x: waves(x.shape, 0.1), w: waves(w.shape, 0.9) }, fixture);
  });

  it.each(transposedFixtures)("the transposed convolution of $x by $w", (fixture) => {
    const { strides, dilations, groups, padding } = fixture;
    const [x, w] = [input("x", fixture.x, "float64"), input("w", fixture.w, "float64")];
    const size = fixture.shape.slice(2);
    const y = convInput(x, w, { size, strides, dilations, groups, padding: both(padding) });
    expectFixture(y, [x, w], { x: waves(x.shape, 0.1), w: waves(w.shape, 0.9) }, fixture);
  });

  it.each(poolFixtures)("$kind pooling of $x by $window, counting: $countPadding", (fixture) => {
    const { kind, window, strides, padding, countPadding } = fixture;
    const x = input("x", fixture.x, "float64");
    const options = { window, strides, padding: both(padding) };
    const y = kind === "max" ? maxPool(x, options) : avgPool(x, { ...options, countPadding });
    expectFixture(y, [x], { x: waves(x.shape, 0.1) }, fixture);
  });
});

describe("maxima", () => {
  const x = input("x", [1, 1, 4], "float64");
  const gradientAt = (values: readonly number[]) => {
    const [gradient] = vjp([reduceSum(maxPool(x, { window: [4] }))], [x]);
    return toNumbers(value(gradient!, { x: ndarray("float64", [1, 1, 4], values) }));
  };

  it("pass their derivative to the first of equal elements", () => {
    expect(gradientAt([1, 3, 3, 3])).toEqual([0, 1, 0, 0]);
    expect(gradientAt([0, 0, 0, 0])).toEqual([1, 0, 0, 0]);
  });

  it("are never padding", () => {
    const y = maxPool(x, { window: [3], strides: [2], padding: [[2, 1]] });
    expect(toNumbers(value(y, { x: ndarray("float64", [1, 1, 4], [-4, -3, -2, -1]) }))).toEqual([-4, -2, -1]);
  });
});

describe("what needs no window", () => {
  const x = input("x", [2, 3, 4, 5]);

  it("is written without one", () => {
    expect(maxPool(x, { window: [1, 1] })).toBe(x);
    expect(sumPool(x, { window: [1, 1] })).toBe(x);
    expect(sumPool(x, { window: [4, 5] }).op.name).toBe("reduceSum");
    expect(avgPool(x, { window: [4, 5] }).op.name).toBe("reduceMean");
  });
});

describe("refusals name the operation and the shapes", () => {
  const x = input("x", [2, 4, 5, 6]);
  const refused: readonly (readonly [string, () => Tensor, RegExp])[] = [
    [
      "filters for other channels",
      () => conv(x, input("w", [8, 3, 3, 3])),
      /conv: \[2, 4, 5, 6\].*3 channels/,
    ],
    ["groups that do not divide", () => conv(x, input("w", [8, 2, 3, 3]), { groups: 3 }), /conv.*3 groups/],
    ["filters of another rank", () => conv(x, input("w", [8, 4, 3])), /conv.*numbers of axes/],
    ["images without spatial axes", () => conv(input("v", [2, 4]), input("w", [8, 4])), /no spatial axis/],
    ["filters larger than the image", () => conv(x, input("w", [8, 4, 6, 3])), /conv: a window that spans 6/],
    ["strides of another length", () => conv(x, input("w", [8, 4, 3, 3]), { strides: [2] }), /conv: strides/],
    ["no stride", () => conv(x, input("w", [8, 4, 3, 3]), { strides: [0, 1] }), /strides is \[0, 1\]/],
    [
      "negative padding",
      () => conv(x, input("w", [8, 4, 3, 3]), { padding: both([-1, 0]) }),
      /padding is \[-1, 0\]/,
    ],
    ["two dtypes", () => conv(x, input("w", [8, 4, 3, 3], "float64")), /conv: the operands are/],
    [
      "a size that gives another result",
      () => convInput(x, input("w", [4, 3, 3, 3]), { size: [9, 9] }),
      /convInput.*\[2, 4, 7, 7\], not \[2, 4, 5, 6\]/,
    ],
    [
      "a kernel that gives another result",
      () => convFilter(input("z", [2, 3, 9, 9]), x, { kernel: [3, 3] }),
      /convFilter.*\[2, 4, 7, 7\], not \[2, 4, 5, 6\]/,
    ],
    [
      "windows of nothing but padding",
      () => maxPool(x, { window: [2, 2], padding: both([2, 0]) }),
      /maxPool: a padding of 2 \+ 2/,
    ],
    ["windows of another rank", () => maxPool(x, { window: [2] }), /maxPool: window/],
    [
      "means without elements",
      () => avgPool(x, { window: [2, 2], padding: both([0, 2]), countPadding: "exclude" }),
      /avgPool: a padding/,
    ],
    ["integers", () => sumPool(input("i", [1, 1, 4], "int32"), { window: [2] }), /sumPool.*int32/],
    [
      "a size that windows do not give",
      () => sumPoolInput(x, { size: [8, 8], window: [2, 2] }),
      /sumPoolInput.*\[4, 4\], not \[5, 6\]/,
    ],
  ];

  it.each(refused)("%s", (_, build, message) => {
    expect(build).toThrow(message);
  });
});
