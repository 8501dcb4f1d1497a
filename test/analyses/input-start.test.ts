/** @file Moments that theory starts from, against loops over a small sample. */
import { describe, expect, it } from "vitest";
import { meanLayers } from "../../src/analyses/criticality/mean-layers.ts";
import { inputStart, inputStarts, pairStart } from "../../src/analyses/input-start.ts";
import { buildModel, meanFieldPlaces, parseNet } from "../../src/net/index.ts";
import { ndarray } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";

const [rows, channels, size] = [3, 2, 4];
const x = (row: number, c: number, p: number) => Math.sin(1 + 7 * row + 3 * c + 2 * p) * (p === 0 ? 0 : 1);
const numbers = Array.from({ length: rows * channels * size }, (_, i) =>
  x(Math.floor(i / (channels * size)), Math.floor(i / size) % channels, i % size),
);
const inputs = ndarray("float32", [rows, channels, size], Float32Array.from(numbers));
const modelOf = (...first: object[]) =>
  buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "signal", shape: [channels, size] },
      layers: [...first, { kind: "flatten" }, { kind: "dense", width: 2 }],
    }),
  );
const spatial = modelOf({ kind: "conv", channels: 3, kernel: 3 });
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const over = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("the start of a recursion", () => {
  it("has the moments of every position where the network looks at positions", () => {
    const { positions, K } = inputStart(spatial, inputs);
    expect(positions).toHaveLength(size);
    expect(positions![0]).toMatchObject({ K: 0, mean: 0 });
    const at = (p: number) => over(rows).flatMap((row) => over(channels).map((c) => x(row, c, p)));
    for (const p of over(size)) {
      expect(positions![p]!.K).toBeCloseTo(mean(at(p).map((v) => v * v)), 6);
      expect(positions![p]!.mean).toBeCloseTo(mean(at(p)), 6);
    }
    expect(K).toBeCloseTo(mean(numbers.map((v) => v * v)), 6);
  });

  it("has the covariance of a position with any position of other inputs", () => {
    const pairs = over(rows).flatMap((a) =>
      over(rows)
        .filter((b) => b !== a)
        .map((b) => [a, b] as const),
    );
    const of = (p: number) =>
      mean(
        pairs.flatMap(([a, b]) =>
          over(channels).flatMap((c) => over(size).map((q) => x(a, c, p) * x(b, c, q))),
        ),
      );
    for (const p of over(size))
      expect(inputStart(spatial, inputs).positions![p]!.batch).toBeCloseTo(of(p), 6);
  });

  it("is of all units together where the network begins by making one list of them", () => {
    const { positions, K, mean: first } = inputStart(modelOf(), inputs);
    expect(positions).toBeUndefined();
    expect(K).toBeCloseTo(mean(numbers.map((v) => v * v)), 6);
    expect(first).toBeCloseTo(mean(numbers), 6);
  });

  it("gives a pair the correlation of each position, and nothing to an empty one", () => {
    const { positions } = pairStart(spatial, inputs, { pairs: [[0, 1]], correlation: 0.5 });
    const along = (row: number, p: number) => over(channels).map((c) => x(row, c, p));
    const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    for (const p of over(size).slice(1)) {
      const [a, b] = [along(0, p), along(1, p)];
      const { C, Ka } = positions![p]!;
      expect(C / Ka).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), 6);
    }
    expect(positions![0]).toMatchObject({ Ka: 0, C: 0 });
  });
});

describe("theory of several inputs", () => {
  it("starts each input on its own where there are few positions, and all together elsewhere", () => {
    const starts = inputStarts(spatial, inputs);
    expect(starts).toHaveLength(rows);
    expect(mean(starts.map(({ K }) => K))).toBeCloseTo(inputStart(spatial, inputs).K, 6);
    expect(inputStarts(modelOf(), inputs)).toHaveLength(1);
    expect(inputStarts(modelOf({ kind: "batchNorm" }), inputs)).toHaveLength(1);
  });

  it("averages K and J, and keeps χ_J between them", () => {
    const places = meanFieldPlaces(spatial);
    const each = inputStarts(spatial, inputs).map((start) => propagate(places, start));
    const layers = meanLayers(each);
    expect(layers[1]!.K).toBeCloseTo(mean(each.map((of) => of[1]!.K)), 12);
    expect(Math.exp(layers[1]!.logJ)).toBeCloseTo(mean(each.map((of) => Math.exp(of[1]!.logJ))), 12);
    expect(Math.log(layers[0]!.chiJ!)).toBeCloseTo(layers[1]!.logJ - layers[0]!.logJ, 12);
  });
});
