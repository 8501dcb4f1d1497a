/** @file Real files: the four detection tasks with binary features, and the graphs' archives, with their known counts. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/data/index.ts";
import { decodeNpz, toInt32 } from "../../src/tensor/index.ts";
import { realData } from "../data-home.ts";

/** Rows and features, and how many rows are of class 0, from the provenance beside the files. */
const tasks = [
  { name: "pdfrateB", features: 135, train: [10_082, 4496], test: [9771, 4495] },
  { name: "hidost", features: 961, train: [10_082, 4496], test: [9771, 4495] },
  { name: "gab", features: 200, train: [22_834, 15_262], test: [22_767, 15_235] },
  { name: "creditcard", features: 30, train: [28_547, 14_256], test: [28_547, 14_291] },
];

describe.skipIf(realData("binary") === undefined)("the detection tasks", () => {
  it.each(tasks)("$name has its rows, features and classes", async ({ name, features, train, test }) => {
    const dataset = await loadDataset(`binary/${name}`);
    const counts = (labels: Int32Array) => [labels.length, labels.filter((label) => label === 0).length];
    expect(dataset).toMatchObject({ name, kind: "vector", inputShape: [features], classes: 2 });
    expect(counts(dataset.train.labels.data)).toEqual(train);
    expect(counts(dataset.test.labels.data)).toEqual(test);
    expect(dataset.train.inputs.data.every((x) => x === 0 || x === 1)).toBe(true);
  });
});

const graphs = realData("graphs");
describe.skipIf(graphs === undefined)("the graphs' archives", () => {
  it("open, and hold the rows that they declare", async () => {
    const names = (await readdir(graphs!)).filter((name) => name.endsWith(".npz"));
    expect(names.length).toBe(14);
    for (const name of names) {
      const npz = decodeNpz(await readFile(path.join(graphs!, name)), name);
      for (const key of npz.keys) if (key !== "class_names") npz.read(key);
      const [nodes] = toInt32(npz.read("adj_shape"), name).data;
      const starts = toInt32(npz.read("adj_indptr"), name).data;
      expect(starts.length).toBe(nodes! + 1);
      expect(starts.at(-1)).toBe(npz.read("adj_indices").data.length);
    }
  });

  it("of known sizes have them", async () => {
    const shapeOf = async (name: string) => {
      const npz = decodeNpz(await readFile(path.join(graphs!, `${name}.npz`)), name);
      return [toInt32(npz.read("adj_shape"), name).data[0], npz.read("adj_indices").data.length / 2];
    };
    expect(await shapeOf("karate")).toEqual([34, 78]);
    expect(await shapeOf("planetoid_cora")).toEqual([2708, 5278]);
    expect(await shapeOf("deezer_hu")).toEqual([47_538, 222_887]);
  });
});
