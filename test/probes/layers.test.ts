/** @file Mean-field rules of layers against sampled networks: criticality.md §4.8, §4.9 and the layers that meet or normalise. */
import { describe, expect, it } from "vitest";
import { buildModel, type Model, meanFieldPlaces, parseNet } from "../../src/net/index.ts";
import { defaultProbes, measureJacobians } from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { finiteBatchGrowth } from "../oracles/criticality.ts";
import { expectProfile } from "./agreement.ts";
import { inputsOf } from "./nets.ts";

const key = Key.fromSeed(1);
const vector = { kind: "vector", shape: [64] };
const act = (activation: string) => ({ kind: "activation", activation });
const repeat = (times: number, layers: object[]) => ({ kind: "repeat", times, layers });

interface Row {
  readonly input: object;
  /** The network for a weight variance: negative controls multiply it. */
  layers(sw2: number): object[];
  readonly sw2: number;
  /** Units of a layer, or channels: what fluctuations are small in. */
  readonly width: number;
  /** Inputs; 3 unless they form a batch that acts on itself. */
  readonly batch?: number;
  /** Positions that share the statistics of a batch. Default 1. */
  readonly positions?: number;
}

const dense = (width: number, sw2: number) => ({ kind: "dense", width, sw2, sb2: 0.1 });
const W = 256;
const norm = { kind: "batchNorm", epsilon: 0 };
const C = 96;
const conv = (sw2: number, options: object = {}) => ({
  kind: "conv",
  channels: C,
  kernel: 3,
  sw2,
  sb2: 0.05,
  ...options,
});
const signal = (length: number) => ({ kind: "signal", shape: [C, length] });

const rows: Readonly<Record<string, Row>> = {
  "BatchNorm and relu, 128 inputs": {
    input: vector,
    layers: (sw2) => [dense(W, sw2), repeat(4, [norm, act("relu"), dense(W, sw2)])],
    sw2: 1.5,
    width: W,
    batch: 128,
  },
  "BatchNorm and tanh, 128 inputs": {
    input: vector,
    layers: (sw2) => [dense(W, sw2), repeat(4, [norm, act("tanh"), dense(W, sw2)])],
    sw2: 1.5,
    width: W,
    batch: 128,
  },
  "BatchNorm in a residual branch": {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(4, [{ kind: "residual", mu: 1, branch: [norm, act("relu"), dense(W, sw2)] }]),
    ],
    sw2: 1.5,
    width: W,
    batch: 64,
  },
  "BatchNorm between zero-padded convolutions": {
    input: { kind: "image", shape: [48, 6, 6] },
    layers: (sw2) => [conv(sw2), repeat(2, [norm, act("relu"), conv(sw2)])],
    sw2: 2,
    width: C,
    batch: 24,
    positions: 36,
  },
  "circular convolutions": {
    input: signal(8),
    layers: (sw2) => [
      conv(sw2, { padding: "circular" }),
      repeat(4, [act("relu"), conv(sw2, { padding: "circular" })]),
    ],
    sw2: 2,
    width: C,
  },
  "zero-padded convolutions": {
    input: signal(8),
    layers: (sw2) => [conv(sw2), repeat(4, [act("relu"), conv(sw2)])],
    sw2: 2,
    width: C,
  },
  "zero-padded convolutions of images": {
    input: { kind: "image", shape: [48, 6, 6] },
    layers: (sw2) => [conv(sw2), repeat(3, [act("tanh"), conv(sw2)])],
    sw2: 2,
    width: C,
  },
  "strided convolutions of images, grouped, and a dense layer behind flatten": {
    input: { kind: "image", shape: [48, 12, 12] },
    layers: (sw2) => [
      conv(sw2),
      act("gelu"),
      conv(sw2, { stride: 2 }),
      act("gelu"),
      conv(sw2, { stride: 2, groups: 2 }),
      { kind: "flatten" },
      dense(W, sw2),
    ],
    sw2: 2,
    width: C / 2,
  },
  "valid convolutions": {
    input: signal(12),
    layers: (sw2) => [
      conv(sw2, { padding: "valid" }),
      repeat(3, [act("tanh"), conv(sw2, { padding: "valid" })]),
    ],
    sw2: 2,
    width: C,
  },
  "unshared convolutions": {
    input: signal(6),
    layers: (sw2) => [conv(sw2), repeat(3, [act("relu"), { ...conv(sw2), kind: "convLocal" }])],
    sw2: 2,
    width: C,
  },
  "a transposed convolution": {
    input: signal(4),
    layers: (sw2) => [
      conv(sw2),
      act("tanh"),
      { kind: "convTranspose", channels: C, kernel: 3, stride: 2, sw2: 1.5 * sw2 },
      act("tanh"),
      conv(sw2),
    ],
    sw2: 2,
    width: C,
  },
  RMSNorm: {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(4, [act("relu"), { kind: "rmsNorm", epsilon: 0 }, dense(W, sw2)]),
    ],
    sw2: 1.5,
    width: W,
  },
  "a skip of mu < 1": {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(4, [{ kind: "residual", mu: 0.6, branch: [act("gelu"), dense(W, sw2)] }]),
    ],
    sw2: 1.5,
    width: W,
  },
  "gated products": {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(2, [
        { kind: "product", branches: [[dense(W, sw2)], [dense(W, sw2), act("tanh")]] },
        dense(W, sw2),
      ]),
    ],
    sw2: 1.5,
    width: W,
  },
  "concatenated branches": {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(2, [
        {
          kind: "concat",
          branches: [[act("tanh"), dense(64, sw2)], [act("relu"), dense(192, sw2)], []],
        },
        dense(W, sw2),
      ]),
    ],
    sw2: 1.5,
    width: W,
  },
  "sums of branches": {
    input: vector,
    layers: (sw2) => [
      dense(W, sw2),
      repeat(3, [
        { kind: "sum", branches: [[act("tanh"), dense(W, sw2)], [act("relu"), dense(W, sw2)], []] },
      ]),
    ],
    sw2: 0.5,
    width: W,
  },
};

