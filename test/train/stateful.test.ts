/** @file Training of networks that hold more than trained weights: running statistics, dropout, frozen and shared arrays. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset } from "../../src/data/index.ts";
import { evaluate, input, reduceMean, softmaxCrossEntropy, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  countParameters,
  initialise,
  type Model,
  noiseInputs,
  parameterInputs,
  parseNet,
  trainableParameters,
} from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, sizeOf, toNumbers, uniform } from "../../src/tensor/index.ts";
import { createTrainer, evaluateModel, type Trainer, type TrainingRun } from "../../src/train/index.ts";
import { blobs, hashOf, refusal, smallDigits, statefulModel } from "./problems.ts";

const key = Key.fromSeed(6);
const batch = 8;

/** SGD without momentum in float64 by the interpreter; batches are all rows in turn of a data set of one batch. */
function plainSteps(model: Model, dataset: Dataset, order: number[][], rate: number) {
  let values: Record<string, NdArray> = initialise(model, key, { dtype: "float64" });
  const params = parameterInputs(model, "float64");
  const x = input("x", [batch, ...model.inputShape], "float64");
  const labels = input("labels", [batch], "int32");
  const noise = noiseInputs(model, batch, "float64");
  const { output, updates } = applyModel(model, params, x, { mode: "training", noise });
  const loss = reduceMean(softmaxCrossEntropy(output, labels));
  const names = trainableParameters(model).map(({ name }) => name);
  const gradients = vjp(
    [loss],
    names.map((name) => params[name]!),
  ).map((gradient) => gradient!);
  const width = sizeOf(model.inputShape);
  const losses: number[] = [];
  for (const [step, rows] of order.entries()) {
    const drawn = model.noise.map(({ name, shape }) => {
      const stream = key.split("noise").split(name);
      const start = step * batch * sizeOf(shape);
      return [name, uniform(stream, "float64", [batch, ...shape], { start })] as const;
    });
    const [value, ...rest] = evaluate([loss, ...gradients, ...Object.values(updates)], {
      ...values,
      ...Object.fromEntries(drawn),
      x: ndarray(
        "float64",
        x.shape,
        rows.flatMap((row) => toNumbers(dataset.train.inputs).slice(row * width, (row + 1) * width)),
      ),
      labels: ndarray(
        "int32",
        [batch],
        rows.map((row) => dataset.train.labels.data[row]!),
      ),
    });
    losses.push(Number(value!.data[0]));
    const moved = names.map((name, i) => {
      const { shape, data } = values[name]!;
      const next = toNumbers({ dtype: "float64", shape, data: data as Float64Array }).map(
        (weight, j) => weight - rate * Number(rest[i]!.data[j]),
      );
      return [name, ndarray("float64", shape, next)] as const;
    });
    const kept = Object.keys(updates).map((name, i) => [name, rest[names.length + i]!] as const);
    values = { ...values, ...Object.fromEntries(moved), ...Object.fromEntries(kept) };
  }
  return { values, losses };
}

describe("a network with running statistics, dropout, frozen and shared weights", () => {
  const model = statefulModel({ inputs: 3, width: 4, outputs: 3 });
  const dataset = blobs({ count: batch });

  it("is trained as its forward pass and gradients say, step by step", async () => {
    await using trainer = await createTrainer({
      model,
      dataset,
      batch,
      dtype: "float64",
      optimizer: { kind: "sgd", momentum: 0 },
      options: { device: "cpu" },
    });
    const run = trainer.start({ key, learningRate: 0.2, steps: 3 });
    await run.advance(3);
    // The order of rows inside a batch does not matter to its loss, but to which unit noise falls.
    const { BatchOrder } = await import("../../src/train/batches.ts");
    const rows = Int32Array.from({ length: batch }, (_, i) => i);
    const order = new BatchOrder(key.split("order"), rows, batch);
    const indices = [0, 1, 2].map((step) => Array.from(order.indices(step, 1).data));
    const { values, losses } = plainSteps(model, dataset, indices, 0.2);
    for (const [i, loss] of losses.entries()) expect(run.losses[i]).toBeCloseTo(loss, 12);
    expect(Object.keys(run.parameters)).toEqual(Object.keys(values));
    for (const [name, { data }] of Object.entries(values)) {
      for (const [i, value] of toNumbers(run.parameters[name]!).entries()) {
        expect(value, `${name}[${i}]`).toBeCloseTo(Number(data[i]), 11);
      }
    }
  });

  it("leaves frozen weights to the bit, moves running statistics, and keeps all of them as weights", async () => {
    await using trainer = await createTrainer({ model, dataset, batch, options: { threads: 1 } });
    const run = trainer.start({ key, learningRate: 0.1, steps: 5 });
    const before = run.parameters;
    await run.advance(5);
    const after = run.parameters;
    expect(Object.keys(after)).toEqual(model.parameters.map(({ name }) => name));
    const hash = (arrays: Record<string, NdArray>, name: string) => hashOf({ array: arrays[name]! });
    expect(hash(after, "0.weight")).toBe(hash(before, "0.weight"));
    // Biases before a batch normalisation have no gradient and may stay too.
    for (const name of [
      "1.gain",
      "1.runningMean",
      "1.runningVariance",
      "4.weight",
      "5.runningMean",
      "9.bias",
    ])
      expect(hash(after, name), name).not.toBe(hash(before, name));
    expect(Object.keys(run.snapshot().state)).not.toContain("velocity:0.weight");
  });

  it("counts what is trained: neither the frozen weight nor running statistics, the shared weight once", () => {
    const bias = 4;
    const affine = 8;
    const shared = 16;
    expect(countParameters(model)).toBe(bias + affine + (shared + 4) + 4 + (12 + 3));
  });
});

