/** @file NNGP and NTK of a ReLU network of 10 hidden layers on N × 784 images: milliseconds of both matrices. */
import { parseNetText } from "../src/net/index.ts";
import { reshaped } from "../src/tensor/index.ts";
import type { Bench } from "./bench.ts";
import { measureKernel, mnistImages } from "./kernel-case.ts";

export const bench: Bench = {
  title: "NNGP and NTK of 10 hidden ReLU layers, N × 784 (--size N, 2,000 unless said)",
  bar: "at most 1/5 of neural-tangents at N = 10,000",
  peers: [{ script: "kernel-fc", environment: ".venv-nt" }],
  measure: async ({ threads, runs, size = 2000 }) => {
    const x1 = reshaped(await mnistImages(size, 0), [size, 784]);
    const net = parseNetText("mlp:depth=10,activation=relu,sw2=2,sb2=0.01,in=784,out=1");
    const perPairs = (size * (size + 1)) / 2;
    return measureKernel({ net, x1, get: ["nngp", "ntk"], threads, runs, perPairs });
  },
};
