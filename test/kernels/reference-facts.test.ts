/** @file Facts of wide networks that the reference engine must show, and what its tiles promise. */
import { describe, expect, it } from "vitest";
import { referenceEngine } from "../../src/kernels/reference/index.ts";
import type { EngineSpec } from "../../src/kernels/types.ts";
import { Key, uniform } from "../../src/tensor/index.ts";
import { kernelsOf, type Layer, netOf, smallCnnGps, syntheticImages } from "./networks.ts";

const relu: Layer = { kind: "activation", activation: "relu" };
const dense = (sw2: number, sb2 = 0, rest: Layer = {}): Layer => ({
  kind: "dense",
  width: 6,
  sw2,
  sb2,
  ...rest,
});
const repeat = (times: number, ...layers: readonly Layer[]): Layer => ({ kind: "repeat", times, layers });
const on = (inputs: number, ...layers: readonly Layer[]) => netOf("vector", [inputs], ...layers);

/** Rounding of some ten layers. */
const DIGITS = 13;

describe("ReLU networks", () => {
  it.each([1, 2, 5, 9])("of He weights and %d hidden layers keep K11, and Θ11 = (h + 1) K11", (hidden) => {
    const { nngp, ntk } = kernelsOf(
      on(3, repeat(hidden, dense(2), relu), dense(2)),
      Float64Array.of(1, -2, 0.5),
      1,
    );
    const first = (2 * 5.25) / 3;
    expect(nngp[0]).toBeCloseTo(first, DIGITS);
    expect(ntk[0]).toBeCloseTo((hidden + 1) * first, DIGITS);
  });

  it.each([
    ["orthogonal", [0, 3], Math.sqrt(0.5 * 4.5) / (2 * Math.PI), 1 / 4],
    ["equal", [1, 0], 0.25, 1 / 2],
    ["opposite", [-1, 0], 0, 0],
  ])("have the kernel of the arc cosine for %s items", (_, other, k, slope) => {
    const net = on(2, dense(1), relu, dense(1));
    const { nngp, ntk } = kernelsOf(net, Float64Array.of(1, 0, ...other), 2);
    const before = (1 * other[0]!) / 2;
    expect(nngp[1]).toBeCloseTo(k, DIGITS);
    expect(ntk[1]).toBeCloseTo(k + slope * before, DIGITS);
  });

  it("turn all items into one as they get deeper", () => {
    const correlations = [1, 4, 16, 64].map((hidden) => {
      const net = on(2, repeat(hidden, dense(2), relu), dense(2));
      return kernelsOf(net, Float64Array.of(1, 1, 1, -1), 2).nngp[1]!;
    });
    expect(correlations).toEqual(correlations.toSorted((a, b) => a - b));
    expect(correlations.at(-1)! / 2).toBeGreaterThan(0.99);
  });
});

describe("trained parameters", () => {
  const x = Float64Array.of(1, 2, 0.5, -1);

  it("of the standard parameterisation count with their real fan-in", () => {
    const net = on(2, dense(2, 0.3), dense(0.7, 0.1));
    const { ntk } = kernelsOf(net, x, 2, { parameterisation: "standard" });
    const input = (0.5 - 2) / 2;
    const hidden = 2 * input + 0.3;
    expect(ntk[1]).toBeCloseTo(6 * hidden + 1 + 0.7 * (2 * input + 1), DIGITS);
  });

  it("that start at zero make no output and a tangent kernel all the same", () => {
    const zero = { parameters: { weight: { init: "zeros" } } };
    const { nngp, ntk } = kernelsOf(on(2, dense(2), relu, dense(3, 0, zero)), x, 2);
    const { nngp: before } = kernelsOf(on(2, dense(2), relu, dense(1)), x, 2);
    expect([...nngp]).toEqual([0, 0, 0, 0]);
    for (const [k, value] of before.entries()) expect(ntk[k]).toBeCloseTo(3 * value, DIGITS);
  });

  it("that are all frozen have no tangent kernel", () => {
    const frozen = { weight: { trainable: false }, bias: { trainable: false } };
    const layer = dense(2, 0.1, { parameters: frozen });
    expect([...kernelsOf(on(2, layer, relu, layer), x, 2).ntk]).toEqual([0, 0, 0, 0]);
  });
});

describe("positions", () => {
  const conv: Layer = { kind: "conv", channels: 4, kernel: 3 };
  const image = (...layers: readonly Layer[]) => netOf("image", [1, 8, 8], conv, relu, conv, ...layers);

  it("that the output has are averaged, as behind a flatten", () => {
    const images = syntheticImages(3);
    expect(kernelsOf(image(), images, 3)).toEqual(kernelsOf(image({ kind: "flatten" }), images, 3));
  });

  it("summed over windows of everything make the global mean times their number squared", () => {
    const images = syntheticImages(2);
    const sum = kernelsOf(image({ kind: "sumPool", window: 8 }), images, 2);
    const mean = kernelsOf(image({ kind: "globalAvgPool" }), images, 2);
    for (const [k, value] of sum.ntk.entries()) expect(value / mean.ntk[k]! / 64 ** 2).toBeCloseTo(1, DIGITS);
  });
});

describe("tiles", () => {
  const images = uniform(Key.fromSeed(1), "float64", [70 * 64]).data;
  const spec: EngineSpec = {
    net: smallCnnGps.resnet,
    values: ["nngp", "ntk"],
    precision: "float64",
    parameterisation: "ntk",
  };

  it("have the same bits wherever the pair lies, with Θ and without, and are symmetric", () => {
    const whole = kernelsOf(spec.net, images, 70);
    const engine = referenceEngine({ ...spec, values: ["nngp"] });
    engine.load("a", { data: images.slice(64 * 67), count: 3 });
    engine.load("b", { data: images, count: 70 });
    const { nngp } = engine.compute({ same: false });
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 67; j++) expect(nngp![i * 70 + j]).toBe(whole.nngp[(67 + i) * 70 + j]);
    }
    for (const kernel of [whole.nngp, whole.ntk]) {
      for (let i = 0; i < 70; i++)
        for (let j = 0; j < i; j++) expect(kernel[i * 70 + j]).toBe(kernel[j * 70 + i]);
    }
  });

  it("are kernels: no quadratic form is negative", () => {
    const { nngp, ntk } = kernelsOf(spec.net, images, 70);
    for (const kernel of [nngp, ntk]) {
      for (let trial = 0; trial < 20; trial++) {
        const c = uniform(Key.fromSeed(2).split(trial), "float64", [70], { low: -1 }).data;
        let form = 0;
        for (let i = 0; i < 70; i++) for (let j = 0; j < 70; j++) form += c[i]! * c[j]! * kernel[i * 70 + j]!;
        expect(form).toBeGreaterThan(0);
      }
    }
  });
});
