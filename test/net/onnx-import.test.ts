/** @file Reading ONNX models: PyTorch's exports, shapes, weights. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { TensorProto_DataType as DataType, TensorProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { evaluate, input, reduceSum, vjp } from "../../src/expr/index.ts";
import { importOnnx } from "../../src/net/index.ts";
import { type DType, type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { encodeGraph, f32, graphOf, handModel, i64, run } from "./onnx-model.ts";

const fixtures = join(import.meta.dirname, "onnx-fixtures");

interface Numbers {
  readonly x: { readonly shape: number[]; readonly data: number[]; readonly dtype: DType };
  readonly y: { readonly shape: number[]; readonly data: number[] };
}

/** Made by bench/peers/onnx-fixtures.py. */
const numbers = JSON.parse(readFileSync(join(fixtures, "numbers.json"), "utf8")) as Record<string, Numbers>;
const open = new Set(["mlp-dynamo", "mlp-script", "transformer-script"]);

describe("models exported by PyTorch", () => {
  const names = Object.keys(numbers).filter((name) => name !== "made with");

  it.each(names)("%s gives PyTorch's outputs to 1e-5", (name) => {
    const { x, y } = numbers[name]!;
    const bytes = readFileSync(join(fixtures, `${name}.onnx`));
    const { outputs, parameters } = importOnnx(bytes, open.has(name) ? { dims: { batch: x.shape[0]! } } : {});
    const [value] = evaluate([outputs["y"]!], { ...parameters, x: ndarray(x.dtype, x.shape, x.data) });
    expect(value!.shape).toEqual(y.shape);
    y.data.forEach((reference, i) => {
      expect(Math.abs(Number(value!.data[i]) - reference)).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(reference)),
      );
    });
  });

  it("gives the weights of layers as parameters under PyTorch's names", () => {
    const { parameters, inputs } = importOnnx(readFileSync(join(fixtures, "mlp-dynamo.onnx")), {
      dims: { batch: 3 },
    });
    expect(Object.keys(parameters).sort()).toEqual(
      ["0.bias", "0.weight", "3.bias", "3.weight", "5.bias", "5.weight"].sort(),
    );
    expect(inputs.map(({ shape }) => shape)).toEqual([[3, 6]]);
  });

  it("is differentiated by inputs and weights between any two named tensors", () => {
    const { outputs, parameters, inputs, tensors } = importOnnx(
      readFileSync(join(fixtures, "mlp-script.onnx")),
      { dims: { batch: 2 }, dtype: "float64" },
    );
    const x = ndarray(
      "float64",
      [2, 6],
      Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    );
    const loss = reduceSum(outputs["y"]!);
    const [gx, gw] = vjp([loss], [inputs[0]!, tensors.get("0.weight")!]);
    const at = (shift: number) => {
      const moved = {
        ...parameters["0.weight"]!,
        data: Float64Array.from(toNumbers(parameters["0.weight"]!)),
      };
      moved.data[5]! += shift;
      return Number(evaluate([loss], { ...parameters, "0.weight": moved as NdArray, x })[0]!.data[0]);
    };
    const [dx, dw] = evaluate([gx!, gw!], { ...parameters, x });
    expect(dx!.shape).toEqual([2, 6]);
    // Central difference of a smooth function in float64: error ~ step².
    expect(Number(dw!.data[5])).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 7);
  });
});

describe("shape arithmetic", () => {
  it("is exact and leaves no trace in the graph: a flattening of any batch", () => {
    const model = {
      inputs: { x: { shape: ["batch", 2, 3] } },
      weights: { zero: i64([0]), last: i64([-1]) },
      nodes: [
        ["Shape", ["x"], ["s"]],
        ["Gather", ["s", "zero"], ["n"]],
        ["Concat", ["n", "last"], ["t"], { axis: 0 }],
        ["Reshape", ["x", "t"], ["y"]],
      ],
      outputs: ["y"],
    } as const;
    const { outputs } = importOnnx(handModel(model), { dims: { batch: 4 } });
    expect(outputs["y"]!.shape).toEqual([4, 6]);
    expect(outputs["y"]!.inputs).toEqual([input("x", [4, 2, 3])]);
  });

  it("computes with 64 bits", () => {
    const big = 2n ** 53n + 1n;
    const model = {
      weights: { a: i64([big]), b: i64([2n ** 53n]) },
      nodes: [["Sub", ["a", "b"], ["y"]]],
      outputs: ["y"],
    } as const;
    expect(run(model)["y"]!.data).toEqual(BigInt64Array.of(1n));
  });

  it("takes empty lists: a scalar is a reshape to []", () => {
    const model = {
      inputs: { x: { shape: [1] } },
      weights: { empty: i64([]) },
      nodes: [["Reshape", ["x", "empty"], ["y"]]],
      outputs: ["y"],
    } as const;
    expect(run(model, { x: f32([1], [5]) })["y"]!.shape).toEqual([]);
  });

  it("names an open dimension and the option that fixes it, and a dimension that is not there", () => {
    const model = handModel({
      inputs: { x: { shape: ["batch", 3] } },
      nodes: [["Relu", ["x"], ["y"]]],
      outputs: ["y"],
    });
    expect(() => importOnnx(model)).toThrow(
      expect.objectContaining({
        code: "bad-input",
        where: "dims.batch",
        hint: expect.stringContaining("batch"),
      }),
    );
    expect(() => importOnnx(model, { dims: { batch: 2, time: 3 } })).toThrow(
      expect.objectContaining({
        code: "bad-input",
        where: "dims.time",
        hint: expect.stringContaining("batch"),
      }),
    );
  });
});

