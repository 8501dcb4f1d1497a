/** @file Operators of ONNX models and their sets: values by the operator reference and by hand. */
import { describe, expect, it } from "vitest";
import { type NdArray, toNumbers } from "../../src/tensor/index.ts";
import { f32, i64, run } from "./onnx-model.ts";

/** One operator over some inputs. */
function one(
  op: string,
  feeds: Record<string, NdArray>,
  attributes: Record<string, never> | object = {},
  {
    opset = 18,
    fixed = {},
    outputs = ["y"],
  }: { opset?: number; fixed?: Record<string, NdArray>; outputs?: string[] } = {},
): number[][] {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]),
  );
  const names = [...Object.keys(feeds), ...Object.keys(fixed)];
  const model = {
    inputs,
    weights: fixed,
    nodes: [[op, names, outputs, attributes as never]] as const,
    outputs,
    opset,
  };
  const values = run(model, feeds);
  return outputs.map((name) => toNumbers(values[name]!));
}

const x4 = f32([4], [-2, -0.5, 0.5, 2]);
const x23 = f32([2, 3], [1, 2, 3, 4, 5, 6]);

describe("operators", () => {
  // Formulas of the ONNX operator reference; Selu, Gelu and Mish by PyTorch in float64.
  it.each([
    ["LeakyRelu", { alpha: { float: 0.5 } }, [-1, -0.25, 0.5, 2]],
    ["Elu", { alpha: { float: 2 } }, [2 * Math.expm1(-2), 2 * Math.expm1(-0.5), 0.5, 2]],
    ["Selu", {}, [-1.520166469, -0.691758188, 0.525350494, 2.101401975]],
    ["Celu", { alpha: { float: 2 } }, [2 * Math.expm1(-1), 2 * Math.expm1(-0.25), 0.5, 2]],
    ["Gelu", {}, [-0.045500264, -0.154268769, 0.345731231, 1.954499736]],
    ["Gelu", { approximate: "tanh" }, [-0.045402306, -0.15428599, 0.34571401, 1.954597694]],
    ["HardSigmoid", {}, [0.1, 0.4, 0.6, 0.9]],
    ["HardSwish", {}, [-1 / 3, -0.5 * (2.5 / 6), 0.5 * (3.5 / 6), 5 / 3]],
    ["Mish", {}, [-0.252501483, -0.220743775, 0.375245211, 1.94395896]],
    ["Softsign", {}, [-2 / 3, -1 / 3, 1 / 3, 2 / 3]],
    ["Softplus", {}, [-2, -0.5, 0.5, 2].map((v) => Math.log1p(Math.exp(v)))],
    ["Ceil", {}, [-2, 0, 1, 2]],
    ["Reciprocal", {}, [-0.5, -2, 2, 0.5]],
  ])("%s %j", (op, attributes, reference) => {
    const [values] = one(op, { x: x4 }, attributes);
    reference.forEach((value, i) => {
      expect(values![i]).toBeCloseTo(value, 6);
    });
  });

  it("Gemm with transposes, factors and a broadcast addend", () => {
    const b = f32([2, 3], [1, 0, 1, 0, 2, 0]);
    const [y] = one(
      "Gemm",
      { x: x23, b, c: f32([2], [10, 20]) },
      { transB: 1, alpha: { float: 2 }, beta: { float: 0.5 } },
    );
    expect(y).toEqual([13, 18, 25, 30]);
  });

  it("MatMul with a vector on either side", () => {
    expect(one("MatMul", { x: x23, v: f32([3], [1, 1, 1]) })).toEqual([[6, 15]]);
    expect(one("MatMul", { v: f32([2], [1, 1]), x: x23 })).toEqual([[5, 7, 9]]);
  });

  it.each([
    ["ij,kj->ik", [14, 32, 32, 77]],
    ["ij,kj->", [14 + 32 + 32 + 77]],
    ["...j,kj", [14, 32, 32, 77]],
    ["ij,ij->j", [17, 29, 45]],
    ["ij,kl->jk", [5 * 6, 5 * 15, 7 * 6, 7 * 15, 9 * 6, 9 * 15]],
  ])("Einsum %s", (equation, reference) => {
    expect(one("Einsum", { a: x23, b: x23 }, { equation })).toEqual([reference]);
  });

  it("Slice backwards, to beyond the ends, and along named axes", () => {
    const fixed = {
      s: i64([-1, 1]),
      e: i64([-(2n ** 63n), 2n ** 63n - 1n]),
      a: i64([1, 0]),
      t: i64([-2, 1]),
    };
    expect(one("Slice", { x: x23 }, {}, { fixed })).toEqual([[6, 4]]);
    expect(one("Slice", { x: x23 }, { starts: [1], ends: [3], axes: [1] }, { opset: 9 })).toEqual([
      [2, 3, 5, 6],
    ]);
  });

  it("Split evenly, with a smaller last part, and by sizes as attribute or operand", () => {
    const outputs = ["p", "q"];
    expect(one("Split", { x: x23 }, { axis: 1, num_outputs: 2 }, { outputs })).toEqual([
      [1, 2, 4, 5],
      [3, 6],
    ]);
    expect(one("Split", { x: x23 }, { axis: 1, split: [1, 2] }, { outputs, opset: 11 })).toEqual([
      [1, 4],
      [2, 3, 5, 6],
    ]);
    const fixed = { sizes: i64([2, 1]) };
    expect(one("Split", { x: x23 }, { axis: 1 }, { outputs, fixed })).toEqual([
      [1, 2, 4, 5],
      [3, 6],
    ]);
  });

  it("Gather with negative indices, known or fed", () => {
    expect(one("Gather", { x: x23 }, { axis: 1 }, { fixed: { i: i64([-1, 0]) } })).toEqual([[3, 1, 6, 4]]);
    expect(one("Gather", { x: x23, i: i64([-1, 0]) }, { axis: 1 })).toEqual([[3, 1, 6, 4]]);
  });

  it("Pad with a constant, by reflection, and cutting", () => {
    expect(one("Pad", { x: x4 }, {}, { fixed: { p: i64([1, 0]), v: f32([], [7]) } })).toEqual([
      [7, -2, -0.5, 0.5, 2],
    ]);
    expect(one("Pad", { x: x4 }, { mode: "reflect" }, { fixed: { p: i64([2, 1]) } })).toEqual([
      [0.5, -0.5, -2, -0.5, 0.5, 2, 0.5],
    ]);
    expect(one("Pad", { x: x4 }, {}, { fixed: { p: i64([-1, 1]) } })).toEqual([[-0.5, 0.5, 2, 0]]);
  });

  it("Softmax over the axes from 1 on before operator set 13, over the last one since", () => {
    const x = f32([1, 2, 2], [0, 0, 0, 0]);
    expect(one("Softmax", { x }, {}, { opset: 11 })).toEqual([[0.25, 0.25, 0.25, 0.25]]);
    expect(one("Softmax", { x }, {}, { opset: 13 })).toEqual([[0.5, 0.5, 0.5, 0.5]]);
  });

  it("reductions and squeezes with axes as attribute or operand", () => {
    expect(one("ReduceMean", { x: x23 }, { axes: [1], keepdims: 0 }, { opset: 13 })).toEqual([[2, 5]]);
    expect(one("ReduceMean", { x: x23 }, { keepdims: 0 }, { fixed: { a: i64([-1]) } })).toEqual([[2, 5]]);
    expect(one("ReduceSum", { x: x23 }, { noop_with_empty_axes: 1 })).toEqual([toNumbers(x23)]);
    expect(one("Unsqueeze", { x: x4 }, { axes: [0] }, { opset: 11 })).toEqual([toNumbers(x4)]);
  });

  it("BatchNormalization with running statistics", () => {
    const c = (a: number, b: number) => f32([2], [a, b]);
    const x = f32([1, 2, 2], [1, 2, 3, 4]);
    const [y] = one(
      "BatchNormalization",
      { x, s: c(2, 1), b: c(1, 0), m: c(1, 3), v: c(4, 1) },
      { epsilon: { float: 0 } },
    );
    expect(y).toEqual([1, 2, 0, 1]);
    const units = { x, s: c(2, 1), b: c(1, 0), m: c(1, 3), v: c(4, 1) };
    expect(() => one("BatchNormalization", units, { spatial: 0 }, { opset: 8 })).toThrow(/not by channel/);
  });

  it("a dropout is the identity, and its mask is true", () => {
    expect(one("Dropout", { x: x4 }, {}, { outputs: ["y", "mask"] })).toEqual([toNumbers(x4), [1, 1, 1, 1]]);
  });

  it("Trilu, CumSum, ArgMax, Tile, OneHot", () => {
    expect(one("Trilu", { x: x23 }, { upper: 0 })).toEqual([[1, 0, 0, 4, 5, 0]]);
    expect(one("CumSum", { x: x23 }, { exclusive: 1 }, { fixed: { a: i64([1]) } })).toEqual([
      [0, 1, 3, 0, 4, 9],
    ]);
    expect(one("ArgMax", { x: x23 }, { axis: 1, keepdims: 0 })).toEqual([[2, 2]]);
    expect(one("Tile", { x: f32([1, 2], [1, 2]) }, {}, { fixed: { r: i64([2, 2]) } })).toEqual([
      [1, 2, 1, 2, 1, 2, 1, 2],
    ]);
    const fixed = { depth: i64([3]), values: f32([2], [-1, 1]) };
    expect(one("OneHot", { i: i64([2, -3]) }, {}, { fixed })).toEqual([[-1, -1, 1, 1, -1, -1]]);
  });
});

