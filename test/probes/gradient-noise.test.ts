/** @file Noise of batch gradients: none where batches are alike, and what a direct computation gives. */
import { describe, expect, it } from "vitest";
import { buildModel, initialise, parseNetText } from "../../src/net/index.ts";
import { measureGradientNoise } from "../../src/probes/index.ts";
import { Key, ndarray, normal } from "../../src/tensor/index.ts";

const model = buildModel(parseNetText("mlp:depth=0,in=2,out=2"));
const parameters = initialise(model, Key.fromSeed(1));
const labelsOf = (count: number) =>
  ndarray(
    "int32",
    [count],
    Array.from({ length: count }, (_, i) => i % 2),
  );

describe("the noise of gradients", () => {
  it("is none where all batches are the same", async () => {
    const inputs = ndarray("float32", [8, 2], Array.from({ length: 8 }, () => [0.3, -1]).flat());
    const found = await measureGradientNoise({ model, parameters, inputs, labels: labelsOf(8), batch: 2 });
    // float32 rounding of equal gradients
    expect(found.variance).toBeLessThan(1e-12);
    expect(found.batches).toBe(4);
    expect(found.noiseScale).toBeLessThan(1e-6);
  });

  it("is the scatter of softmax regression's gradients, (p − y) xᵀ", async () => {
    const inputs = normal(Key.fromSeed(2), "float32", [40, 2]);
    const labels = labelsOf(40);
    const { variance, gradientNorm } = await measureGradientNoise({
      model,
      parameters,
      inputs,
      labels,
      batch: 4,
    });
    const direct = directNoise(inputs.data, labels.data, 4);
    expect(variance).toBeCloseTo(direct.variance, 5);
    expect(gradientNorm).toBeCloseTo(direct.norm, 5);
  });

  it("needs two batches", async () => {
    const inputs = ndarray("float32", [3, 2], [1, 2, 3, 4, 5, 6]);
    const few = measureGradientNoise({ model, parameters, inputs, labels: labelsOf(3), batch: 2 });
    await expect(few).rejects.toMatchObject({ code: "bad-input", where: "batch" });
  });
});

function directNoise(x: Float32Array, labels: Int32Array, batch: number) {
  const [weight, bias] = Object.values(parameters).map(({ data }) => data as Float32Array) as [
    Float32Array,
    Float32Array,
  ];
  const gradientOf = (row: number) => {
    const [a, b] = [x[2 * row]!, x[2 * row + 1]!];
    const z = [0, 1].map((c) => weight[2 * c]! * a + weight[2 * c + 1]! * b + bias[c]!);
    const p = 1 / (1 + Math.exp(z[0]! - z[1]!));
    const residual = [1 - p - (labels[row] === 0 ? 1 : 0), p - (labels[row] === 1 ? 1 : 0)];
    return [...residual.flatMap((r) => [r * a, r * b]), ...residual];
  };
  const batches = Array.from({ length: labels.length / batch }, (_, k) => {
    const rows = Array.from({ length: batch }, (__, i) => gradientOf(k * batch + i));
    return rows[0]!.map((_, j) => rows.reduce((sum, g) => sum + g[j]!, 0) / batch);
  });
  const mean = batches[0]!.map((_, j) => batches.reduce((sum, g) => sum + g[j]!, 0) / batches.length);
  const squares = batches.map((g) => g.reduce((sum, v, j) => sum + (v - mean[j]!) ** 2, 0));
  return {
    variance: squares.reduce((sum, s) => sum + s, 0) / (batches.length - 1),
    norm: Math.hypot(...mean),
  };
}
