import { describe, expect, it } from "vitest";
import { initialise, type Model } from "../../src/net/index.ts";
import {
  averageRise,
  interpolate,
  modelSurface,
  type Point,
  planeThrough,
  randomDirection,
  sliceGrid,
  sliceLine,
  vectorOf,
} from "../../src/probes/index.ts";
import { Key, ndarray, norm, scaled } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { at, noise, quadratic, twoWells } from "./landscape-problems.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(6);

describe("interpolation", () => {
  it("between the two wells has a barrier of nearly 1, and 41 points from -0.5 to 1.5", async () => {
    const found = await interpolate(twoWells(), { from: at(-1), to: at(1) });
    expect(found.t).toHaveLength(41);
    expect([found.t[0], found.t.at(-1)]).toEqual([-0.5, 1.5]);
    expect(found.distance).toBe(2);
    // f(0) = 1 - e^{-50} - .95 e^{-1/.72} and neighbours, less the chord: largest at t = .2 on these points.
    const f = (w: number) => 1 - Math.exp(-((w + 1) ** 2) / 0.02) - 0.95 * Math.exp(-((w - 1) ** 2) / 0.72);
    const heights = found.t.flatMap((t) =>
      t < 0 || t > 1 ? [] : [f(-1 + 2 * t) - (1 - t) * f(-1) - t * f(1)],
    );
    expectClose(found.barrier.value, Math.max(...heights), 1e-12);
    found.t.forEach((t, i) => {
      expectClose(found.loss[i]!, f(-1 + 2 * t), 1e-12);
    });
    expect(found.error).toBeUndefined();
  });

  it("of a convex loss has no barrier", async () => {
    const { barrier, barrierAt } = await interpolate(quadratic([10, 1]), { from: at(1, 1), to: at(-2, 0.5) });
    expect([barrier.value, barrierAt]).toEqual([0, 0]);
  });
});

describe("the plane of three solutions", () => {
  it("has coordinates in the norm of the weights, and each solution's loss where it lies", async () => {
    const surface = quadratic([10, 1, 3]);
    const solutions = [at(1, 0, 0), at(1, 3, 4), at(2, 3, 4)] as const;
    const found = await planeThrough(surface, { solutions, points: 9 });
    expect(found.solutions.map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [5, 0],
      [5, 1],
    ]);
    const losses = [5, 5 + 4.5 + 24, 20 + 4.5 + 24];
    found.solutions.forEach(({ loss }, i) => {
      expectClose(loss, losses[i]!, 1e-13);
    });
    // On the plane w = (1 + y, 3x/5, 4x/5).
    found.y.forEach((y, j) => {
      found.x.forEach((x, i) => {
        const expected = 5 * (1 + y) ** 2 + (0.36 * x * x) / 2 + 1.5 * 0.64 * x * x;
        expectClose(found.loss[j]![i]!, expected, 1e-12);
      });
    });
    expect([found.x[0], found.x.at(-1)]).toEqual([-1.25, 6.25]);
    expect([found.y[0], found.y.at(-1)]).toEqual([-0.25, 1.25]);
  });
});

/** Rows of a matrix, or entries of a vector, multiplied each by its own factor. */
function rowsTimes(array: Point[string], factors: readonly number[]) {
  const width = array.data.length / factors.length;
  const data = Float64Array.from(
    array.data as Float64Array,
    (value, i) => value * factors[Math.floor(i / width)]!,
  );
  return ndarray("float64", array.shape, data);
}

function columnsTimes(array: Point[string], factors: readonly number[]) {
  const data = Float64Array.from(
    array.data as Float64Array,
    (value, i) => value * factors[i % factors.length]!,
  );
  return ndarray("float64", array.shape, data);
}

