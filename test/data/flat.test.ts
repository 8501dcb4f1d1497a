/** @file Generated sets of the flat-minima benchmark (training.md §1.6): shapes, shares, and what their keys fix. */
import { describe, expect, it } from "vitest";
import {
  blockLinks,
  blockNodes,
  bytesSource,
  type Dataset,
  dirichlet,
  joinDraws,
  propagation,
  readGraphNodes,
  relabel,
  type Split,
  textTopics,
  visionPrototypes,
} from "../../src/data/index.ts";
import { denseOfSparse, encodeNpz, Key, ndarray } from "../../src/tensor/index.ts";

const key = Key.fromSeed(3);

/** Whether two parts hold the same numbers: comparing them one by one takes seconds. */
function isSame(a: Split, b: Split): boolean {
  const bytes = ({ data }: { readonly data: ArrayBufferView }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(a.inputs).equals(bytes(b.inputs)) && bytes(a.labels).equals(bytes(b.labels));
}

/** Standard errors of a share: what random data may be off by. */
const within = (share: number, n: number, errors = 5) => errors * Math.sqrt((share * (1 - share)) / n);

function shareOfClasses({ classes, test }: Dataset): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of test.labels.data) counts[label]!++;
  return counts.map((count) => count / test.labels.data.length);
}

function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).filter((label, i) => label !== b[i]).length / a.length;
}

describe.each([
  { name: "vision", make: visionPrototypes, shape: [1, 8, 8], classes: 8, train: 800, test: 4000 },
  { name: "text", make: textTopics, shape: [300], classes: 4, train: 500, test: 4000 },
  { name: "graph", make: blockNodes, shape: [32], classes: 4, train: 200, test: 1400 },
  { name: "links", make: blockLinks, shape: [32], classes: 2, train: 800, test: 2000 },
])("the $name set", ({ make, shape, classes, train, test }) => {
  it("has the shapes and numbers of rows of the specification", () => {
    const set = make({ key });
    expect(set.inputShape).toEqual(shape);
    expect(set.classes).toBe(classes);
    expect([set.train.labels.data.length, set.test.labels.data.length]).toEqual([train, test]);
  });

  it("is a function of its key", () => {
    const [one, same, other] = [make({ key }), make({ key }), make({ key: key.split("other") })];
    for (const split of ["train", "test"] as const) {
      expect(isSame(one[split], same[split])).toBe(true);
      expect(isSame(one[split], other[split])).toBe(false);
    }
  });

  it("has its classes in equal shares", () => {
    const set = make({ key });
    for (const share of shareOfClasses(set)) {
      expect(Math.abs(share - 1 / classes)).toBeLessThan(within(1 / classes, test));
    }
  });
});

describe("relabelled rows", () => {
  it.each([
    { make: visionPrototypes, share: 0.3, classes: 8 },
    { make: textTopics, share: 0.15, classes: 4 },
    { make: blockNodes, share: 0.15, classes: 4 },
  ])("change their label but for those that draw the old one", ({ make, share, classes }) => {
    const [noisy, clean] = [make({ key }), make({ key, relabelled: 0 })];
    const expected = share * (1 - 1 / classes);
    const rows = noisy.train.labels.data.length;
    const changed = differing(noisy.train.labels.data, clean.train.labels.data);
    expect(Math.abs(changed - expected)).toBeLessThan(within(expected, rows));
    expect(isSame({ ...noisy.train, labels: clean.train.labels }, clean.train)).toBe(true);
    expect(isSame(noisy.test, clean.test)).toBe(true);
  });

  it("refuses a share that is none", () => {
    expect(() => relabel(Int32Array.of(0), { key, share: 1.5, classes: 2 })).toThrow(/share of 1.5/);
  });
});

describe("vision prototypes", () => {
  it("have pixels of variance 1 plus that of the noise", () => {
    const { data } = visionPrototypes({ key, train: 1, test: 20_000 }).test.inputs;
    const second = Array.from(data, (x) => x * x).reduce((sum, x) => sum + x, 0) / data.length;
    // 512 prototype pixels carry the scatter: the standard error of their mean square is √(2/512).
    expect(Math.abs(second - 1.64)).toBeLessThan(5 * Math.sqrt(2 / 512));
  });
});