describe("weights", () => {
  it("are inputs of the graph; single numbers without a dotted name and integers are constants", () => {
    const model = {
      inputs: { x: { shape: [2] } },
      weights: { gain: f32([2], [3, 4]), half: f32([], [0.5]), "layer.scale": f32([], [2]) },
      nodes: [
        ["Mul", ["x", "gain"], ["a"]],
        ["Mul", ["a", "half"], ["b"]],
        ["Mul", ["b", "layer.scale"], ["y"]],
      ],
      outputs: ["y"],
    } as const;
    const { parameters } = importOnnx(handModel(model));
    expect(Object.keys(parameters)).toEqual(["gain", "layer.scale"]);
    expect(toNumbers(run(model, { x: f32([2], [1, 1]) })["y"]!)).toEqual([3, 4]);
  });

  it.each([
    ["FLOAT16, raw", { dataType: DataType.FLOAT16, rawData: Uint8Array.of(0, 0x3c, 0, 0xc1) }, [1, -2.5]],
    ["FLOAT16, listed", { dataType: DataType.FLOAT16, int32Data: [0x3c00, 0xc100] }, [1, -2.5]],
    [
      "BFLOAT16, raw",
      { dataType: DataType.BFLOAT16, rawData: Uint8Array.of(0x80, 0x3f, 0x20, 0xc0) },
      [1, -2.5],
    ],
    ["BFLOAT16, listed", { dataType: DataType.BFLOAT16, int32Data: [0x3f80, 0xc020] }, [1, -2.5]],
    ["FLOAT, listed", { dataType: DataType.FLOAT, floatData: [1, -2.5] }, [1, -2.5]],
    ["DOUBLE, listed", { dataType: DataType.DOUBLE, doubleData: [1, -2.5] }, [1, -2.5]],
    ["INT8, raw", { dataType: DataType.INT8, rawData: Uint8Array.of(1, 253) }, [1, -3]],
    ["INT8, listed", { dataType: DataType.INT8, int32Data: [1, -3] }, [1, -3]],
    ["INT16, listed", { dataType: DataType.INT16, int32Data: [1, -300] }, [1, -300]],
    ["UINT16, raw", { dataType: DataType.UINT16, rawData: Uint8Array.of(1, 0, 255, 255) }, [1, 65535]],
    ["INT64, listed", { dataType: DataType.INT64, int64Data: [1n, -3n] }, [1, -3]],
    ["BOOL, listed", { dataType: DataType.BOOL, int32Data: [1, 0] }, [1, 0]],
  ] as const)("stored as %s hold their numbers", (_, fields, expected) => {
    const graph = graphOf({
      inputs: { x: { shape: [2] } },
      nodes: [["CastLike", ["w", "x"], ["y"]]],
      outputs: ["y"],
    });
    graph.initializer.push(create(TensorProtoSchema, { name: "w", dims: [2n], ...fields } as object));
    const { outputs, parameters } = importOnnx(encodeGraph(graph));
    const [y] = evaluate([outputs["y"]!], { ...parameters, x: f32([2], [0, 0]) });
    expect(toNumbers(y!)).toEqual([...expected]);
  });

  it("become float64 where that is asked", () => {
    const bytes = handModel({
      inputs: { x: { shape: [2] } },
      weights: { gain: f32([2], [3, 4]) },
      nodes: [["Mul", ["x", "gain"], ["y"]]],
      outputs: ["y"],
    });
    const { inputs, outputs, parameters } = importOnnx(bytes, { dtype: "float64" });
    expect([inputs[0]!.dtype, outputs["y"]!.dtype, parameters["gain"]!.dtype]).toEqual(
      new Array(3).fill("float64"),
    );
  });
});
