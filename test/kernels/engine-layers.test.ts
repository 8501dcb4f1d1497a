/** @file The SIMD engine against the float64 reference, for every layer, both kernels and both parameterisations. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simdEngine } from "../../src/kernels/engine/index.ts";
import { referenceEngine } from "../../src/kernels/reference/index.ts";
import type { EngineSpec, ItemBlock, KernelValue, TileEngine } from "../../src/kernels/types.ts";
import { parseNet } from "../../src/net/index.ts";
import { Key, sizeOf, uniform } from "../../src/tensor/index.ts";
import { type Case, cases } from "./engine-cases.ts";

type Input = Case["input"];

/** Items with numbers around 0.3; ids below 9. */
function itemsOf({ kind, shape }: Input, count: number, seed: number): ItemBlock {
  const size = count * sizeOf(shape);
  const bounds = kind === "ids" ? { low: 0, high: 9 } : { low: -0.7, high: 1.3 };
  const { data } = uniform(Key.fromSeed(seed), "float32", [size], bounds);
  return { data: kind === "ids" ? data.map(Math.floor) : data, count };
}

function specOf({ input, layers }: Omit<Case, "name">, more: Partial<EngineSpec>): EngineSpec {
  const net = parseNet({ fathom: 1, input, layers });
  return { net, values: ["nngp"], precision: "float32", parameterisation: "ntk", ...more };
}

function tileOf(engine: TileEngine, a: ItemBlock, b: ItemBlock | "same") {
  engine.load("a", a);
  engine.load("b", b === "same" ? a : b);
  const tile = engine.compute({ same: b === "same" });
  return { nngp: tile.nngp && [...tile.nngp], ntk: tile.ntk && [...tile.ntk] };
}

/**
 * Float32 in tens of operations: 2e-6 of what variances would allow (kernel-engine.md §9); Θ sees √(1 − ρ), whose rounding
 * grows as ρ nears 1.
 */
const tolerance: Record<KernelValue, number> = { nngp: 2e-6, ntk: 1e-5 };

async function expectLikeReference(spec: EngineSpec, input: Input): Promise<void> {
  const [engine, reference] = [await simdEngine(spec), referenceEngine(spec)];
  const [a, b] = [itemsOf(input, 6, 1), itemsOf(input, 5, 2)];
  for (const other of [b, "same"] as const) {
    const [found, exact] = [tileOf(engine, a, other), tileOf(reference, a, other)];
    for (const value of spec.values) {
      const largest = Math.max(...exact[value]!.map(Math.abs));
      exact[value]!.forEach((k, i) => {
        expect(Math.abs(found[value]![i]! - k)).toBeLessThan(tolerance[value] * largest + 1e-30);
      });
    }
  }
}

describe("the SIMD engine and the float64 reference agree on", () => {
  for (const { name, input, layers } of cases) {
    it(name, async () => {
      await expectLikeReference(specOf({ input, layers }, {}), input);
      for (const parameterisation of ["ntk", "standard"] as const) {
        const spec = specOf({ input, layers }, { values: ["nngp", "ntk"], parameterisation });
        await expectLikeReference(spec, input);
      }
    });
  }

  it("random convolutional networks", async () => {
    const padding = fc.constantFrom("same", "torch-same", "circular");
    const kernel = fc.integer({ min: 1, max: 3 });
    const conv = fc.record({ kernel, stride: fc.integer({ min: 1, max: 2 }), padding });
    const phi = fc.constantFrom("relu", "erf", "gelu", "abs");
    const nets = fc.record({
      sizes: fc.tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 4, max: 7 })),
      body: fc.array(fc.tuple(conv, phi), { minLength: 1, maxLength: 3 }),
      head: fc.constantFrom("flatten", "globalAvgPool"),
      values: fc.constantFrom<readonly KernelValue[]>(["nngp"], ["nngp", "ntk"]),
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(nets, async ({ sizes, body, head, values }) => {
        const layers = body.flatMap(([options, activation]) => [
          { kind: "conv", channels: 2, sw2: 1.4, sb2: 0.1, ...options },
          { kind: "activation", activation },
        ]);
        const input = { kind: "image", shape: [1, ...sizes] };
        const net = { input, layers: [...layers, { kind: head }, { kind: "dense", width: 1 }] };
        try {
          await expectLikeReference(specOf(net, { values }), input);
          compared++;
        } catch (error) {
          // Circular beside zero padding, and windows that are longer than a ring.
          const code = (error as { code?: string }).code;
          if (code !== "unsupported" && code !== "bad-shape") throw error;
        }
      }),
      { numRuns: 60, seed: 3 },
    );
    expect(compared).toBeGreaterThan(30);
  });
});

