import { describe, expect, it } from "vitest";
import { Key, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { createTrainer, type LossKind, type OptimizerSpec } from "../../src/train/index.ts";
import {
  crossEntropy,
  meanSquares,
  plainAdam,
  plainBatches,
  plainSgd,
  plainTraining,
  type Update,
} from "./plain-training.ts";
import { blobs, modelOf } from "./problems.ts";

const dataset = blobs();
const model = modelOf("mlp:depth=0,in=3,out=3,sw2=1,sb2=0");
const [weightName, biasName] = model.parameters.map(({ name }) => name) as [string, string];
const weight = [
  [0.3, -0.2, 0.5],
  [-0.4, 0.1, 0.2],
  [0.25, 0.6, -0.7],
];
const bias = [0.1, 0, -0.2];
const initial = (dtype: "float32" | "float64") => ({
  [weightName]: ndarray(dtype, [3, 3], weight.flat()),
  [biasName]: ndarray(dtype, [3], bias),
});
const key = Key.fromSeed(5);
const batch = 8;
const steps = 40;

interface Case {
  readonly name: string;
  readonly loss: LossKind;
  readonly optimizer: OptimizerSpec;
  readonly lr: number;
  readonly update: () => Update;
}
const cases: Case[] = [
  {
    name: "plain gradient descent",
    loss: "crossEntropy",
    optimizer: { kind: "sgd", momentum: 0 },
    lr: 0.5,
    update: () => plainSgd(0.5, 0, 0),
  },
  {
    name: "SGD with momentum on squares",
    loss: "mse",
    optimizer: { kind: "sgd", momentum: 0.9 },
    lr: 0.1,
    update: () => plainSgd(0.1, 0.9, 0),
  },
  {
    name: "SGD with momentum and weight decay",
    loss: "crossEntropy",
    optimizer: { kind: "sgd", momentum: 0.8, weightDecay: 0.01 },
    lr: 0.2,
    update: () => plainSgd(0.2, 0.8, 0.01),
  },
  {
    name: "Adam",
    loss: "crossEntropy",
    optimizer: { kind: "adam" },
    lr: 0.05,
    update: () => plainAdam(0.05, 0.9, 0.999, 1e-8),
  },
  {
    name: "Adam with other constants on squares",
    loss: "mse",
    optimizer: { kind: "adam", beta1: 0, beta2: 0.5, epsilon: 1e-3 },
    lr: 0.01,
    update: () => plainAdam(0.01, 0, 0.5, 1e-3),
  },
];

describe.each(cases)("$name", ({ loss, optimizer, lr, update }) => {
  const reference = plainTraining(
    { weight, bias },
    plainBatches(dataset, { key, batch, steps }),
    loss === "mse" ? meanSquares : crossEntropy,
    update(),
  );

  async function trained(dtype: "float32" | "float64", device: "cpu" | "interpreter") {
    await using trainer = await createTrainer({
      model,
      dataset,
      loss,
      optimizer,
      batch,
      dtype,
      options: { device, threads: 1 },
    });
    const run = trainer.start({ key, parameters: initial(dtype), learningRate: lr, steps });
    await run.advance(steps);
    const weights = [weightName, biasName].flatMap((name) => toNumbers(run.parameters[name]!));
    return { weights, losses: [...run.losses] };
  }

  it.each(["cpu", "interpreter"] as const)("is the textbook's, in float64 (%s)", async (device) => {
    const { weights, losses } = await trained("float64", device);
    // Both are float64; 40 steps of a contracting iteration add up rounding errors of a few 1e-16 each.
    weights.forEach((w, i) => {
      expect(Math.abs(w - reference.weights[i]!)).toBeLessThan(1e-12);
    });
    losses.forEach((value, i) => {
      expect(Math.abs(value - reference.losses[i]!)).toBeLessThan(1e-12);
    });
  });

  it("is the textbook's in float32, to its precision", async () => {
    const { weights } = await trained("float32", "cpu");
    // 40 steps, each with relative errors of a few 6e-8 in a gradient of order 1 times a rate below 1.
    weights.forEach((w, i) => {
      expect(Math.abs(w - reference.weights[i]!)).toBeLessThan(1e-5);
    });
  });
});

it("Adam's first step in float32 is the learning rate itself, whatever the gradient's size", async () => {
  await using trainer = await createTrainer({
    model,
    dataset,
    optimizer: { kind: "adam", epsilon: 1e-30 },
    batch,
    options: { threads: 1 },
  });
  const run = trainer.start({ key, parameters: initial("float32"), learningRate: 0.25, steps: 1 });
  await run.advance();
  toNumbers(run.parameters[biasName]!).forEach((b, i) => {
    // m̂/√ŝ is 1 up to a few roundings: the bias corrections 0.1 and 0.001 must not lose digits.
    expect(Math.abs(Math.abs(b - bias[i]!) - 0.25)).toBeLessThan(5e-7);
  });
});
