/** @file Rows as numbers, moments, standardising, loading by name and path. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  catalogue,
  checkedDataset,
  type Dataset,
  dataFolder,
  idxDataset,
  inputMoments,
  labelsOf,
  listDatasets,
  loadDataset,
  rowsAsFloat,
  standardized,
} from "../../src/data/index.ts";
import { FathomError, Key, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { realData } from "../data-home.ts";
import { smallFiles } from "./idx-bytes.ts";

const vectors: Dataset = checkedDataset({
  name: "vectors",
  kind: "vector",
  inputShape: [2],
  classes: 2,
  scale: 0.5,
  train: { inputs: ndarray("uint8", [3, 2], [2, 4, 6, 8, 0, 0]), labels: ndarray("int32", [3], [0, 1, 0]) },
  test: { inputs: ndarray("uint8", [1, 2], [10, 12]), labels: ndarray("int32", [1], [1]) },
  source: "test",
});

describe("rows", () => {
  it("come as scaled numbers, in any order and repeated", () => {
    expect(rowsAsFloat(vectors, "train", [1, 0, 1])).toEqual(ndarray("float32", [3, 2], [3, 4, 1, 2, 3, 4]));
    expect(toNumbers(labelsOf(vectors, "train", [1, 0, 1]))).toEqual([1, 0, 1]);
    expect(rowsAsFloat(vectors, "test", []).shape).toEqual([0, 2]);
  });

  it.each([3, -1, 0.5, Number.NaN])("refuse the row %s, naming it", (row) => {
    const where = "vectors, train, rows[1]";
    expect(() => rowsAsFloat(vectors, "train", [0, row])).toThrow(expect.objectContaining({ where }));
    expect(() => labelsOf(vectors, "train", [0, row])).toThrow(expect.objectContaining({ where }));
    expect(() => inputMoments(vectors, { rows: [0, row] })).toThrow(expect.objectContaining({ where }));
  });
});

describe("moments", () => {
  it("are the mean, the mean square q0 and each row's mean square", () => {
    // Rows [1, 2], [3, 4], [0, 0].
    const { mean, secondMoment, meanSquares } = inputMoments(vectors);
    expect(mean).toBeCloseTo(10 / 6, 14);
    expect(secondMoment).toBeCloseTo(30 / 6, 14);
    expect([...meanSquares]).toEqual([2.5, 12.5, 0]);
    expect(inputMoments(vectors, { split: "test" }).secondMoment).toBeCloseTo(61 / 2, 14);
    expect(inputMoments(vectors, { rows: [1] }).secondMoment).toBe(12.5);
  });

  it("need at least one row", () => {
    expect(() => inputMoments(vectors, { rows: [] })).toThrow(/no rows/);
  });

  it("become 0 and 1 when standardised: of images by one shift and scale for all", () => {
    const pictures: Dataset = {
      ...vectors,
      kind: "image",
      inputShape: [1, 1, 2],
      train: { ...vectors.train, inputs: { ...vectors.train.inputs, shape: [3, 1, 1, 2] } },
      test: { ...vectors.test, inputs: { ...vectors.test.inputs, shape: [1, 1, 1, 2] } },
    };
    const shifted = standardized(pictures);
    expect(shifted.scale).toBe(1);
    const { mean, secondMoment } = inputMoments(shifted);
    // float32 rounding of six numbers near 1.
    expect(Math.abs(mean)).toBeLessThan(1e-7);
    expect(Math.abs(secondMoment - 1)).toBeLessThan(1e-6);
    const deviation = Math.sqrt(5 - (10 / 6) ** 2);
    expect(shifted.test.inputs.data[0]).toBeCloseTo((5 - 10 / 6) / deviation, 6);
    expect(shifted.source).toMatch(/standardised/);
  });

  it("become 0 and 1 for each feature of vectors, and a constant one 0", () => {
    const table: Dataset = {
      ...vectors,
      inputShape: [3],
      scale: 1,
      train: { ...vectors.train, inputs: ndarray("float32", [3, 3], [1, 7, 1000, 2, 7, 3000, 3, 7, 2000]) },
      test: { ...vectors.test, inputs: ndarray("float32", [1, 3], [2, 8, 2000]) },
    };
    const { train, test, source } = standardized(table);
    // Deviation of 1, 2, 3 is √(2/3).
    const s = Math.sqrt(3 / 2);
    const expected = [-s, 0, -s, 0, 0, s, s, 0, 0];
    for (const [i, x] of expected.entries()) expect(train.inputs.data[i]).toBeCloseTo(x, 6);
    expect([...test.inputs.data]).toEqual([0, 1, 0]);
    expect(source).toMatch(/1 of 3 constant/);
  });

  it("cannot be standardised when all inputs are one number", () => {
    const inputs = ndarray("uint8", [3, 2], [7, 7, 7, 7, 7, 7]);
    expect(() => standardized({ ...vectors, train: { ...vectors.train, inputs } })).toThrow(
      /cannot be standardised/,
    );
  });
});

describe("loadDataset", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "fathom-data-"));
    vi.stubEnv("FATHOM_DATA", path.join(home, "data"));
    vi.stubEnv("XDG_CACHE_HOME", path.join(home, "cache"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });

  async function writeFolder(folder: string, { packed = false, files = smallFiles() } = {}): Promise<string> {
    await mkdir(folder, { recursive: true });
    for (const { name, bytes } of Object.values(files)) {
      await writeFile(path.join(folder, packed ? `${name}.gz` : name), packed ? gzipSync(bytes) : bytes);
    }
    return folder;
  }

  it("generates digits: the default sizes, the same every time, another set for another key", async () => {
    const dataset = await loadDataset("digits");
    expect(dataset.train.inputs.shape).toEqual([10_000, 1, 28, 28]);
    expect(dataset.test.inputs.shape).toEqual([2_000, 1, 28, 28]);
    const small = await loadDataset("digits", { trainSize: 50, testSize: 10 });
    expect(small.train.inputs.data.slice(0, 784)).toEqual(dataset.train.inputs.data.slice(0, 784));
    const other = await loadDataset("digits", { key: Key.fromSeed(9), trainSize: 50, testSize: 10 });
    expect(other.train.inputs.data).not.toEqual(small.train.inputs.data);
  });

  it("reads a folder by its path, plain or gzip, in the files' order", async () => {
    for (const packed of [false, true]) {
      const folder = await writeFolder(path.join(home, `mine${packed}`), { packed });
      const dataset = await loadDataset(`${folder}/`);
      expect(dataset).toMatchObject({ name: `mine${packed}`, classes: 4, source: `${folder}/` });
      expect(dataset.train).toEqual(idxDataset({ name: "", source: "", files: smallFiles() }).train);
    }
  });

  it("finds a catalogue name in $FATHOM_DATA first, then in the cache", async () => {
    const cached = await writeFolder(path.join(home, "cache", "fathom", "mnist"), { packed: true });
    expect((await loadDataset("mnist")).source).toBe(cached);
    const own = await writeFolder(path.join(home, "data", "mnist"));
    const dataset = await loadDataset("mnist");
    expect(dataset).toMatchObject({ name: "mnist", source: own, classes: 10 });
  });

  it("finds any other name in $FATHOM_DATA", async () => {
    await writeFolder(path.join(home, "data", "emnist"));
    expect((await loadDataset("emnist")).name).toBe("emnist");
  });

  it("prefers a plain file to its packed twin", async () => {
    const folder = await writeFolder(path.join(home, "both"));
    await writeFile(path.join(folder, "train-images-idx3-ubyte.gz"), "not gzip");
    expect((await loadDataset(folder)).train.inputs.shape[0]).toBe(7);
  });

  it("takes the first rows when asked for fewer", async () => {
    const folder = await writeFolder(path.join(home, "mine"));
    const { train, test } = await loadDataset(folder, { trainSize: 3, testSize: 2 });
    expect([train.inputs.shape[0], test.labels.shape[0]]).toEqual([3, 2]);
    expect(toNumbers(train.labels)).toEqual([0, 1, 2]);
  });

  it("standardises on request", async () => {
    const folder = await writeFolder(path.join(home, "mine"));
    expect(inputMoments(await loadDataset(folder, { standardize: true })).secondMoment).toBeCloseTo(1, 5);
  });

  it("says where it looked for a set that is not here, and how to get it", async () => {
    const error = await loadDataset("mnist").catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "not-found", where: "mnist" });
    expect((error as FathomError).message).toContain(path.join(home, "data", "mnist"));
    expect((error as FathomError).message).toContain(path.join(home, "cache", "fathom", "mnist"));
    expect((error as FathomError).hint).toMatch(/fathom data get mnist.*FATHOM_DATA/);
  });

  it.each(["mnits", "", "__proto__", "constructor"])(
    "does not know %o and lists what it knows",
    async (name) => {
      await expect(loadDataset(name)).rejects.toMatchObject({
        code: "not-found",
        hint: expect.stringMatching(/digits, mnist/),
      });
    },
  );

  it("names the file that a folder lacks", async () => {
    const folder = await writeFolder(path.join(home, "mine"));
    await rm(path.join(folder, "t10k-labels-idx1-ubyte"));
    await expect(loadDataset(folder)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringMatching(/no t10k-labels-idx1-ubyte/),
    });
  });

  it("does not choose between two sets in one folder", async () => {
    const folder = await writeFolder(path.join(home, "mine"));
    await writeFile(path.join(folder, "other-train-images-idx3-ubyte"), "");
    await expect(loadDataset(folder)).rejects.toMatchObject({
      message: expect.stringMatching(/Several files/),
    });
  });

  it("does not take a file for a folder", async () => {
    const folder = await writeFolder(path.join(home, "mine"));
    await expect(loadDataset(path.join(folder, "train-images-idx3-ubyte"))).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it.each([0, 8, 2.5, Number.NaN])("refuses %s rows of a file with 7", async (trainSize) => {
    const folder = await writeFolder(path.join(home, "mine"));
    await expect(loadDataset(folder, { trainSize })).rejects.toThrow(FathomError);
  });

  it.each([0, -1, 1.5, 1e9])("refuses to generate %s digits", async (trainSize) => {
    await expect(loadDataset("digits", { trainSize })).rejects.toThrow(FathomError);
  });

  it("lists what is here", async () => {
    const mnist = async () => (await listDatasets()).find(({ name }) => name === "mnist");
    expect(await mnist()).toMatchObject({ available: false });
    await writeFolder(path.join(dataFolder(), "mnist"));
    expect(await mnist()).toMatchObject({ available: true, path: path.join(home, "data", "mnist") });
    expect((await listDatasets()).map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name));
  });
});

const mnistFolder = realData("mnist");
describe.skipIf(mnistFolder === undefined)("the real MNIST", () => {
  it("loads in its order, with its known moments", async () => {
    const mnist = await loadDataset("mnist");
    expect(mnist).toMatchObject({ kind: "image", inputShape: [1, 28, 28], classes: 10 });
    expect([mnist.train.labels.shape[0], mnist.test.labels.shape[0]]).toEqual([60_000, 10_000]);
    expect(toNumbers(mnist.train.labels).slice(0, 10)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    // The mean and deviation that everyone normalises MNIST with: 0.1307, 0.3081.
    const { mean, secondMoment } = inputMoments(mnist);
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(secondMoment - mean * mean)).toBeCloseTo(0.3081, 4);
  });
});
