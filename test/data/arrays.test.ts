/** @file Data sets of named arrays, in .npz and .safetensors: the usual names, layouts and label types. */
import { describe, expect, it } from "vitest";
import { bytesSource, readDataFiles } from "../../src/data/index.ts";
import { encodeNpz, encodeSafetensors, type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { files } from "../oracles/npy.ts";
import { refused } from "./sources.ts";

const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
const x = ndarray("float32", [4, 2], range(8));
const y = ndarray("int64", [4], BigInt64Array.of(0n, 1n, 0n, 1n));
const keras = {
  x_train: x,
  y_train: y,
  x_test: ndarray("float32", [1, 2], [8, 9]),
  y_test: ndarray("int32", [1], [1]),
};

const npz = (arrays: Record<string, NdArray>) => bytesSource("d.npz", encodeNpz(arrays));
const read = (arrays: Record<string, NdArray>, options = {}) =>
  readDataFiles({ name: "d", train: npz(arrays) }, options);

describe("named arrays", () => {
  it("as Keras names them keep their order and parts, in both formats", async () => {
    const tensors = bytesSource("d.safetensors", encodeSafetensors(keras));
    for (const train of [npz(keras), tensors]) {
      const dataset = await readDataFiles({ name: "d", train });
      expect(toNumbers(dataset.train.inputs)).toEqual([...range(8)]);
      expect(toNumbers(dataset.train.labels)).toEqual([0, 1, 0, 1]);
      expect(toNumbers(dataset.test.inputs)).toEqual([8, 9]);
      expect(dataset).toMatchObject({ kind: "vector", inputShape: [2], scale: 1, source: train.name });
    }
  });

  it.each([
    ["X", "y"],
    ["images", "labels"],
    ["data", "target"],
    ["x", "labels"],
  ])("%s and %s are split", async (inputs, labels) => {
    const dataset = await read({ [inputs]: x, [labels]: y }, { split: 0.5 });
    expect([dataset.train.inputs.shape, dataset.test.inputs.shape]).toEqual([
      [2, 2],
      [2, 2],
    ]);
    const all = [...toNumbers(dataset.train.inputs), ...toNumbers(dataset.test.inputs)];
    expect(all.toSorted((a, b) => a - b)).toEqual([...range(8)]);
  });

  it("keep bytes as pixels, with a channel where there is none", async () => {
    const images = ndarray("uint8", [4, 2, 3], Uint8Array.from(range(24)));
    expect(await read({ images, labels: y }, { split: 0.5 })).toMatchObject({
      kind: "image",
      inputShape: [1, 2, 3],
      scale: 1 / 255,
    });
  });

  it("with channels last become channels first", async () => {
    const images = ndarray("uint8", [1, 2, 2, 3], Uint8Array.from(range(12)));
    const one = ndarray("uint8", [1, 1], [0]);
    const { train } = await read({ x_train: images, y_train: one, x_test: images, y_test: one });
    expect(train.inputs.shape).toEqual([1, 3, 2, 2]);
    expect(toNumbers(train.inputs)).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });

  it("of doubles and integers become float32, and signals where told", async () => {
    const wide = ndarray("float64", [4, 6], Float64Array.from(range(24)));
    expect(await read({ x: wide, y }, { shape: [2, 3], split: 0.5 })).toMatchObject({ kind: "signal" });
    const whole = ndarray("int32", [4, 1], [5, 6, 7, 8]);
    expect((await read({ x: whole, y }, { split: 0.5 })).train.inputs.dtype).toBe("float32");
  });

  it.each<[string, Record<string, NdArray>, object, RegExp]>([
    ["no usual names", { a: x, b: y }, { where: "d.npz" }, /a, b/],
    ["no arrays", {}, { code: "bad-input" }, /none/],
    [
      "labels of another number",
      { x, y: ndarray("int32", [3], [0, 1, 0]) },
      { code: "bad-shape" },
      /3 labels/,
    ],
    [
      "one-hot labels",
      { x, y: ndarray("int32", [4, 2], new Int32Array(8)) },
      { code: "bad-shape" },
      /\[4, 2\]/,
    ],
    [
      "labels that are no integers",
      { x, y: ndarray("float32", [4], [0, 1, 0.5, 1]) },
      { where: "d.npz: y, element 2" },
      /0\.5/,
    ],
    ["inputs of one axis", { x: y, y }, { code: "bad-shape" }, /neither/],
    ["two arrays of one name", { x, X: x, y }, { where: "d.npz" }, /x and X/],
    ["test inputs without labels", { x_train: x, y_train: y, x_test: x }, { where: "d.npz" }, /x_test/],
    [
      "inputs that are not finite",
      { x: ndarray("float64", [4, 1], [0, 1, Number.NaN, 1]), y },
      { where: "d.npz: x, row 2" },
      /NaN/,
    ],
    [
      "inputs beyond float32",
      { x: ndarray("float64", [4, 1], [0, 1, 1e300, 1]), y },
      { code: "bad-input" },
      /1e\+?300/,
    ],
  ])("with %s are refused", async (_, arrays, expected, message) => {
    const error = await refused(read(arrays));
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(message);
  });

  it("refuse options of other formats, and a test part in another format", async () => {
    expect((await refused(read({ x, y }, { label: "y" }))).message).toMatch(/label does not apply/);
    const test = bytesSource("d.csv", new Uint8Array());
    expect((await refused(readDataFiles({ name: "d", train: npz({ x, y }), test }))).code).toBe("bad-input");
  });

  it("need not be read when they are not asked for: a pickle beside the data does no harm", async () => {
    const bytes = new Uint8Array(Buffer.from(files["npz-stored"], "base64"));
    const error = await refused(readDataFiles({ name: "d", train: bytesSource("d.npz", bytes) }));
    expect(error.message).toMatch(/x, names, meta/);
  });
});
