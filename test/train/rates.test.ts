/** @file Factors on the learning rate by parameter. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import { Key, ndarray, toNumbers } from "../../src/tensor/index.ts";
import {
  createTrainer,
  type OptimizerSpec,
  readRun,
  type TrainOptions,
  train,
} from "../../src/train/index.ts";
import {
  crossEntropy,
  plainAdam,
  plainBatches,
  plainSgd,
  plainTraining,
  type Update,
} from "./plain-training.ts";
import { blobs, hashOf, modelOf, refusal } from "./problems.ts";

const dataset = blobs();
const model = modelOf("mlp:depth=0,in=3,out=3");
const [weightName, biasName] = model.parameters.map(({ name }) => name) as [string, string];
const start = {
  weight: [
    [0.3, -0.2, 0.5],
    [-0.4, 0.1, 0.2],
    [0.25, 0.6, -0.7],
  ],
  bias: [0.1, 0, -0.2],
};
const parameters = {
  [weightName]: ndarray("float64", [3, 3], start.weight.flat()),
  [biasName]: ndarray("float64", [3], start.bias),
};
const key = Key.fromSeed(5);
const [batch, steps] = [8, 20];

/** The nine weights by one update, the three biases by another. */
function apart(ofWeights: Update, ofBiases: Update): Update {
  return (w, g) => [...ofWeights(w.slice(0, 9), g.slice(0, 9)), ...ofBiases(w.slice(9), g.slice(9))];
}

const cases: [string, OptimizerSpec, number, Update][] = [
  [
    "SGD with momentum and decay",
    { kind: "sgd", momentum: 0.8, weightDecay: 0.01 },
    0.1,
    apart(plainSgd(0.025, 0.8, 0.01), plainSgd(0.3, 0.8, 0.01)),
  ],
  [
    "Adam",
    { kind: "adam" },
    0.05,
    apart(plainAdam(0.0125, 0.9, 0.999, 1e-8), plainAdam(0.15, 0.9, 0.999, 1e-8)),
  ],
];

it.each(cases)("%s with factors is that with a rate for each parameter", async (_, rule, lr, update) => {
  await using trainer = await createTrainer({
    model,
    dataset,
    optimizer: rule,
    rates: { [weightName]: 0.25, [biasName]: 3 },
    batch,
    dtype: "float64",
    options: { threads: 1 },
  });
  const run = trainer.start({ key, parameters, learningRate: lr, steps });
  await run.advance(steps);
  const found = [weightName, biasName].flatMap((name) => toNumbers(run.parameters[name]!));
  // float64 on both sides: a few roundings a step.
  plainTraining(start, plainBatches(dataset, { key, batch, steps }), crossEntropy, update).weights.forEach(
    (w, i) => {
      expect(Math.abs(w - found[i]!)).toBeLessThan(1e-12);
    },
  );
});

const deep = modelOf("mlp:depth=2,width=5,in=3,out=3");
const trained = async (rates: TrainOptions["rates"]) =>
  await train({
    model: deep,
    dataset,
    optimizer: { kind: "adam" },
    learningRate: 0.03,
    batch,
    steps,
    key,
    ...(rates && { rates }),
  });

it("factors of 1 and none at all give the same bits, and 0 keeps a parameter where it was", async () => {
  const plain = hashOf((await trained(undefined)).parameters);
  expect(hashOf((await trained({ "0.weight": 1 })).parameters)).toBe(plain);
  const held = await trained({ "0.weight": 0 });
  const first = initialise(deep, key)["0.weight"]!;
  expect(held.parameters["0.weight"]!.data).toEqual(first.data);
  expect(hashOf(held.parameters)).not.toBe(plain);
});

it("what is no trained parameter, or no factor, is refused by name", async () => {
  expect(await refusal(() => trained({ "9.weight": 2 }))).toMatchObject({
    code: "bad-input",
    where: "rates.9.weight",
  });
  expect(await refusal(() => trained({ "0.bias": -1 }))).toMatchObject({
    code: "bad-input",
    where: "rates.0.bias",
  });
});

it("a run folder keeps the factors, and goes on with the same ones only", async () => {
  const root = await mkdtemp(join(tmpdir(), "fathom-rates-"));
  const options = { model: deep, dataset, learningRate: 0.03, batch, steps, key, runFolder: join(root, "a") };
  const rates = { "0.weight": 2, "4.bias": 0.5 };
  try {
    await train({ ...options, rates });
    expect((await readRun(options.runFolder)).config).toMatchObject({ rates });
    const other = await refusal(() => train({ ...options, rates: { "0.weight": 3 }, resume: true }));
    expect(other.message).toContain("rates");
    expect((await train({ ...options, rates, resume: true })).steps).toBe(steps);
  } finally {
    await rm(root, { recursive: true });
  }
});
