/** @file The NNGP kernel of 5 convolutions and a mean over all pixels: milliseconds a pair of MNIST images. */
import { parseNet } from "../src/net/index.ts";
import type { Bench } from "./bench.ts";
import { measureKernel, mnistImages } from "./kernel-case.ts";

const conv = { kind: "conv", channels: 4, kernel: 3, padding: "same", sw2: 2, sb2: 0.01 };
const net = parseNet({
  fathom: 1,
  input: { kind: "image", shape: [1, 28, 28] },
  layers: [
    { kind: "repeat", times: 5, layers: [conv, { kind: "activation", activation: "relu" }] },
    { kind: "globalAvgPool" },
    { kind: "dense", width: 1, sw2: 2, sb2: 0.01 },
  ],
});

export const bench: Bench = {
  title: "Kernel of 5 convolutions and a mean over all pixels of 28 × 28, ms a pair",
  bar: "at most 1/10 of neural-tangents",
  peers: [{ script: "kernel-gap", environment: ".venv-nt" }],
  measure: async ({ threads, runs }) => {
    const x1 = await mnistImages(128, 5000);
    return measureKernel({ net, x1, threads, runs, perPairs: 1 });
  },
};
