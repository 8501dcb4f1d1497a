/** @file Kernels against a second implementation with explicit shift matrices, on odd sizes and strides (test/oracles/kernels). */
import { describe, expect, it } from "vitest";
import { Key, ndarray, uniform } from "../../src/tensor/index.ts";
import { type DenseLayer, denseKernel } from "../oracles/kernels/dense-covariance.ts";
import { type Layer, netOf } from "./networks.ts";
import { entriesOf } from "./public.ts";

/** The same network in the library's words. */
function layerOf(layer: DenseLayer): Layer {
  if (layer === "relu") return { kind: "activation", activation: "relu" };
  if (typeof layer === "string") return { kind: layer };
  if ("conv" in layer) {
    const { conv, stride = 1, ...weights } = layer;
    return { kind: "conv", channels: 3, kernel: conv, stride, padding: "torch-same", ...weights };
  }
  const [first, ...rest] = layer.sum.map((branch) => branch.map(layerOf));
  return first!.length === 0
    ? { kind: "residual", branch: rest[0]! }
    : { kind: "sum", branches: [first, ...rest] };
}

const conv = (kernel: number, stride = 1): DenseLayer => ({ conv: kernel, stride, sw2: 1.7, sb2: 0.2 });
const plain = (kernel: number): DenseLayer => ({ conv: kernel, sw2: 1, sb2: 0 });

const block: DenseLayer = { sum: [[], ["relu", conv(3), "relu", conv(3)]] };
const cases: readonly (readonly [string, readonly DenseLayer[]])[] = [
  ["plain convolutions", [conv(3), "relu", conv(3), "relu", conv(3), "flatten"]],
  ["even kernels without biases", [plain(4), "relu", plain(2), "relu", plain(4), "flatten"]],
  ["strides", [conv(3), "relu", conv(3, 2), "relu", conv(1, 2), "flatten"]],
  ["residual blocks", [conv(3), block, block, "flatten"]],
  ["a projection", [conv(3), "relu", { sum: [[conv(1, 2)], [conv(3, 2), "relu", conv(3)]] }, "flatten"]],
  ["a mean over all positions", [conv(3), "relu", conv(3), "relu", "globalAvgPool"]],
  ["a mean behind a stride", [conv(3), "relu", conv(3, 2), "relu", "globalAvgPool"]],
];

const sizes = [
  [5, 7],
  [6, 4],
  [1, 3],
  [1, 1],
] as const;

/** Float64 to rounding through acos, whose error at ρ near 1 is the root of rounding. */
const precisions = [
  ["float64", 1e-8],
  ["float32", 2e-5],
] as const;

describe.each(cases)("%s", (name, layers) => {
  it.each(sizes)("on images of %i × %i", async (height, width) => {
    const net = netOf("image", [1, height, width], ...layers.map(layerOf));
    const key = Key.fromSeed(3).split(name).split(`${height}x${width}`);
    const x = uniform(key, "float32", [3, 1, height, width], { low: -0.5, high: 1 });
    const rows = [0, 1, 2].map((i) =>
      Array.from(x.data.subarray(i * height * width, (i + 1) * height * width)),
    );
    for (const [precision, tolerance] of precisions) {
      const found = await entriesOf({
        net,
        x: ndarray("float32", x.shape, x.data),
        precision,
        get: ["nngp", "ntk"],
      });
      for (const [i, j] of [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const) {
        const expected = denseKernel(layers, [rows[i]!, rows[j]!], [height, width]);
        expect(Math.abs(found.nngp[i]![j]! / expected.nngp - 1)).toBeLessThan(tolerance);
        expect(Math.abs(found.ntk[i]![j]! / expected.ntk - 1)).toBeLessThan(tolerance);
      }
    }
  });
});
