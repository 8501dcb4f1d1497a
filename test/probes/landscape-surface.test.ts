import { describe, expect, it } from "vitest";
import { buildModel, importOnnx, initialise, parseNet } from "../../src/net/index.ts";
import {
  foreignModel,
  foreignSurface,
  hessianEigenvalues,
  modelSurface,
  type Surface,
  sliceLine,
  vectorOf,
} from "../../src/probes/index.ts";
import { Key, ndarray, scaled } from "../../src/tensor/index.ts";
import { evaluateModel, exportOnnx, Statistics } from "../../src/train/index.ts";
import { rejection } from "../refusal.ts";
import { noise } from "./landscape-problems.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(10);

/** How far products are from central differences of gradients, over the size of the product. */
async function mismatch(surface: Surface, w: Float64Array): Promise<number> {
  const v = w.map((_, i) => Math.cos(3 * i));
  const product = await (await surface.hessian(w)).apply(v);
  const h = 1e-5;
  const above = await surface.gradient(w.map((value, i) => value + h * v[i]!));
  const below = await surface.gradient(w.map((value, i) => value - h * v[i]!));
  const differences = product.map((value, i) => value - (above.gradient[i]! - below.gradient[i]!) / (2 * h));
  return Math.hypot(...differences) / Math.hypot(...product);
}

/** How far gradients are from central differences of values. */
async function slopeMismatch(surface: Surface, w: Float64Array): Promise<number> {
  const v = w.map((_, i) => Math.cos(3 * i));
  const { gradient } = await surface.gradient(w);
  const h = 1e-5;
  const above = await surface.value(w.map((value, i) => value + h * v[i]!));
  const below = await surface.value(w.map((value, i) => value - h * v[i]!));
  const slope = gradient.reduce((sum, value, i) => sum + value * v[i]!, 0);
  return Math.abs(slope - (above.loss - below.loss) / (2 * h)) / Math.abs(slope);
}

describe("the surface of a network", () => {
  it("has the loss and the error of an evaluation, over rows in any batches", async () => {
    const model = modelOf("mlp:depth=2,width=5,activation=relu,in=3,out=2");
    const weights = initialise(model, key);
    const dataset = noise({ train: 23 });
    const rows = [3, 4, 5, 9, 1, 22, 0];
    for (const batch of [2, 3, 100]) {
      await using surface = modelSurface({ model, dataset, rows, batch });
      const found = await surface.value(vectorOf(surface, weights));
      const expected = await evaluateModel({ model, parameters: weights, dataset, split: "train", rows });
      expectClose(found.loss, expected.loss, 1e-7);
      expect(found.error).toBe(expected.error);
      expect(surface.examples).toBe(7);
    }
  });

  it("takes frozen parameters as they are given, and moves the others", async () => {
    const model = buildModel(
      parseNet({
        fathom: 1,
        input: { kind: "vector", shape: [3] },
        layers: [
          { kind: "dense", width: 4, parameters: { weight: { trainable: false } } },
          { kind: "activation", activation: "tanh" },
          { kind: "dense", width: 2 },
        ],
      }),
    );
    const weights = initialise(model, key);
    const dataset = noise();
    await using surface = modelSurface({ model, dataset, weights });
    expect(surface.coordinates.map(({ name }) => name)).toEqual(["0.bias", "2.weight", "2.bias"]);
    const { loss } = await surface.value(vectorOf(surface, weights));
    expectClose(
      loss,
      (await evaluateModel({ model, parameters: weights, dataset, split: "train" })).loss,
      1e-7,
    );
    const error = await rejection(async () => modelSurface({ model, dataset }));
    expect(error).toMatchObject({ code: "bad-input", where: 'weights["0.weight"]' });
  });
});

