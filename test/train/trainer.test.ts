import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import { Key, toNumbers } from "../../src/tensor/index.ts";
import {
  createEvaluator,
  createTrainer,
  evaluateModel,
  type RunOptions,
  type Trainer,
  type TrainingRun,
} from "../../src/train/index.ts";
import { crossEntropy } from "./plain-training.ts";
import { blobs, hashOf, modelOf, refusal, smallDigits } from "./problems.ts";

const digitsNet = modelOf("mlp:depth=2,width=24,activation=tanh,sw2=1.5,sb2=0.05,in=784,out=10");
const images = smallDigits();
const settings: RunOptions = {
  key: Key.fromSeed(2),
  learningRate: 0.05,
  schedule: { kind: "cosine", warmup: 3 },
  steps: 40,
};
const allOf = (run: TrainingRun) => {
  const { parameters, state } = run.snapshot();
  return hashOf({ ...parameters, ...state });
};

describe.each([
  ["sgd", { kind: "sgd", momentum: 0.9 }],
  ["adam", { kind: "adam" }],
] as const)("a %s run", (_, optimizer) => {
  const common = { model: digitsNet, dataset: images, optimizer, batch: 32 };
  let trainer: Trainer;
  let whole: TrainingRun;
  beforeAll(async () => {
    trainer = await createTrainer({ ...common, options: { threads: 1 } });
    whole = trainer.start(settings);
    await whole.advance(40);
  });
  afterAll(() => trainer.dispose());

  it("ends after its steps", () => {
    expect([whole.status, whole.step, whole.losses.length]).toEqual(["done", 40, 40]);
    expect(whole.epoch).toEqual({ epoch: 2, position: 80 });
  });

  it("does not depend on how its steps are split into calls, to the bit", async () => {
    const splits = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(splits, async (counts) => {
        const run = trainer.start(settings);
        for (const count of counts) await run.advance(count);
        await run.advance(40);
        expect(allOf(run)).toBe(allOf(whole));
        expect(run.losses).toEqual(whole.losses);
      }),
      { numRuns: 10 },
    );
  });

  it.each([1, 7, 40])("does not depend on the steps of a call (%i)", async (stepsPerCall) => {
    await using other = await createTrainer({ ...common, stepsPerCall, options: { threads: 1 } });
    const run = other.start(settings);
    await run.advance(40);
    expect(allOf(run)).toBe(allOf(whole));
  });

  it.each([2, 4])("gives the same bits on %i threads as on one", async (threads) => {
    await using other = await createTrainer({ ...common, options: { threads } });
    const run = other.start(settings);
    await run.advance(40);
    expect(allOf(run)).toBe(allOf(whole));
    expect(run.losses).toEqual(whole.losses);
  });

  it("goes on from a snapshot of any step to the same bits", async () => {
    for (const step of [1, 19, 39]) {
      const left = trainer.start(settings);
      await left.advance(step);
      const snapshot = left.snapshot();
      await left.advance(1);
      const resumed = trainer.resume(snapshot, settings);
      expect(resumed.step).toBe(step);
      await resumed.advance(40);
      expect(allOf(resumed)).toBe(allOf(whole));
      expect(resumed.losses).toEqual(whole.losses);
    }
  });

  it("is not touched by other runs of its trainer that advance in between", async () => {
    const run = trainer.start(settings);
    const other = trainer.start({ ...settings, learningRate: 0.5, key: Key.fromSeed(9) });
    while (run.status === "running") {
      await run.advance(9);
      await other.advance(4);
    }
    expect(allOf(run)).toBe(allOf(whole));
    expect(allOf(other)).not.toBe(allOf(whole));
  });
});

describe("what differs between runs is fed", () => {
  const trainerOf = () =>
    createTrainer({ model: digitsNet, dataset: images, batch: 20, options: { threads: 1 } });

  it("seed, rate, schedule, rows and weights each change the run", async () => {
    await using trainer = await trainerOf();
    const rows = Int32Array.from({ length: 100 }, (_, i) => i);
    const elsewhere = trainer.start({ ...settings, key: Key.fromSeed(77) }).parameters;
    const variants: Partial<RunOptions>[] = [
      {},
      { key: Key.fromSeed(3) },
      { learningRate: 0.04 },
      { schedule: "linear" },
      { rows },
      { parameters: elsewhere },
    ];
    const hashes = new Set<string>();
    for (const variant of variants) {
      const run = trainer.start({ ...settings, steps: 10, ...variant });
      await run.advance(10);
      hashes.add(allOf(run));
    }
    expect(hashes.size).toBe(variants.length);
  });

  it("only the given rows are visited", async () => {
    await using trainer = await trainerOf();
    const rows = [3, 5, 8, ...Array.from({ length: 40 }, (_, i) => 200 + i)];
    const order = trainer.start({ ...settings, rows });
    await order.advance(5);
    const dataset = smallDigits();
    dataset.train.inputs.data.fill(0);
    for (const row of rows) {
      const [from, to] = [row * 784, (row + 1) * 784];
      dataset.train.inputs.data.set(images.train.inputs.data.subarray(from, to), from);
    }
    await using blanked = await createTrainer({
      model: digitsNet,
      dataset,
      batch: 20,
      options: { threads: 1 },
    });
    const same = blanked.start({ ...settings, rows });
    await same.advance(5);
    expect(allOf(same)).toBe(allOf(order));
  });
});