describe("a run with running statistics and dropout", () => {
  const common = {
    model: statefulModel(),
    dataset: smallDigits(),
    batch: 32,
    optimizer: { kind: "adam" as const },
  };
  const settings = { key: Key.fromSeed(2), learningRate: 0.03, steps: 30 };
  const allOf = (run: TrainingRun) => {
    const { parameters, state } = run.snapshot();
    return hashOf({ ...parameters, ...state });
  };
  let trainer: Trainer;
  let whole: TrainingRun;
  beforeAll(async () => {
    trainer = await createTrainer({ ...common, options: { threads: 1 } });
    whole = trainer.start(settings);
    await whole.advance(30);
  });
  afterAll(() => trainer.dispose());

  it("learns on frozen random features, where guessing errs in nine of ten", async () => {
    const { error } = await trainer.evaluate(whole.parameters, { split: "train" });
    expect(error).toBeLessThan(0.65);
  });

  it.each([[[1, 5, 24]], [[17, 13]]])("gives the same bits in calls of %j steps", async (counts) => {
    const run = trainer.start(settings);
    for (const count of counts) await run.advance(count);
    expect(allOf(run)).toBe(allOf(whole));
    expect(run.losses).toEqual(whole.losses);
  });

  it("gives the same bits on two threads", async () => {
    await using other = await createTrainer({ ...common, options: { threads: 2 } });
    const run = other.start(settings);
    await run.advance(30);
    expect(allOf(run)).toBe(allOf(whole));
  });

  it("goes on from a snapshot to the same bits", async () => {
    const left = trainer.start(settings);
    await left.advance(11);
    const run = trainer.resume(left.snapshot(), settings);
    await run.advance(30);
    expect(allOf(run)).toBe(allOf(whole));
  });

  it("refuses a snapshot without its running statistics", async () => {
    const left = trainer.start(settings);
    const { "1.runningMean": _, ...parameters } = left.snapshot().parameters;
    const error = await refusal(() => trainer.resume({ ...left.snapshot(), parameters }, settings));
    expect(error.where).toBe("snapshot.1.runningMean");
  });

  it("depends on the key through its noise too", async () => {
    const run = trainer.start({
      ...settings,
      parameters: initialise(common.model, settings.key),
      key: Key.fromSeed(3),
    });
    await run.advance(1);
    expect(run.losses[0]).not.toBe(whole.losses[0]);
  });

  it("is evaluated by running statistics and without dropout: rows do not act on each other", async () => {
    const { model, dataset } = common;
    const rows = [3, 4, 5];
    const together = await trainer.evaluate(whole.parameters, { split: "test", rows });
    let loss = 0;
    for (const row of rows) {
      const where = { model, dataset, parameters: whole.parameters, rows: [row], batch: 1 };
      loss += (await evaluateModel(where)).loss / 3;
    }
    expect(together.loss).toBeCloseTo(loss, 5);
  });
});

describe("what cannot be trained", () => {
  it("is refused when nothing is trainable", async () => {
    const still = { trainable: false };
    const frozen = { kind: "dense", width: 3, parameters: { weight: still, bias: still } };
    const net = (...layers: object[]) =>
      buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [3] }, layers }));
    for (const model of [net(frozen), net({ kind: "batchNorm" })]) {
      const error = await refusal(() => createTrainer({ model, dataset: blobs(), batch: 4 }));
      expect(error).toMatchObject({ code: "bad-input", where: "layers" });
      expect(error.message).toMatch(/no trainable parameters/);
    }
  });

  it("is refused with the layer's name where one example has no variance", async () => {
    const layers = [{ kind: "batchNorm" }, { kind: "dense", width: 3 }];
    const model = buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [3] }, layers }));
    const error = await refusal(() => createTrainer({ model, dataset: blobs(), batch: 1 }));
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[0]" });
  });
});

describe("token ids", () => {
  it("reach the embedding unscaled", async () => {
    const layers = [
      { kind: "embedding", vocabulary: 5, width: 6 },
      { kind: "flatten" },
      { kind: "dense", width: 2 },
    ];
    const model = buildModel(parseNet({ fathom: 1, input: { kind: "ids", shape: [3] }, layers }));
    const rows = 40;
    const ids = Int32Array.from({ length: rows * 3 }, (_, i) => (i * i + (i >> 2)) % 5);
    const labels = Int32Array.from({ length: rows }, (_, i) => Number(ids[3 * i]! < ids[3 * i + 2]!));
    const split = { inputs: ndarray("int32", [rows, 3], ids), labels: ndarray("int32", [rows], labels) };
    const dataset: Dataset = {
      ...blobs({ classes: 2 }),
      name: "ids",
      kind: "ids",
      inputShape: [3],
      scale: 1 / 255,
      train: split,
      test: split,
    };
    await using trainer = await createTrainer({ model, dataset, batch: rows });
    const run = trainer.start({ key, learningRate: 0.5, steps: 150 });
    await run.advance(150);
    expect((await run.evaluate({ split: "train" })).error).toBeLessThan(0.1);
  });
});