describe("long sums keep the digits of float32 in", () => {
  const relu = { kind: "activation", activation: "relu" };
  const conv = { kind: "conv", channels: 2, kernel: 3, sw2: 2, sb2: 0.01 };
  const ring = { ...conv, padding: "circular" };
  const head = { kind: "dense", width: 1, sw2: 2, sb2: 0.01 };
  const gap = [{ kind: "globalAvgPool" }, head];
  const long: Record<string, readonly [Input, readonly object[]]> = {
    "means over many pairs of positions": [
      { kind: "image", shape: [1, 16, 16] },
      [conv, relu, conv, relu, ...gap],
    ],
    "means over rings": [{ kind: "image", shape: [1, 13, 13] }, [ring, relu, ring, relu, ...gap]],
    "matrices over many positions": [
      { kind: "image", shape: [2, 9, 9] },
      [conv, relu, { kind: "avgPool", window: 6, stride: 4, padding: "same", edges: "inside" }, ...gap],
    ],
    "products of many channels": [{ kind: "vector", shape: [3072] }, [head, relu, head]],
    "products of many channels at positions": [{ kind: "image", shape: [1500, 2, 1] }, [conv, relu, ...gap]],
  };

  for (const [name, [input, layers]] of Object.entries(long)) {
    it(name, async () => {
      const spec = specOf({ input, layers }, { values: ["nngp", "ntk"] });
      const items = itemsOf(input, 3, 11);
      const data = items.data.map(Math.abs);
      const [found, exact] = [await simdEngine(spec), referenceEngine(spec)].map((engine) =>
        tileOf(engine, { data, count: 3 }, "same"),
      );
      for (const value of spec.values) {
        exact![value]!.forEach((k, i) => {
          // Some roundings of 6e-8: a plain sum of so many terms loses 1e-6 and more.
          expect(Math.abs(found![value]![i]! / k - 1)).toBeLessThan(5e-7);
        });
      }
    });
  }
});

