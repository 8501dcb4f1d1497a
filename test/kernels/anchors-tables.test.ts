/** @file The tables of kernels.md §6.3 and §12 (test/oracles/kernel-anchors.ts) through the public face, in both precisions. */
import { describe, expect, it } from "vitest";
import { ndarray } from "../../src/tensor/index.ts";
import { cnnKernels, mlpKernels, syntheticKernels } from "../oracles/kernel-anchors.ts";
import { netOf, smallCnnGps, syntheticImages } from "./networks.ts";
import { entriesOf, relativeError } from "./public.ts";

/** float64: the references have 12 digits, or all; sums of some hundred layers round. float32: sums of some hundred terms. */
const precisions = [
  ["float64", 5e-11, 1e-13],
  ["float32", 2e-6, 2e-6],
] as const;

const images = (count: number) => ndarray("float64", [count, 1, 8, 8], syntheticImages(count));
const both = ["nngp", "ntk"] as const;

describe.each(precisions)("in %s", (precision, tolerance, ofAllDigits) => {
  it.each(["resnet", "convnet", "residual"] as const)(
    "%s has the kernel of numpy on synthetic images",
    async (name) => {
      const { nngp } = await entriesOf({ net: smallCnnGps[name], x: images(3), precision });
      expect(relativeError(nngp, syntheticKernels[name])).toBeLessThan(ofAllDigits);
    },
  );

  it.each(mlpKernels)("%s, sw2 %d, sb2 %d, %d hidden layers", async (activation, sw2, sb2, hidden, ...k) => {
    const dense = { kind: "dense", width: 4, sw2, sb2 };
    const layers = [{ kind: "repeat", times: hidden, layers: [dense, { kind: "activation", activation }] }];
    const net = netOf("vector", [2], ...layers, dense);
    const x = ndarray("float64", [2, 2], [1, 0, 0.6, 0.8]);
    const { nngp, ntk } = await entriesOf({ net, x, precision, get: both });
    const symmetric = (diagonal: number, off: number) => [
      [diagonal, off],
      [off, diagonal],
    ];
    expect(relativeError(nngp, symmetric(k[0], k[1]))).toBeLessThan(tolerance);
    expect(relativeError(ntk, symmetric(k[2], k[3]))).toBeLessThan(tolerance);
  });

  it.each(cnnKernels)("convolutions with %s padding and %s", async (padding, head, ...reference) => {
    const weights = { sw2: 1.44, sb2: 0.09 };
    const conv = { kind: "conv", channels: 4, kernel: 3, padding, ...weights };
    const heads = {
      flatten: [{ kind: "flatten" }],
      globalAvgPool: [{ kind: "globalAvgPool" }],
      avgPool: [{ kind: "avgPool", window: 2 }, { kind: "flatten" }],
    };
    const layers = [{ kind: "repeat", times: 2, layers: [conv, { kind: "activation", activation: "relu" }] }];
    const net = netOf("image", [1, 8, 8], ...layers, ...heads[head], { kind: "dense", width: 1, ...weights });
    const { nngp, ntk } = await entriesOf({ net, x: images(2), precision, get: both });
    const [k00, t00, k01, t01] = reference;
    expect(relativeError(nngp, [[k00, k01]])).toBeLessThan(tolerance);
    expect(relativeError(ntk, [[t00, t01]])).toBeLessThan(tolerance);
  });
});

describe("facts", () => {
  const he = (hidden: number) => {
    const dense = { kind: "dense", width: 4, sw2: 2 };
    const layers = [
      { kind: "repeat", times: hidden, layers: [dense, { kind: "activation", activation: "relu" }] },
    ];
    return netOf("vector", [2], ...layers, dense);
  };
  /** Two inputs of length √2 (K of the first layer 2) at the correlation ρ. */
  const at = (rho: number) =>
    ndarray("float64", [2, 2], [2 ** 0.5, 0, 2 ** 0.5 * rho, 2 ** 0.5 * Math.sqrt(1 - rho * rho)]);

  it.each(precisions)(
    "He's ReLU keeps K(x, x), and Θ(x, x) = (h + 1) K(x, x), in %s",
    async (precision, tol) => {
      for (const hidden of [1, 4, 16]) {
        const { nngp, ntk } = await entriesOf({ net: he(hidden), x: at(0.3), precision, get: both });
        for (const i of [0, 1]) {
          expect(Math.abs(nngp[i]![i]! - 2)).toBeLessThan(2 * tol);
          expect(Math.abs(ntk[i]![i]! / (2 * (hidden + 1)) - 1)).toBeLessThan(tol);
        }
      }
    },
  );

  it("depth makes all inputs alike under ReLU: the correlation grows to 1", async () => {
    const correlations = [];
    for (const hidden of [1, 4, 16, 64, 256]) {
      const { nngp } = await entriesOf({ net: he(hidden), x: at(-0.5), precision: "float64" });
      correlations.push(nngp[0]![1]! / nngp[0]![0]!);
    }
    expect(correlations).toEqual(correlations.toSorted((a, b) => a - b));
    expect(correlations.at(-1)!).toBeGreaterThan(0.999);
  });

  /** Two hidden variances of 1 through one ReLU and a plain readout: K = k, and Θ = k + c k̇. */
  const oneRelu = netOf(
    "vector",
    [2],
    { kind: "dense", width: 4, sw2: 1 },
    { kind: "activation", activation: "relu" },
    { kind: "dense", width: 1, sw2: 1 },
  );

  it.each([
    ["0", 0, 1 / (2 * Math.PI), 1 / (2 * Math.PI)],
    ["1", 1, 1 / 2, 1],
    ["-1", -1, 0, 0],
  ] as const)("ReLU at ρ = %s", async (_, rho, k, theta) => {
    for (const [precision, tolerance] of precisions) {
      const { nngp, ntk } = await entriesOf({ net: oneRelu, x: at(rho), precision, get: both });
      expect(Math.abs(nngp[0]![1]! - k)).toBeLessThan(tolerance);
      expect(Math.abs(ntk[0]![1]! - theta)).toBeLessThan(10 * tolerance);
    }
  });
});