describe("the surface of a network with batch normalisation", () => {
  const model = buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [3] },
      layers: [
        { kind: "dense", width: 4 },
        { kind: "batchNorm", epsilon: 0 },
        { kind: "activation", activation: "tanh" },
        { kind: "dropout", rate: 0.5 },
        { kind: "dense", width: 2 },
      ],
    }),
  );
  const dataset = noise({ train: 24, test: 9 });
  const weights = initialise(model, key, { dtype: "float64" });
  const common = { model, dataset, dtype: "float64" as const };

  it("takes the statistics of its examples at every place, and differentiates through them", async () => {
    await using surface = modelSurface(common);
    const w = vectorOf(surface, weights);
    const { loss, error } = await surface.value(w);
    await using pass = new Statistics({ ...common, batch: 24 });
    const parameters = await pass.renew(weights, { kind: "exact" });
    const expected = await evaluateModel({ ...common, parameters, split: "train" });
    expectClose(loss, expected.loss, 1e-12);
    expect(error).toBe(expected.error);
    // The layer before a normalisation has no scale: a larger one changes nothing.
    const larger = { ...weights, "0.weight": scaled(weights["0.weight"]!, 7) };
    expectClose((await surface.value(vectorOf(surface, larger))).loss, loss, 1e-12);
    // Second order in steps of 1e-5.
    expect(await slopeMismatch(surface, w)).toBeLessThan(1e-7);
    expect(await mismatch(surface, w)).toBeLessThan(1e-6);
  });

  it("takes those of the training rows for the test split, and over several batches", async () => {
    await using test = modelSurface({ ...common, split: "test" });
    await using pass = new Statistics({ ...common, batch: 24 });
    const parameters = await pass.renew(weights, { kind: "exact" });
    const expected = await evaluateModel({ ...common, parameters, split: "test" });
    await using several = modelSurface({ ...common, batch: 5 });
    await using whole = modelSurface(common);
    const found = await test.value(vectorOf(test, weights));
    // Batches of 9 rows, which is what the test split has: one layer has the same statistics however they are put together.
    expectClose(found.loss, expected.loss, 1e-12);
    const w = vectorOf(several, weights);
    expectClose((await several.value(w)).loss, (await whole.value(w)).loss, 1e-12);
    expect(several.assumptions.join()).toContain("constants for derivatives");
  });
});

describe("the surface of an imported model", () => {
  const model = modelOf("mlp:depth=2,width=6,activation=gelu,sw2=1.5,sb2=0.1,in=3,out=2");
  const weights = initialise(model, key);
  const dataset = noise({ train: 11 });
  const { inputs, labels } = dataset.train;

  it("is that of the network it was written from: values, slices, curvature", async () => {
    const foreign = foreignModel(importOnnx(exportOnnx(model, weights, { batch: 4 })));
    await using native = modelSurface({ model, dataset });
    await using imported = foreignSurface({ model: foreign, inputs, answers: labels });
    expect(imported.coordinates.map(({ name, shape }) => [name, shape])).toEqual(
      native.coordinates.map(({ name, shape }) => [name, shape]),
    );
    expect(imported.coordinates.map(({ filterAxis }) => filterAxis)).toEqual(
      native.coordinates.map(({ filterAxis }) => filterAxis),
    );
    const [a, b] = [vectorOf(native, weights), vectorOf(imported, foreign.values)];
    expect(b).toEqual(a);
    const [own, theirs] = [await native.value(a), await imported.value(b)];
    expectClose(theirs.loss, own.loss, 1e-6);
    expect(theirs.error).toBe(own.error);
    const options = { key, points: 5 };
    const line = await sliceLine(native, weights, options);
    const same = await sliceLine(imported, foreign.values, options);
    for (const [i, loss] of same.loss.entries()) expectClose(loss, line.loss[i]!, 1e-6);
    const top = await hessianEigenvalues(native, weights, { key });
    const likewise = await hessianEigenvalues(imported, foreign.values, { key });
    expectClose(likewise.largest[0]!.value, top.largest[0]!.value, 1e-4);
  });

  it("takes targets as well, and refuses answers that are none", async () => {
    const foreign = foreignModel(importOnnx(exportOnnx(model, weights, { batch: 4 })));
    const targets = ndarray(
      "float32",
      [11, 2],
      Array.from(labels.data, (label) => [Number(label === 0), Number(label === 1)]).flat(),
    );
    await using byTargets = foreignSurface({ model: foreign, inputs, answers: targets });
    await using byClasses = foreignSurface({ model: foreign, inputs, answers: labels, loss: "mse" });
    const w = vectorOf(byTargets, foreign.values);
    expectClose((await byTargets.value(w)).loss, (await byClasses.value(w)).loss, 1e-6);
    const bad = ndarray("int32", [11], [...labels.data.subarray(0, 10), 2]);
    const error = await rejection(async () => foreignSurface({ model: foreign, inputs, answers: bad }));
    expect(error).toMatchObject({ code: "bad-input", where: "answers[10]" });
    const few = ndarray("int32", [3], [0, 1, 0]);
    const short = await rejection(async () => foreignSurface({ model: foreign, inputs, answers: few }));
    expect(short).toMatchObject({ code: "bad-shape", where: "answers" });
  });
});