describe("tiles of the SIMD engine", () => {
  const pooled = cases.find(({ name }) => name === "global pooling")!;
  const vectors = cases.find(({ name }) => name === "gelu of vectors")!;

  for (const one of [pooled, vectors]) {
    it(`have the same bits in any order and company (${one.name})`, async () => {
      const engine = await simdEngine(specOf(one, { values: ["nngp", "ntk"] }));
      const size = sizeOf(one.input.shape);
      const all = itemsOf(one.input, 9, 4);
      const whole = tileOf(engine, all, all);
      const item = (i: number) => ({ data: all.data.slice(i * size, (i + 1) * size), count: 1 });
      for (const [i, j] of [
        [0, 8],
        [7, 2],
        [5, 5],
      ] as const) {
        const alone = tileOf(engine, item(i), item(j));
        expect(alone.nngp![0]).toBe(whole.nngp![i * 9 + j]);
        expect(alone.ntk![0]).toBe(whole.ntk![i * 9 + j]);
      }
    });
  }

  for (const activation of ["tanh", "softsign", "silu", "gelu", "erf", "sin"]) {
    it(`have the same bits whatever variances stand beside (${activation})`, async () => {
      const layers = [
        { kind: "dense", width: 4, sw2: 1.7, sb2: 0.001 },
        { kind: "activation", activation },
        { kind: "dense", width: 1 },
      ];
      const one = { input: vectors.input, layers };
      const engine = await simdEngine(specOf(one, { values: ["nngp", "ntk"] }));
      const size = sizeOf(one.input.shape);
      const { data, count } = itemsOf(one.input, 8, 4);
      const all = { data: data.map((x, i) => x * [0.01, 3, 0.3, 1][Math.floor(i / size) % 4]!), count };
      const whole = tileOf(engine, all, all);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          const item = (k: number) => ({ data: all.data.slice(k * size, (k + 1) * size), count: 1 });
          const alone = tileOf(engine, item(i), item(j));
          expect([alone.nngp![0], alone.ntk![0]]).toEqual([whole.nngp![i * 8 + j], whole.ntk![i * 8 + j]]);
        }
      }
    });
  }

  it("of variances beyond a series name its layer, and closed forms take any", async () => {
    const data = Float32Array.from({ length: 7 }, (_, i) => 100 * i);
    const load = async (activation: string) => {
      const layers = [
        { kind: "dense", width: 4 },
        { kind: "activation", activation },
        { kind: "dense", width: 1 },
      ];
      const engine = await simdEngine(specOf({ input: vectors.input, layers }, {}));
      engine.load("a", { data, count: 1 });
    };
    await expect(load("tanh")).rejects.toThrow(/activation.*variance.*series of tanh/);
    await expect(load("erf")).resolves.toBeUndefined();
    await expect(load("silu")).resolves.toBeUndefined();
  });

  it("have the same bits where batches of vectors are full, and where sides are kept or have made room", async () => {
    const engine = await simdEngine(specOf(vectors, { values: ["nngp", "ntk"] }));
    const size = sizeOf(vectors.input.shape);
    const { data } = itemsOf(vectors.input, 160, 8);
    const items = (from: number, to: number) => {
      return { data: data.subarray(from * size, to * size), count: to - from, final: true };
    };
    engine.load("a", items(0, 70));
    const tile = (from: number) => {
      engine.load("b", items(from, from + 5));
      const { nngp, ntk } = engine.compute({ same: false });
      return [...nngp!, ...ntk!];
    };
    const starts = Array.from({ length: 18 }, (_, i) => 5 * i);
    const first = starts.map(tile);
    expect(starts.toReversed().map(tile).toReversed()).toEqual(first);
    engine.load("a", items(69, 70));
    // Items that are not final do not take the place of those that are.
    engine.load("b", { ...items(9, 10), final: false });
    expect(engine.compute({ same: false }).nngp![0]).toBe(first[1]![69 * 5 + 4]);
    engine.load("a", items(0, 70));
    expect(starts.map(tile)).toEqual(first);
  });

  it("differ between the builds by rounding only", async () => {
    for (const { input, layers } of cases) {
      const items = itemsOf(input, 5, 6);
      const builds = await Promise.all(
        (["simd", "relaxed"] as const).map((build) => simdEngine(specOf({ input, layers }, { build }))),
      );
      const [simd, relaxed] = builds.map((engine) => tileOf(engine, items, "same").nngp!);
      const largest = Math.max(...simd!.map(Math.abs));
      simd!.forEach((k, i) => {
        expect(Math.abs(k - relaxed![i]!)).toBeLessThan(2e-6 * largest);
      });
    }
  });

  it("of zero, constant and repeated images are defined", async () => {
    const layers = [
      { kind: "conv", channels: 2, kernel: 3, sb2: 0 },
      { kind: "activation", activation: "relu" },
      { kind: "conv", channels: 2, kernel: 3, sb2: 0 },
      { kind: "activation", activation: "relu" },
      { kind: "globalAvgPool" },
    ];
    const input = { kind: "image", shape: [1, 5, 5] };
    const data = new Float32Array(100);
    data.fill(0.5, 25, 50);
    for (let p = 0; p < 25; p++) data[50 + p] = data[75 + p] = (p % 7) / 7;
    const spec = specOf({ input, layers }, { values: ["nngp", "ntk"] });
    const engine = await simdEngine(spec);
    const { nngp, ntk } = tileOf(engine, { data, count: 4 }, { data, count: 4 });
    expect([...nngp!, ...ntk!].every(Number.isFinite)).toBe(true);
    expect(nngp!.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(nngp![2 * 4 + 3]!).toBeCloseTo(nngp![2 * 4 + 2]!, 7);
  });
});

describe("tangent kernels of items that nearly agree", () => {
  const conv = { kind: "conv", channels: 2, kernel: 3, sb2: 0.3, sw2: 1.5 };
  const layers = [conv, relu(), conv, relu(), conv, relu(), { kind: "flatten" }, { kind: "dense", width: 1 }];
  const input = { kind: "image", shape: [1, 6, 6] };

  function relu() {
    return { kind: "activation", activation: "relu" };
  }

  it("keep their digits, and so do items with equal regions", async () => {
    const { data } = uniform(Key.fromSeed(9), "float32", [3 * 36]);
    // Item 1 is item 0 but for a thousandth; item 2 has a black border as item 3.
    for (let p = 0; p < 36; p++) data[36 + p] = data[p]! * (1 + 0.001 * (p % 3));
    const border = (p: number) => Math.floor(p / 6) < 3;
    const bordered = data.slice(0, 36).map((value, p) => (border(p) ? 0 : value));
    const all = Float32Array.from([...data, ...bordered]);
    for (let p = 0; p < 36; p++) if (border(p)) all[72 + p] = 0;
    const spec = specOf({ input, layers }, { values: ["nngp", "ntk"] });
    const items = { data: all, count: 4 };
    const found = tileOf(await simdEngine(spec), items, items).ntk!;
    const exact = tileOf(referenceEngine(spec), items, items).ntk!;
    exact.forEach((theta, i) => {
      // Regions that nearly agree are seen by float32 alone: a rounding of ρ over √(1 − ρ).
      expect(Math.abs(found[i]! / theta - 1)).toBeLessThan(1e-5);
    });
  });
});
