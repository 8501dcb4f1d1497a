/** @file The published protocol on MNIST (kernels.md §6.2): the ResNet kernel, 100 training images from row 5000 on, 500 test images. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { labelsOf, loadDataset, rowsAsFloat } from "../../src/data/index.ts";
import {
  classScores,
  classTargets,
  denseMatrix,
  gpInference,
  kernelDiagonal,
  kernelMatrix,
} from "../../src/kernels/index.ts";
import { parseNet } from "../../src/net/index.ts";
import { realData } from "../data-home.ts";
import { resnet100 } from "../oracles/kernels/predict.ts";

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe.skipIf(realData("mnist") === undefined)("the ResNet kernel on MNIST", () => {
  it("has the errors, the posterior mean and the variances of the float64 reference", async () => {
    const dataset = await loadDataset("mnist");
    const net = parseNet(
      JSON.parse(readFileSync(new URL("../../examples/resnet-gp.json", import.meta.url), "utf8")),
    );
    const x1 = rowsAsFloat(dataset, "train", range(5000, 100));
    const x = rowsAsFloat(dataset, "test", range(0, 500));
    const kernel = await kernelMatrix({ net, x1 });
    await using posterior = await gpInference(kernel.nngp!, {
      y: classTargets(labelsOf(dataset, "train", range(5000, 100)), 10),
      diagReg: 0,
    });
    const cross = await denseMatrix((await kernelMatrix({ net, x1: x, x2: x1 })).nngp!);
    const prior = (await kernelDiagonal({ net, x })).nngp!;
    const { mean, variance } = await posterior.predict({ cross, prior });
    resnet100.mean.forEach((value, c) => {
      // Six digits are given; a float32 kernel moves them by about 1e-5 at this condition number.
      expect(Math.abs(mean.data[c]! - value)).toBeLessThan(1e-4);
    });
    resnet100.variances.forEach(([after, before], i) => {
      expect(Math.abs(variance!.data[i]! - after)).toBeLessThan(1e-6);
      expect(Math.abs(prior.data[i]! - before)).toBeLessThan(1e-6);
    });
    const labels = labelsOf(dataset, "test", range(0, 500)).data;
    const errors = classScores(mean).predicted.data.filter((guess, i) => guess !== labels[i]).length;
    expect(Math.abs(errors - resnet100.errors)).toBeLessThanOrEqual(1);
  }, 60_000);
});