describe("divergence", () => {
  const deepLinear = modelOf("mlp:depth=2,width=8,activation=linear,sw2=2,sb2=0,in=3,out=3");
  const reckless: RunOptions = { key: Key.fromSeed(4), learningRate: 30, steps: 400 };

  const tanh = modelOf("mlp:depth=1,width=8,activation=tanh,sw2=2,sb2=0,in=3,out=3");

  it.each([
    ["squares grow", { model: deepLinear, loss: "mse", dtype: "float32" }, 30],
    ["squares grow in float64", { model: deepLinear, loss: "mse", dtype: "float64" }, 30],
    ["outputs overflow", { model: deepLinear, loss: "crossEntropy", dtype: "float32" }, 1e12],
    ["weights overflow before the loss does", { model: tanh, loss: "crossEntropy", dtype: "float32" }, 1e38],
  ] as const)(
    "is a status, at the same step and weights for any pace: %s",
    async (_, problem, learningRate) => {
      const seen = new Set<string>();
      for (const stepsPerCall of [1, 13, 400]) {
        const common = { dataset: blobs(), batch: 10, options: { threads: 1 } };
        await using trainer = await createTrainer({ ...problem, ...common, stepsPerCall });
        const run = trainer.start({ ...reckless, learningRate });
        await run.advance(400);
        expect(run.status).toBe("diverged");
        expect(run.step).toBeLessThan(400);
        expect(run.losses.length).toBe(run.step);
        expect([...run.losses.subarray(0, -1)].every(Number.isFinite)).toBe(true);
        await run.advance(10);
        seen.add(`${run.step} ${run.losses.join()} ${allOf(run)}`);
      }
      expect(seen.size).toBe(1);
    },
  );

  it("can be looked at: the weights are evaluated, and a snapshot keeps the status", async () => {
    await using trainer = await createTrainer({
      model: deepLinear,
      dataset: blobs(),
      loss: "mse",
      batch: 10,
      options: { threads: 1 },
    });
    const run = trainer.start(reckless);
    await run.advance(400);
    expect(Number.isFinite((await run.evaluate({ split: "test" })).loss)).toBe(false);
    expect(trainer.resume(run.snapshot(), reckless).status).toBe("diverged");
  });
});

describe("evaluation", () => {
  const line = modelOf("mlp:depth=0,in=3,out=3,sw2=1,sb2=0.1");
  const data = blobs();

  it("is the mean loss and the fraction of wrong answers", async () => {
    await using trainer = await createTrainer({ model: line, dataset: data, batch: 5, dtype: "float64" });
    const run = trainer.start({ key: Key.fromSeed(1), learningRate: 0.1, steps: 1 });
    const [w, b] = line.parameters.map(({ name }) => toNumbers(run.parameters[name]!)) as [
      number[],
      number[],
    ];
    const weight = [0, 1, 2].map((c) => w.slice(3 * c, 3 * c + 3));
    const examples = [...data.test.labels.data].map((label, row) => ({
      x: [...data.test.inputs.data.subarray(3 * row, 3 * row + 3)] as number[],
      label,
    }));
    const wrong = examples.filter(({ x, label }) => {
      const z = weight.map((row, c) => row.reduce((sum, v, i) => sum + v * x[i]!, b[c]!));
      return z.indexOf(Math.max(...z)) !== label;
    });
    const { loss, error, count } = await run.evaluate({ split: "test" });
    expect(count).toBe(20);
    expect(error).toBe(wrong.length / 20);
    expect(loss).toBeCloseTo(crossEntropy({ weight, bias: b }, examples).loss, 13);
  });

  it("does not depend on its batch size beyond rounding, nor on rows that fill up the last batch", async () => {
    const { parameters } = await runOf();
    const whole = await evaluateModel({ model: digitsNet, dataset: images, parameters, batch: 200 });
    for (const batch of [1, 7, 150]) {
      await using evaluator = await createEvaluator({ model: digitsNet, dataset: images, batch });
      const { loss, error } = await evaluator.evaluate(parameters, { split: "test" });
      expect(error).toBe(whole.error);
      expect(loss).toBeCloseTo(whole.loss, 5);
    }
  });

  it("looks at the rows it is given", async () => {
    const { parameters } = await runOf();
    const parts = [
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ];
    const at = (rows: number[]) =>
      evaluateModel({ model: digitsNet, dataset: images, parameters, split: "train", rows });
    const [first, second, both] = [await at(parts[0]!), await at(parts[1]!), await at(parts.flat())];
    expect(both.loss).toBeCloseTo((first.loss + second.loss) / 2, 5);
    expect(both.error).toBeCloseTo((first.error + second.error) / 2, 12);
  });

  async function runOf() {
    await using trainer = await createTrainer({ model: digitsNet, dataset: images, batch: 20 });
    const run = trainer.start(settings);
    await run.advance(5);
    return run;
  }
});

