/** @file The float64 reference engine against kernels that others computed (test/oracles/kernel-anchors.ts). */
import { describe, expect, it } from "vitest";
import { cnnKernels, mlpKernels, syntheticKernels } from "../oracles/kernel-anchors.ts";
import { kernelsOf, netOf, smallCnnGps, syntheticImages } from "./networks.ts";

function relative(value: number, reference: number): number {
  return Math.abs(value / reference - 1);
}

describe("the three CNN-GP architectures", () => {
  it.each(["resnet", "convnet", "residual"] as const)(
    "%s has the kernel of numpy on synthetic images",
    (name) => {
      const { nngp } = kernelsOf(smallCnnGps[name], syntheticImages(3), 3);
      const reference = syntheticKernels[name].flat();
      // Rounding of some hundred layers' sums; printed digits are exact.
      for (const [k, value] of reference.entries()) expect(relative(nngp[k]!, value)).toBeLessThan(1e-13);
    },
  );
});

describe("fully connected networks", () => {
  const inputs = Float64Array.of(1, 0, 0.6, 0.8);

  it.each(mlpKernels)(
    "%s, sw2 %d, sb2 %d, %d hidden layers",
    (activation, sw2, sb2, hidden, ...reference) => {
      const dense = { kind: "dense", width: 4, sw2, sb2 };
      const layers = [{ kind: "repeat", times: hidden, layers: [dense, { kind: "activation", activation }] }];
      const { nngp, ntk } = kernelsOf(netOf("vector", [2], ...layers, dense), inputs, 2);
      // The references have 12 digits.
      for (const [k, value] of [nngp[0]!, nngp[1]!, ntk[0]!, ntk[1]!].entries())
        expect(relative(value, reference[k]!)).toBeLessThan(5e-11);
    },
  );
});

describe("convolutional networks", () => {
  it.each(cnnKernels)("%s padding, %s", (padding, head, ...reference) => {
    const weights = { sw2: 1.44, sb2: 0.09 };
    const conv = { kind: "conv", channels: 4, kernel: 3, padding, ...weights };
    const heads = {
      flatten: [{ kind: "flatten" }],
      globalAvgPool: [{ kind: "globalAvgPool" }],
      avgPool: [{ kind: "avgPool", window: 2 }, { kind: "flatten" }],
    };
    const layers = [{ kind: "repeat", times: 2, layers: [conv, { kind: "activation", activation: "relu" }] }];
    const net = netOf("image", [1, 8, 8], ...layers, ...heads[head], { kind: "dense", width: 1, ...weights });
    const { nngp, ntk } = kernelsOf(net, syntheticImages(2), 2);
    for (const [k, value] of [nngp[0]!, ntk[0]!, nngp[1]!, ntk[1]!].entries())
      expect(relative(value, reference[k]!)).toBeLessThan(5e-11);
  });
});