describe("filter-normalised slices of a ReLU network", () => {
  const model: Model = modelOf("mlp:depth=1,width=4,activation=relu,sw2=2,sb2=0.1,in=3,out=2");
  const weights = initialise(model, key, { dtype: "float64" });
  const options = {
    dataset: noise(),
    model,
    dtype: "float64" as const,
    options: { device: "interpreter" as const },
  };
  const [first, firstBias, second] = ["0.weight", "0.bias", "2.weight"] as const;
  const slice = (point: Point) => sliceLine(modelSurface(options), point, { key, points: 11 });

  it("do not change when layers are rescaled against each other", async () => {
    const plain = await slice(weights);
    const rescaled = await slice({
      ...weights,
      [first]: scaled(weights[first]!, 3),
      [firstBias]: scaled(weights[firstBias]!, 3),
      [second]: scaled(weights[second]!, 1 / 3),
    });
    rescaled.loss.forEach((loss, i) => {
      // Rounding alone (training.md §1.4 measured 1e-15).
      expectClose(loss, plain.loss[i]!, 4e-15);
    });
    expect(rescaled.error).toEqual(plain.error);
  });

  it("do change when single neurons are", async () => {
    const factors = [5, 1, 0.2, 2];
    const plain = await slice(weights);
    const rescaled = await slice({
      ...weights,
      [first]: rowsTimes(weights[first]!, factors),
      [firstBias]: rowsTimes(weights[firstBias]!, factors),
      [second]: columnsTimes(
        weights[second]!,
        factors.map((factor) => 1 / factor),
      ),
    });
    expectClose(rescaled.loss[5]!, plain.loss[5]!, 1e-14);
    expect(Math.abs(rescaled.loss[0]! - plain.loss[0]!)).toBeGreaterThan(1e-3);
  });

  it("leave biases alone, and give every filter the norm of its weights, zero for zero", () => {
    const surface = modelSurface(options);
    const silent = rowsTimes(weights[first]!, [1, 0, 1, 1]);
    const w = vectorOf(surface, { ...weights, [first]: silent });
    const d = randomDirection(surface, w, key);
    for (let j = 0; j < 4; j++) {
      const filter = (v: Float64Array) => norm(v.subarray(3 * j, 3 * j + 3));
      expectClose(filter(d), filter(w), 1e-14);
    }
    expect(norm(d.subarray(3, 6))).toBe(0);
    expect(norm(d.subarray(12, 16))).toBe(0);
    const layerwise = randomDirection(surface, w, key, { normalisation: "layer", vectors: "norm" });
    expectClose(norm(layerwise.subarray(0, 12)), norm(w.subarray(0, 12)), 1e-14);
    expectClose(norm(layerwise.subarray(12, 16)), norm(w.subarray(12, 16)), 1e-14);
    const plain = randomDirection(surface, w, key, { normalisation: "none", vectors: "norm" });
    expect(norm(plain)).toBeGreaterThan(norm(d) / 10);
  });

  it("pass through the point, on a line of 51 and a grid of 25 × 25 unless said", async () => {
    const surface = modelSurface(options);
    const { loss } = await surface.value(vectorOf(surface, weights));
    const line = await sliceLine(surface, weights, { key });
    expect(line.t).toHaveLength(51);
    expect(line.loss[25]).toBe(loss);
    expect(line.assumptions.join()).toContain("every filter scaled to the norm of its weights");
    const grid = await sliceGrid(surface, weights, { key, points: 5 });
    expect(grid.loss[2]![2]).toBe(loss);
    expect(grid.error![2]![2]).toBe(line.error![25]);
    // The first direction of the grid is that of the line: t = -1, -.5, 0, … on both.
    expect(grid.loss[2]![0]).toBe(line.loss[0]);
  });
});

it("the average rise of a quadratic is r² trace / 2n, within its error", async () => {
  const { r, rise } = await averageRise(quadratic([10, 1, 3, 2]), at(0, 0, 0, 0), {
    key,
    radii: [0, 1, 2],
    directions: 200,
  });
  expect(r).toEqual([0, 1, 2]);
  expect(rise[0]!.value).toBe(0);
  for (const i of [1, 2]) {
    expect(Math.abs(rise[i]!.value - (r[i]! ** 2 * 16) / 8)).toBeLessThan(4 * rise[i]!.se!);
    expect(rise[i]!.n).toBe(200);
  }
});

describe("what is refused", () => {
  const surface = quadratic([1, 2]);
  const cases: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ["one point", () => sliceLine(surface, at(1, 1), { points: 1 }), "points"],
    [
      "one point of a path",
      () => interpolate(surface, { from: at(0, 0), to: at(1, 1), points: 1 }),
      "points",
    ],
    ["one solution twice", () => interpolate(surface, { from: at(1, 1), to: at(1, 1) }), "from and to"],
    [
      "another network's solution",
      () => interpolate(surface, { from: at(1, 1), to: { v: at(1, 1)["w"]! } }),
      'to["v"]',
    ],
    ["a solution without an array", () => interpolate(surface, { from: {}, to: at(1, 1) }), 'from["w"]'],
    ["a solution of another shape", () => interpolate(surface, { from: at(1), to: at(1, 1) }), 'from["w"]'],
    ["NaN among the weights", () => sliceLine(surface, at(1, Number.NaN)), 'point["w"]'],
    [
      "solutions on a line",
      () => planeThrough(surface, { solutions: [at(0, 0), at(1, 1), at(2, 2)] }),
      "solutions[2]",
    ],
    [
      "a range of nothing",
      () => interpolate(surface, { from: at(0, 0), to: at(1, 1), range: [1, 1] }),
      "range",
    ],
    ["a loss that overflows", () => sliceLine(surface, at(1e200, 0)), "point"],
    ["a radius of 0", () => sliceLine(surface, at(1, 1), { radius: 0 }), "radius"],
    ["a negative distance", () => averageRise(surface, at(1, 1), { radii: [-1] }), "radii[0]"],
  ];
  for (const [what, work, where] of cases) {
    it(what, async () => {
      const error = await rejection(work);
      expect(["bad-input", "bad-shape"]).toContain(error.code);
      expect(error.where).toBe(where);
      expect(error.hint).toBeTruthy();
    });
  }

  it("an empty evaluation set, and rows that there are not", async () => {
    const model = modelOf("mlp:depth=1,width=4,in=3,out=2");
    for (const rows of [[], [20], [-1]]) {
      const error = await rejection(async () => modelSurface({ model, dataset: noise(), rows }));
      expect(error.where).toMatch(/^rows/);
    }
  });
});

it("tells how far it is, and stops when asked", async () => {
  const seen: string[] = [];
  const stop = new AbortController();
  const work = sliceLine(quadratic([1, 2]), at(1, 1), {
    points: 9,
    onProgress: (done, total) => seen.push(`${done} of ${total}`),
  });
  await work;
  expect([seen[0], seen.at(-1)]).toEqual(["1 of 10", "10 of 10"]);
  const stopped = sliceLine(quadratic([1, 2]), at(1, 1), {
    signal: stop.signal,
    onProgress: (done) => {
      if (done === 3) stop.abort(new Error("enough"));
    },
  });
  await expect(stopped).rejects.toThrow("enough");
});