describe("refusals name the field", () => {
  const dataset = blobs();
  const model = modelOf("mlp:depth=1,width=4,activation=tanh,sw2=1,sb2=0,in=3,out=3");
  const weights = initialise(model, Key.fromSeed(1));
  const create = (options: object) => () => createTrainer({ model, dataset, batch: 10, ...options });

  it.each<[string, object]>([
    ["batch", { batch: 0 }],
    ["batch", { batch: 61 }],
    ["batch", { batch: 2.5 }],
    ["loss", { loss: "hinge" }],
    ["optimizer.kind", { optimizer: { kind: "sgdd" } }],
    ["optimizer.momentum", { optimizer: { kind: "sgd", momentum: 1 } }],
    ["optimizer.momentum", { optimizer: { kind: "sgd", momentum: -0.1 } }],
    ["optimizer.momentun", { optimizer: { kind: "sgd", momentun: 0.9 } }],
    ["optimizer.beta2", { optimizer: { kind: "adam", beta2: Number.NaN } }],
    ["optimizer.epsilon", { optimizer: { kind: "adam", epsilon: 0 } }],
    ["optimizer.weightDecay", { optimizer: { kind: "adam", weightDecay: -1 } }],
    ["stepsPerCall", { stepsPerCall: 0 }],
    ["input", { model: modelOf("mlp:depth=1,width=4,activation=tanh,sw2=1,sb2=0,in=4,out=3") }],
    ["layers", { model: modelOf("mlp:depth=1,width=4,activation=tanh,sw2=1,sb2=0,in=3,out=2") }],
  ])("%s", async (where, options) => {
    const error = await refusal(create(options));
    expect(error.where).toBe(where);
    expect(error.hint).toBeTruthy();
  });

  it.each<[string, Partial<Record<keyof RunOptions, unknown>>]>([
    ["learningRate", { learningRate: 0 }],
    ["learningRate", { learningRate: -1 }],
    ["learningRate", { learningRate: Number.POSITIVE_INFINITY }],
    ["learningRate", { learningRate: Number.NaN }],
    ["steps", { steps: 0 }],
    ["steps", { steps: 1.5 }],
    ["schedule.kind", { schedule: "cosinus" }],
    ["schedule.warmup", { schedule: { kind: "linear", warmup: 1000 } }],
    ["schedule.warmup", { schedule: { kind: "linear", warmup: -1 } }],
    ["rows", { rows: [] }],
    ["rows[1]", { rows: [0, 60] }],
    ["batch", { rows: [0, 1, 2] }],
    ["parameters.0.weight", { parameters: {} }],
    ["parameters.9.weight", { parameters: { ...weights, "9.weight": weights["0.weight"] } }],
    ["parameters.0.bias", { parameters: { ...weights, "0.bias": weights["0.weight"] } }],
  ])("%s of a run", async (where, options) => {
    await using trainer = await createTrainer({
      model,
      dataset,
      batch: 10,
      options: { device: "interpreter" },
    });
    const error = await refusal(() => trainer.start({ ...settings, ...(options as object) }));
    expect([error.code, error.where]).toEqual(["bad-input", where]);
    expect(error.hint).toBeTruthy();
  });

  it("a snapshot of another optimiser", async () => {
    const sgd = await createTrainer({ model, dataset, batch: 10, options: { device: "interpreter" } });
    const adam = await createTrainer({
      model,
      dataset,
      batch: 10,
      optimizer: { kind: "adam" },
      options: { device: "interpreter" },
    });
    const snapshot = sgd.start(settings).snapshot();
    expect((await refusal(() => adam.resume(snapshot, settings))).where).toMatch(/^snapshot\.(m|s|adam):/);
  });

  it("rows of an evaluation that are not there", async () => {
    await using trainer = await createTrainer({
      model,
      dataset,
      batch: 10,
      options: { device: "interpreter" },
    });
    const run = trainer.start(settings);
    expect((await refusal(() => run.evaluate({ split: "test", rows: [20] }))).where).toBe("rows[0]");
    expect((await refusal(() => run.advance(0))).where).toBe("count");
  });
});
