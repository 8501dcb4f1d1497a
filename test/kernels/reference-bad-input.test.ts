/** @file Bad and extreme input of the reference engine (kernels.md §13): typed errors that name the place, and defined results. */
import { describe, expect, it } from "vitest";
import { referenceEngine } from "../../src/kernels/reference/index.ts";
import type { ItemBlock } from "../../src/kernels/types.ts";
import type { Net } from "../../src/net/index.ts";
import { kernelsOf, type Layer, netOf, smallCnnGps, syntheticImages } from "./networks.ts";

const dense: Layer = { kind: "dense", width: 4, sw2: 2, sb2: 0.1 };
const phi = (activation: unknown): Layer => ({ kind: "activation", activation });
const mlp = (...layers: readonly Layer[]) => netOf("vector", [2], ...layers);

function load(net: Net, items: ItemBlock): void {
  referenceEngine({ net, values: ["nngp", "ntk"], precision: "float64", parameterisation: "ntk" }).load(
    "a",
    items,
  );
}

describe("bad input", () => {
  it("names the item and the pixel that is not finite", () => {
    const data = syntheticImages(3);
    data[64 + 8 * 3 + 5] = Number.NaN;
    expect(() => load(smallCnnGps.resnet, { data, count: 3 })).toThrow(
      expect.objectContaining({
        code: "bad-input",
        where: "items[1]",
        message: "Item 1 holds NaN at [0,3,5].",
      }),
    );
  });

  it("refuses items of another shape", () => {
    expect(() => load(mlp(dense), { data: new Float64Array(9), count: 3 })).toThrow(
      expect.objectContaining({
        code: "bad-shape",
        message: expect.stringMatching(/3 items of vector \[2\]/),
      }),
    );
  });

  it("refuses ids that are no whole numbers", () => {
    const net = netOf("ids", [2], { kind: "embedding", vocabulary: 3, width: 4 });
    expect(() => load(net, { data: Float64Array.of(1, 0.5), count: 1 })).toThrow(
      /Item 0 holds the id 0.5 at \[1\]/,
    );
  });

  it("names the layer whose kernel overflows, and the item", () => {
    const huge: Layer = { kind: "dense", width: 4, sw2: 1e200 };
    const data = Float64Array.of(0, 0, 1, 1);
    expect(() => load(mlp(huge, phi("relu"), huge), { data, count: 2 })).toThrow(
      expect.objectContaining({
        code: "failed",
        where: "layers[2]",
        message: "layers[2] (dense) gives item 1 the kernel K(x, x) = Infinity.",
      }),
    );
  });

  it("names the layer whose mean diverges: exp(b x²) where 2 b v >= 1", () => {
    const net = mlp(dense, phi({ kind: "gaussian", a: 1, b: 0.4 }), dense);
    expect(() => load(net, { data: Float64Array.of(2, 1), count: 1 })).toThrow(/^layers\[1\] \(activation\)/);
  });

  it("asks for items before it computes", () => {
    const spec = {
      net: mlp(dense),
      values: ["nngp"],
      precision: "float64",
      parameterisation: "ntk",
    } as const;
    expect(() => referenceEngine(spec).compute({ same: true })).toThrow(/Side a has no items/);
  });
});

describe("extreme input", () => {
  it("no items make an empty matrix", () => {
    const { nngp, ntk } = kernelsOf(smallCnnGps.resnet, new Float64Array(0), 0);
    expect([nngp.length, ntk.length]).toEqual([0, 0]);
  });

  it("a zero image has the kernel 0 with everything where there are no biases", () => {
    const data = syntheticImages(2);
    data.fill(0, 0, 64);
    const { nngp, ntk } = kernelsOf(smallCnnGps.resnet, data, 2);
    for (const kernel of [nngp, ntk]) {
      expect([...kernel.subarray(0, 3)]).toEqual([0, 0, 0]);
      expect(kernel[3]).toBeGreaterThan(0);
    }
  });

  it.each(["resnet", "convnet", "residual"] as const)(
    "duplicates have the kernel of an item with itself in %s",
    (name) => {
      const data = Float64Array.of(...syntheticImages(1), ...syntheticImages(1));
      for (const kernel of Object.values(kernelsOf(smallCnnGps[name], data, 2))) {
        expect(new Set(kernel).size).toBe(1);
      }
    },
  );

  it("constant images have finite kernels, in layer normalisation too", () => {
    const layers = [{ kind: "toTokens" }, { kind: "layerNorm" }, dense, phi("relu"), dense];
    const data = new Float64Array(48).fill(0.3);
    const { nngp, ntk } = kernelsOf(netOf("image", [3, 4, 4], ...layers), data, 1);
    // Constant channels have no variance left, so the first dense layer makes its bias alone: K = 2·0.1/2 + 0.1.
    expect(nngp[0]).toBeCloseTo(0.2, 12);
    expect(Number.isFinite(ntk[0])).toBe(true);
  });
});

it("does not compute Θ unless it is asked for", () => {
  const spec = { net: mlp(dense), values: ["nngp"], precision: "float64", parameterisation: "ntk" } as const;
  const engine = referenceEngine(spec);
  engine.load("a", { data: Float64Array.of(1, 2), count: 1 });
  expect(Object.keys(engine.compute({ same: true }))).toEqual(["nngp"]);
});
