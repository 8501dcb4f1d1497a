/** @file The ways to the empirical tangent kernel agree, in any tiles; the cheapest is taken. */
import { describe, expect, it } from "vitest";
import { empiricalNtk, ntkCosts } from "../../src/kernels/empirical/index.ts";
import { eigenSymmetric, type NdArray } from "../../src/tensor/index.ts";
import { distance, finiteCase, networkNames } from "./empirical-networks.ts";

const methods = ["contraction", "vector-products", "structured"] as const;
/** Bytes that make tiles of few items and outputs of these networks. */
const little = 8_000;

describe.each(networkNames)("the tangent kernel of a network: %s", (name) => {
  it("is the same by contraction, structure and vector products, to 1e-10 in float64", async () => {
    const given = finiteCase(name);
    const { kernel: reference } = await empiricalNtk({ ...given, method: "contraction", traceAxes: [] });
    for (const method of ["vector-products", "structured"] as const) {
      const { kernel } = await empiricalNtk({ ...given, method, traceAxes: [] });
      expect(distance(kernel, reference)).toBeLessThan(1e-10);
    }
  });

  it("is that of float64 to 1e-5 in float32", async () => {
    const { kernel: reference } = await empiricalNtk(finiteCase(name, "float64", "ntk"));
    for (const method of methods) {
      const { kernel } = await empiricalNtk({ ...finiteCase(name, "float32", "ntk"), method });
      expect(distance(kernel, reference)).toBeLessThan(1e-5);
    }
  });
});

describe("the tiles of a tangent kernel", () => {
  it.each(methods)("change nothing where memory is short: %s", async (method) => {
    for (const axes of [{}, { traceAxes: [] }, { diagonalAxes: [0], traceAxes: [] }]) {
      const { x2: _, ...one } = finiteCase("mlp");
      const whole = await empiricalNtk({ ...one, ...axes, method });
      let tiles = 0;
      const cut = await empiricalNtk({
        ...one,
        ...axes,
        method,
        memory: little,
        onProgress: (_done, total) => {
          tiles = total;
        },
      });
      expect(tiles).toBeGreaterThan(2);
      expect(distance(cut.kernel, whole.kernel)).toBeLessThan(1e-13);
    }
  });

  it("are refused where one item and one output need more than the memory", async () => {
    await expect(empiricalNtk({ ...finiteCase("mlp"), memory: 1000 })).rejects.toMatchObject({
      code: "too-large",
    });
  });

  it("stop between each other when they are told to", async () => {
    const controller = new AbortController();
    const work = empiricalNtk({
      ...finiteCase("mlp"),
      memory: little,
      signal: controller.signal,
      onProgress: (done) => {
        if (done === 1) controller.abort(new Error("enough"));
      },
    });
    await expect(work).rejects.toThrow("enough");
  });
});

describe("the outputs of a tangent kernel", () => {
  it("are averaged, kept once or kept in full", async () => {
    const { x2: _, ...one } = finiteCase("mlp");
    const { kernel: full } = await empiricalNtk({ ...one, traceAxes: [] });
    const { kernel: traced } = await empiricalNtk(one);
    const { kernel: diagonal } = await empiricalNtk({ ...one, traceAxes: [], diagonalAxes: [-1] });
    expect(full.shape).toEqual([15, 15]);
    expect(traced.shape).toEqual([5, 5]);
    expect(diagonal.shape).toEqual([3, 5, 5]);
    const at = (i: number, c: number, j: number, d: number) => full.data[(3 * i + c) * 15 + 3 * j + d]!;
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++) {
        const own = [0, 1, 2].map((c) => at(i, c, j, c));
        expect(traced.data[5 * i + j]).toBeCloseTo((own[0]! + own[1]! + own[2]!) / 3, 12);
        for (const c of [0, 1, 2]) expect(diagonal.data[25 * c + 5 * i + j]).toBeCloseTo(own[c]!, 12);
      }
    }
  });

  it("have axes of their own where they stand at positions", async () => {
    const given = finiteCase("outputs at positions");
    const { kernel: full } = await empiricalNtk({ ...given, traceAxes: [] });
    const { kernel: byPosition } = await empiricalNtk({ ...given, traceAxes: [-1] });
    expect(full.shape).toEqual([30, 18]);
    expect(byPosition.shape).toEqual([15, 9]);
    const sum = full.data[0]! + full.data[1 * 18 + 1]!;
    expect(byPosition.data[0]).toBeCloseTo(sum / 2, 12);
    const across = full.data[(2 * 7 + 0) * 18 + 2 * 5]! + full.data[(2 * 7 + 1) * 18 + 2 * 5 + 1]!;
    expect(byPosition.data[7 * 9 + 5]).toBeCloseTo(across / 2, 12);
  });

  it("make a kernel that is symmetric to the bit and positive semi-definite to rounding, even in float32", async () => {
    const { x2: _, ...one } = finiteCase("CNN, pooled", "float32");
    const { kernel } = await empiricalNtk({ ...one, traceAxes: [] });
    const n = kernel.shape[0]!;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) expect(kernel.data[i * n + j]).toBe(kernel.data[j * n + i]);
    }
    const values = Array.from(eigenSymmetric(kernel as NdArray<"float64">).values.data);
    // Jacobians are rounded to float32 once; products and sums are exact to float64.
    expect(Math.min(...values)).toBeGreaterThan(-1e-13 * Math.max(...values));
  });
});

describe("the choice of a way", () => {
  const dense = (n: number, m: number) => ({ entries: n * m, groups: 1, positions: 1, inputs: n, units: m });
  const conv = { entries: 16 * 16 * 9, groups: 1, positions: 784, inputs: 144, units: 16 };

  it("takes inputs and deltas of dense layers, and Jacobians of convolutions over many positions", () => {
    const traced = { diagonal: 1, full: 1, trace: 10 };
    const ofDense = ntkCosts([dense(512, 512)], traced, 32);
    expect(ofDense.mixed).toBe(ofDense.structured);
    const ofConv = ntkCosts([conv], traced, 32);
    expect(ofConv.mixed).toBe(ofConv.contraction);
  });

  it("takes vector products where a full kernel has many outputs", () => {
    const full = { diagonal: 1, full: 1000, trace: 1 };
    const costs = ntkCosts([dense(64, 64), dense(64, 1000)], full, 8);
    expect(costs.vectorProducts).toBeLessThan(costs.mixed);
  });

  it("is said with the kernel, and what is asked for is done", async () => {
    const given = finiteCase("mlp");
    expect((await empiricalNtk(given)).method).toBe("mixed");
    expect((await empiricalNtk({ ...given, method: "vector-products" })).method).toBe("vector-products");
    await expect(empiricalNtk({ ...given, method: "magic" as "auto" })).rejects.toMatchObject({
      where: "method",
    });
  });
});
