/** @file The three CNN-GP kernels of five MNIST images, in both precisions, against float64 numpy (test/oracles/kernels/mnist.ts). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadDataset, rowsAsFloat } from "../../src/data/index.ts";
import { parseNetText } from "../../src/net/index.ts";
import { type NdArray, ndarray } from "../../src/tensor/index.ts";
import { realData } from "../data-home.ts";
import { mnistKernels, mnistPixelSums, mnistRows } from "../oracles/kernels/mnist.ts";
import { entriesOf, relativeError } from "./public.ts";

function net(name: string) {
  return parseNetText(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), "utf8"));
}

/** The five images as the references had them: pixels/255 in float64. */
async function images(): Promise<NdArray<"float64">> {
  const dataset = await loadDataset("mnist");
  const splits = (["train", "test"] as const).map((split) => rowsAsFloat(dataset, split, mnistRows[split]));
  const pixels = splits.flatMap(({ data }) => Array.from(data, (value) => Math.round(value * 255)));
  return ndarray(
    "float64",
    [5, 1, 28, 28],
    pixels.map((value) => value / 255),
  );
}

describe.skipIf(realData("mnist") === undefined)("of five MNIST images", () => {
  it("the pixels are those of the references", async () => {
    const { data } = await images();
    const sums = mnistPixelSums.map((_, i) =>
      Math.round(data.subarray(784 * i, 784 * (i + 1)).reduce((sum, value) => sum + 255 * value, 0)),
    );
    expect(sums).toEqual(mnistPixelSums);
  });

  it.each(Object.keys(mnistKernels))("%s is exact to 1e-10 in float64 and 1e-6 in float32", async (name) => {
    const x = await images();
    const double = await entriesOf({ net: net(name), x, precision: "float64" });
    expect(relativeError(double.nngp, mnistKernels[name]!)).toBeLessThan(1e-10);
    const single = await entriesOf({ net: net(name), x, precision: "float32" });
    expect(["simd", "relaxed"]).toContain(single.build);
    expect(relativeError(single.nngp, mnistKernels[name]!)).toBeLessThan(1e-6);
  });
});
