/** @file What the kernel benchmarks share: images of MNIST, networks from `examples`, kernel matrices of all pairs. */
import { readFileSync } from "node:fs";
import { loadDataset, rowsAsFloat } from "../src/data/index.ts";
import { type KernelOf, kernelMatrix } from "../src/kernels/index.ts";
import { type Net, parseNetText } from "../src/net/index.ts";
import type { NdArray } from "../src/tensor/index.ts";
import "../test/data-home.ts";
import { type Measurement, timed } from "./bench.ts";

/** `count` training images of MNIST from row `start` on, [count, 1, 28, 28] in [0, 1]. */
export async function mnistImages(count: number, start: number): Promise<NdArray<"float32">> {
  const dataset = await loadDataset("mnist");
  return rowsAsFloat(
    dataset,
    "train",
    Int32Array.from({ length: count }, (_, i) => start + i),
  );
}

export function exampleNet(name: string): Net {
  return parseNetText(readFileSync(new URL(`../examples/${name}.json`, import.meta.url), "utf8"));
}

/** What of a kernel matrix is measured. */
export interface KernelCase extends KernelOf {
  readonly x1: NdArray;
  readonly threads: number;
  readonly runs: number;
  /** Milliseconds of how many pairs are stated. */
  readonly perPairs: number;
}

/** Milliseconds of `perPairs` pairs of the kernel matrix of x1, workers and copies included. */
export async function measureKernel({ runs, perPairs, ...asked }: KernelCase): Promise<Measurement> {
  const { shape } = asked.x1;
  const pairs = (shape[0]! * (shape[0]! + 1)) / 2;
  let last = 0;
  const times = await timed(
    async () => {
      const { nngp } = await kernelMatrix(asked);
      last = (await nngp!.read(0, 0))[1]!;
    },
    runs,
    pairs / perPairs,
  );
  return { times, notes: { "K(0, 1)": last } };
}