describe("text topics", () => {
  it("hold twenty words each, over √20", () => {
    const { data } = textTopics({ key, train: 10, test: 10 }).train.inputs;
    for (let row = 0; row < 10; row++) {
      const counts = Array.from(data.subarray(300 * row, 300 * (row + 1)), (x) => x * Math.sqrt(20));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(20, 4);
    }
  });

  it("are sparser the smaller their concentration, by E Σ p² = (α + 1)/(nα + 1)", () => {
    for (const alpha of [0.05, 0.3, 2]) {
      const draws = Array.from({ length: 200 }, (_, i) => dirichlet(key.split(i), 50, alpha));
      const squares = draws.map((p) => p.reduce((sum, x) => sum + x * x, 0));
      const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
      const deviation = Math.sqrt(squares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / squares.length);
      const error = deviation / Math.sqrt(squares.length);
      expect(Math.abs(mean - (alpha + 1) / (50 * alpha + 1))).toBeLessThan(5 * error);
    }
  });
});

describe("propagation", () => {
  it("is D^{-1/2} (A + I) D^{-1/2}", () => {
    const { data } = denseOfSparse(propagation({ nodes: 3, from: [0], to: [1] }), "float64");
    expect(Array.from(data)).toEqual([0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 1].map((x) => expect.closeTo(x, 15)));
  });
});

describe("draws of one set", () => {
  it("stand one after the other when joined", () => {
    const draws = [0, 1].map((seed) => blockNodes({ key: key.split(seed) }));
    const both = joinDraws(draws);
    expect(both.train.inputs.shape).toEqual([400, 32]);
    expect(both.train.inputs.data[200 * 32]).toBe(draws[1]!.train.inputs.data[0]);
    expect(both.test.labels.data.subarray(1400)).toEqual(draws[1]!.test.labels.data);
  });
});

describe("nodes of a graph in a file", () => {
  const integers = (...values: number[]) => ndarray("int32", [values.length], values);
  /** A path of three nodes; the features of node 1 are two ones. */
  const arrays = {
    adj_indptr: integers(0, 1, 3, 4),
    adj_indices: integers(1, 0, 2, 1),
    attr_indptr: integers(0, 1, 3, 4),
    attr_indices: integers(0, 0, 1, 1),
    attr_shape: integers(3, 2),
    labels: integers(0, 1, 1),
    idx_train: integers(0),
    idx_val: integers(1),
    idx_test: integers(2),
  };
  const read = (given: typeof arrays) => readGraphNodes(bytesSource("path.npz", encodeNpz(given)));

  it("are their features, rows of sum 1, propagated twice and scaled to the mean square 1", async () => {
    const { train, test, classes } = await read(arrays);
    const [a, b] = [1 / 2, 1 / Math.sqrt(6)];
    const operator = [
      [a, b, 0],
      [b, 1 / 3, b],
      [0, b, a],
    ];
    const times = (x: number[][]) =>
      operator.map((row) => [0, 1].map((f) => row.reduce((sum, w, i) => sum + w * x[i]![f]!, 0)));
    const twice = times(
      times([
        [1, 0],
        [0.5, 0.5],
        [0, 1],
      ]),
    ).flat();
    const norm = Math.sqrt(twice.reduce((sum, x) => sum + x * x, 0) / 6);
    const found = [...train.inputs.data, ...test.inputs.data];
    // float32 rounding of each value
    for (const [i, x] of twice.entries()) expect(found[i]).toBeCloseTo(x / norm, 6);
    expect([...train.labels.data, ...test.labels.data]).toEqual([0, 1, 1]);
    expect(classes).toBe(2);
  });

  it("need a row of features each", async () => {
    await expect(read({ ...arrays, attr_shape: integers(2, 2) })).rejects.toMatchObject({
      code: "bad-shape",
      where: "path.npz: attr_shape",
    });
  });
});
