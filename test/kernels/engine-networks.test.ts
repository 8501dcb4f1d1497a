/** @file Both builds of the SIMD engine against kernels of the CNN-GP architectures in float64 (test/oracles/kernel-anchors.ts). */
import { describe, expect, it } from "vitest";
import { simdEngine } from "../../src/kernels/engine/index.ts";
import type { Net } from "../../src/net/index.ts";
import { syntheticKernels } from "../oracles/kernel-anchors.ts";
import { smallCnnGps, syntheticImages } from "./networks.ts";

const images = () => ({ data: Float32Array.from(syntheticImages(3)), count: 3 });

/** K of three images; `same` or not, the kernel is one. */
async function kernelOf(net: Net, build: "simd" | "relaxed", same: boolean) {
  const engine = await simdEngine({
    net,
    values: ["nngp"],
    precision: "float32",
    parameterisation: "ntk",
    build,
  });
  engine.load("a", images());
  engine.load("b", images());
  return engine.compute({ same }).nngp!;
}

describe.each(["simd", "relaxed"] as const)("the SIMD engine in the %s build", (build) => {
  it.each(["resnet", "convnet", "residual"] as const)(
    "computes the %s kernel of 8 × 8 images to 1e-6",
    async (name) => {
      for (const same of [true, false]) {
        const k = await kernelOf(smallCnnGps[name], build, same);
        for (const [at, value] of syntheticKernels[name].flat().entries())
          expect(Math.abs(k[at]! / value - 1)).toBeLessThan(1e-6);
      }
    },
  );
});
