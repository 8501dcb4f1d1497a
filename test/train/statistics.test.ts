import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  initialise,
  type Model,
  parameterInputs,
  parseNet,
} from "../../src/net/index.ts";
import { Key, type NdArray, toNumbers } from "../../src/tensor/index.ts";
import { hasStatistics, Statistics } from "../../src/train/statistics.ts";
import { blobs, modelOf, refusal, statefulModel } from "./problems.ts";

const dtype = "float64" as const;
const options = { device: "cpu" as const };
const key = Key.fromSeed(3);

/** Batch normalisation of the data themselves, then one of what a layer makes of them. */
const model: Model = buildModel(
  parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [3] },
    layers: [
      { kind: "batchNorm" },
      { kind: "dense", width: 4 },
      { kind: "batchNorm", momentum: 0.7 },
      { kind: "dense", width: 3 },
    ],
  }),
);
const parameters = initialise(model, key, { dtype });

type Columns = readonly (readonly number[])[];

function columnsOf({ data, shape }: NdArray, rows: readonly number[]): Columns {
  const width = shape[1]!;
  return Array.from({ length: width }, (_, c) => rows.map((row) => Number(data[row * width + c])));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const biased = (values: readonly number[]) => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};

/** Σ b_k u_k / N with the unbiased variance u_k of each batch. */
function weighted(columns: Columns, sizes: readonly number[]): number[] {
  return columns.map((column) => {
    let start = 0;
    let total = 0;
    for (const size of sizes) {
      total += (size * biased(column.slice(start, start + size)) * size) / (size - 1);
      start += size;
    }
    return total / start;
  });
}

function expectClose(array: NdArray, reference: readonly number[]) {
  for (const [i, value] of toNumbers(array).entries()) expect(value).toBeCloseTo(reference[i]!, 11);
}

describe("statistics of given weights over the training rows", () => {
  const dataset = blobs({ count: 23 });
  const all = Array.from({ length: 23 }, (_, i) => i);

  it("exact: the mean and the biased variance of all rows, whatever the batches (training.md §1.3)", async () => {
    const columns = columnsOf(dataset.train.inputs, all);
    for (const batch of [2, 5, 8, 23]) {
      await using statistics = new Statistics({ model, dataset, batch, dtype, options });
      const renewed = await statistics.renew(parameters, { kind: "exact" });
      expectClose(renewed["0.runningMean"]!, columns.map(mean));
      expectClose(renewed["0.runningVariance"]!, columns.map(biased));
    }
  });

  it.each([
    [8, [8, 8, 7]],
    // A row that is left alone joins the batch before it.
    [11, [11, 12]],
  ])("batch: means and unbiased variances weighted by the rows of batches of %i", async (batch, sizes) => {
    await using statistics = new Statistics({ model, dataset, batch, dtype, options });
    const renewed = await statistics.renew(parameters);
    const columns = columnsOf(dataset.train.inputs, all);
    expectClose(renewed["0.runningMean"]!, columns.map(mean));
    expectClose(renewed["0.runningVariance"]!, weighted(columns, sizes));
  });

  it("are those of the activations that training sees, for every layer and any momentum", async () => {
    await using statistics = new Statistics({ model, dataset, batch: 23, dtype, options });
    const renewed = await statistics.renew(parameters, { kind: "exact" });
    const x = input("x", [23, 3], dtype);
    let inner = x;
    applyModel(model, parameterInputs(model, dtype), x, {
      mode: "training",
      observe: ({ path }, output) => {
        if (path === "1") inner = output;
      },
    });
    const wide = { ...dataset.train.inputs, dtype, data: Float64Array.from(dataset.train.inputs.data) };
    const [activations] = evaluate([inner], { ...parameters, x: wide });
    const columns = columnsOf(activations!, all);
    expectClose(renewed["2.runningMean"]!, columns.map(mean));
    expectClose(renewed["2.runningVariance"]!, columns.map(biased));
  });

  it("may be taken over some rows", async () => {
    await using statistics = new Statistics({ model, dataset, batch: 4, dtype, options });
    const rows = [1, 4, 9, 16, 20, 21];
    const renewed = await statistics.renew(parameters, { rows, kind: "exact" });
    expectClose(renewed["0.runningMean"]!, columnsOf(dataset.train.inputs, rows).map(mean));
  });

  it("leave the weights they were given alone, and all but the statistics as they were", async () => {
    const before = structuredClone(parameters);
    await using statistics = new Statistics({ model, dataset, batch: 8, dtype, options });
    const renewed = await statistics.renew(parameters);
    expect(parameters).toEqual(before);
    expect(Object.keys(renewed)).toEqual(Object.keys(parameters));
    for (const name of ["1.weight", "1.bias", "3.weight"]) expect(renewed[name]).toBe(parameters[name]);
  });

  it("are nothing to do for a network without batch normalisation", async () => {
    const plain = modelOf("mlp:depth=1,width=4,in=3,out=3");
    expect([hasStatistics(plain), hasStatistics(model)]).toEqual([false, true]);
    const weights = initialise(plain, key, { dtype });
    await using statistics = new Statistics({ model: plain, dataset, batch: 1, dtype, options });
    expect(await statistics.renew(weights)).toEqual(weights);
  });

  it("see dropout where they are given a key, the same at every pass, and not without", async () => {
    const stateful = statefulModel({ inputs: 3, width: 4, outputs: 3 });
    const weights = initialise(stateful, key, { dtype });
    const renewedWith = async (stream?: Key) => {
      await using statistics = new Statistics({ model: stateful, dataset, batch: 8, dtype, options });
      const renewed = await statistics.renew(weights, stream === undefined ? {} : { key: stream });
      return toNumbers(renewed["5.runningMean"]!);
    };
    const drawn = await renewedWith(key);
    expect(await renewedWith(key)).toEqual(drawn);
    expect(await renewedWith()).not.toEqual(drawn);
  });

  it("are refused where a batch is one row, by name", async () => {
    const error = await refusal(() => new Statistics({ model, dataset, batch: 1 }));
    expect([error.code, error.where]).toEqual(["bad-input", "batch"]);
    await using statistics = new Statistics({ model, dataset, batch: 4 });
    expect((await refusal(() => statistics.renew(parameters, { kind: "all" as never }))).where).toBe(
      "statistics",
    );
    expect((await refusal(() => statistics.renew(parameters, { rows: [99] }))).where).toBe("rows[0]");
  });
});
