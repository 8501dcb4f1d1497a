/** @file The NNGP kernel of the 32-layer ResNet of kernels.md §6.1 on MNIST images: milliseconds a 1,000 pairs. */
import type { Bench } from "./bench.ts";
import { exampleNet, measureKernel, mnistImages } from "./kernel-case.ts";

export const bench: Bench = {
  title: "Kernel of the 32-layer ResNet on MNIST images, ms a 1,000 pairs",
  bar: "at most 1/20 of neural-tangents, 1/50 of the published algorithm in PyTorch",
  peers: [
    { script: "kernel-resnet-nt", environment: ".venv-nt" },
    "kernel-resnet-jax",
    "kernel-resnet-torch",
  ],
  measure: async ({ threads, runs }) => {
    const x1 = await mnistImages(2048, 5000);
    return measureKernel({ net: exampleNet("resnet-gp"), x1, threads, runs, perPairs: 1000 });
  },
};