/** Second moment of the inputs, and that of pairs of different ones. */
function startOf(inputs: NdArray): { K: number; batch: number } {
  const samples = inputs.shape[0]!;
  const units = inputs.data.length / samples;
  const totals = new Float64Array(units);
  let squares = 0;
  (inputs.data as Float32Array).forEach((x, i) => {
    squares += x * x;
    totals[i % units]! += x;
  });
  const all = totals.reduce((sum, total) => sum + total * total, 0);
  return { K: squares / (samples * units), batch: (all - squares) / (samples * (samples - 1) * units) };
}

const modelOf = (input: object, layers: object[]): Model =>
  buildModel(parseNet({ fathom: 1, input, layers }));

describe("J(1, l), J(l, L) and K of sampled networks", () => {
  for (const [name, { input, layers, sw2, width, batch, positions = 1 }] of Object.entries(rows)) {
    it(`${name}: within 4 standard errors, exp(3 L/N) and, of a batch, 2 L/Bt; not those of 1.5 sw2`, async () => {
      const model = modelOf(input, layers(sw2));
      const inputs = inputsOf(model, batch ?? 3, "float32");
      const measured = await measureJacobians({ model, inputs, seeds: 8, probes: 4, key });
      const theoryOf = (of: Model) => propagate(meanFieldPlaces(of), startOf(inputs));
      const theory = theoryOf(model);
      // criticality.md §6, and §4.8 for the batch: (Bt-2)/(Bt-3) a layer for a linear network, a little more for others.
      const allowance = (l: number, se: number) =>
        4 * se + (3 * l) / width + (batch === undefined ? 0 : (2 * l) / (batch * positions));
      expectProfile(measured, theory, allowance);
      const [last, other] = [measured.layers.at(-1)!, theoryOf(modelOf(input, layers(1.5 * sw2))).at(-1)!];
      expect(Math.abs(Math.log(last.K.value / other.K))).toBeGreaterThan(
        allowance(theory.length, last.K.se! / last.K.value),
      );
    });
  }
});

describe("a linear network with BatchNorm over six orthogonal inputs", () => {
  it("grows by (Bt-2)/(Bt-3) a layer, more than the product of its one-step Jacobians", async () => {
    const [batch, width, depth] = [6, 512, 12];
    const model = modelOf({ kind: "vector", shape: [batch] }, [
      { kind: "dense", width },
      repeat(depth, [norm, { kind: "dense", width }]),
    ]);
    // Orthogonal inputs are alike to the network; others become so only with depth.
    const unit = Float64Array.from({ length: batch ** 2 }, (_, i) => (i % (batch + 1) === 0 ? 2 : 0));
    const inputs = ndarray("float32", [batch, batch], unit);
    const { layers } = await measureJacobians({ model, inputs, seeds: 8, probes: 16, key });
    const [first, last] = [layers[1]!.J, layers.at(-1)!.J];
    const rate = (last.lnMean - first.lnMean) / (depth - 1);
    const se = Math.hypot(first.se!, last.se!) / (depth - 1);
    const grows = Math.log(finiteBatchGrowth(batch));
    expect(Math.abs(rate - grows)).toBeLessThan(4 * se + 3 / width);
    const oneStep = layers.slice(2).map(({ local }) => local!.lnMean);
    const mean = oneStep.reduce((sum, value) => sum + value, 0) / oneStep.length;
    // criticality.md §4.8: the one-step isotropic J is ((Bt-2)(Bt-1))/(Bt(Bt-3)).
    const isotropic = ((batch - 2) * (batch - 1)) / (batch * (batch - 3));
    expect(Math.abs(mean - Math.log(isotropic))).toBeLessThan(0.03);
    expect(mean).toBeLessThan(grows - 8 * se);
  });
});

describe("the number of probes", () => {
  it("is 16 for vectors, and smaller where every tap has thousands of units", () => {
    const image = { kind: "image", shape: [1, 28, 28] };
    expect(defaultProbes(modelOf(vector, [dense(8, 1)]))).toBe(16);
    expect(defaultProbes(modelOf(image, [conv(2), { kind: "flatten" }, dense(10, 1)]))).toBe(2);
    expect(defaultProbes(modelOf(signal(4), [conv(2)]))).toBe(6);
  });
});