describe("convolutions", () => {
  const x = f32([1, 1, 5], [1, 2, 3, 4, 5]);
  const w = f32([1, 1, 3], [1, 0, -1]);

  it("with paddings that are stated or follow from auto_pad", () => {
    expect(one("Conv", { x, w }, { pads: [1, 1] })).toEqual([[-2, -2, -2, -2, 4]]);
    expect(one("Conv", { x, w }, { auto_pad: "SAME_UPPER", strides: [2] })).toEqual([[-2, -2, 4]]);
    expect(one("Conv", { x, w }, { auto_pad: "VALID", dilations: [2] })).toEqual([[-4]]);
  });

  it("transposed, with bias and extra output", () => {
    const t = f32([1, 1, 2], [1, 2]);
    const [y] = one("ConvTranspose", { t, w, b: f32([1], [10]) }, { strides: [2], output_padding: [1] });
    expect(y).toEqual([11, 10, 11, 10, 8, 10]);
  });
});

describe("poolings", () => {
  const x = f32([1, 1, 5], [1, 5, 2, 4, 3]);

  it("take the largest, with steps of 1 unless stated, and with a last window that is not full", () => {
    expect(one("MaxPool", { x }, { kernel_shape: [2] })).toEqual([[5, 5, 4, 4]]);
    expect(one("MaxPool", { x }, { kernel_shape: [2], strides: [2], ceil_mode: 1 })).toEqual([[5, 4, 3]]);
    expect(one("MaxPool", { x }, { kernel_shape: [3], strides: [2], auto_pad: "SAME_UPPER" })).toEqual([
      [5, 5, 4],
    ]);
    // Padding never wins, also where all is negative.
    const negative = f32([1, 1, 2], [-3, -4]);
    expect(one("MaxPool", { negative }, { kernel_shape: [2], pads: [1, 1] })).toEqual([[-3, -3, -4]]);
  });

  it("say where the largest stand", () => {
    const images = f32([1, 2, 2, 3], [1, 5, 2, 4, 3, 9, -1, -2, -3, -4, -5, -6]);
    const places = one(
      "MaxPool",
      { images },
      { kernel_shape: [2, 2], pads: [1, 0, 0, 0] },
      { outputs: ["y", "at"] },
    );
    expect(places).toEqual([
      [5, 5, 5, 9, -1, -2, -1, -2],
      [1, 1, 1, 5, 6, 7, 6, 7],
    ]);
  });

  it("average, with padding counted or not", () => {
    const pads = { kernel_shape: [3], strides: [2], pads: [1, 1] };
    expect(one("AveragePool", { x }, pads)).toEqual([[3, 11 / 3, 3.5].map(Math.fround)]);
    expect(one("AveragePool", { x }, { ...pads, count_include_pad: 1 })).toEqual([
      [2, 11 / 3, 7 / 3].map(Math.fround),
    ]);
    // What ceil_mode adds is never counted.
    const up = { kernel_shape: [2], strides: [2], ceil_mode: 1, count_include_pad: 1 };
    expect(one("AveragePool", { x }, up)).toEqual([[3, 3, 3]]);
    expect(one("GlobalAveragePool", { x })).toEqual([[3]]);
  });
});
