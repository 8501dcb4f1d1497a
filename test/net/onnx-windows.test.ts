/** @file Convolutions, poolings and products of ONNX models with all their attributes: as ONNX Runtime computes them. */
import { describe, expect, it } from "vitest";
import { Session } from "../../src/runtime/session.ts";
import { Key, type NdArray, normal } from "../../src/tensor/index.ts";
import { type HandModel, handModel, run } from "./onnx-model.ts";

type Attributes = NonNullable<HandModel["nodes"][number][3]>;
type Case = readonly [
  op: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  attributes: Attributes,
];

/** All combinations of one value a field. */
function combined(fields: Readonly<Record<string, readonly Attributes[string][]>>): Attributes[] {
  return Object.entries(fields).reduce<Attributes[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

const image = [1, 2, 8, 7];
const automatic = combined({
  auto_pad: ["SAME_UPPER", "SAME_LOWER", "VALID"],
  strides: [
    [1, 1],
    [2, 2],
    [3, 2],
  ],
});
const pools = automatic.map((attributes) => ({ ...attributes, kernel_shape: [3, 2] }));
const counted = { count_include_pad: [0, 1] };
/** Last windows that are whole, cut by the edge, or wholly beyond it. */
const rounded = [
  ...combined({ kernel_shape: [[3, 3]], strides: [[2, 2]], pads: [[1, 1, 1, 1]], ceil_mode: [0, 1] }),
  ...combined({ kernel_shape: [[2, 2]], strides: [[3, 3]], pads: [[1, 1, 1, 1]], ceil_mode: [0, 1] }),
  ...combined({ kernel_shape: [[4, 3]], strides: [[3, 2]], pads: [[2, 0, 1, 1]], ceil_mode: [0, 1] }),
];

const cases: readonly Case[] = [
  ...automatic.flatMap((attributes): Case[] => [
    ["Conv", { x: image, w: [3, 2, 4, 3] }, attributes],
    ["ConvTranspose", { x: image, w: [2, 3, 4, 3] }, attributes],
  ]),
  ["Conv", { x: [1, 4, 9, 9], w: [6, 2, 3, 2] }, { dilations: [2, 3], group: 2, pads: [1, 2, 0, 1] }],
  ["Conv", { x: [2, 4, 9], w: [6, 4, 3], b: [6] }, { dilations: [2], strides: [2], pads: [1, 2] }],
  ["Conv", { x: [1, 2, 4, 5, 4], w: [3, 2, 2, 3, 2] }, { strides: [2, 1, 2], pads: [1, 0, 0, 0, 1, 1] }],
  [
    "ConvTranspose",
    { x: [1, 4, 4, 4], w: [4, 3, 3, 3] },
    { strides: [2, 3], output_padding: [1, 2], group: 2, dilations: [2, 1], pads: [1, 0, 1, 2] },
  ],
  ["ConvTranspose", { x: [1, 2, 4, 4], w: [2, 3, 3, 3] }, { strides: [2, 2], output_shape: [8, 9] }],
  ...[...pools, ...rounded].map((attributes): Case => ["MaxPool", { x: image }, attributes]),
  ...combined(counted).flatMap((count) =>
    [...pools, ...rounded].map(
      (attributes): Case => ["AveragePool", { x: image }, { ...attributes, ...count }],
    ),
  ),
  ...[0, 1].flatMap((transA) =>
    [0, 1].map(
      (transB): Case => [
        "Gemm",
        { a: transA === 1 ? [2, 3] : [3, 2], b: transB === 1 ? [4, 2] : [2, 4], c: [3, 1] },
        { transA, transB, alpha: { float: 0.5 }, beta: { float: -2 } },
      ],
    ),
  ),
];

describe("ONNX Runtime agrees on", () => {
  it.each(cases)("%s of %j with %j", async (op, shapes, attributes) => {
    const names = Object.keys(shapes);
    const model: HandModel = {
      inputs: Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
      nodes: [[op, names, ["y"], attributes]],
      outputs: ["y"],
    };
    const key = Key.fromSeed(3);
    const feeds: Record<string, NdArray> = Object.fromEntries(
      names.map((name) => [name, normal(key.split(name), "float32", shapes[name]!)]),
    );
    const session = await Session.create(handModel(model), { device: "cpu", threads: 1, optimize: false });
    try {
      const [theirs, ours] = [(await session.run(feeds, ["y"]))["y"]!, run(model, feeds)["y"]!];
      expect(ours.shape).toEqual(theirs.shape);
      // Sums of up to 24 products of normals in float32, in another order.
      for (const [i, value] of (theirs.data as Float32Array).entries()) {
        expect(Math.abs(Number(ours.data[i]) - value)).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      }
    } finally {
      await session.dispose();
    }
  });
});
