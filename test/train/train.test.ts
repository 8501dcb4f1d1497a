import { describe, expect, it } from "vitest";
import { Key } from "../../src/tensor/index.ts";
import { type TrainOptions, type TrainProgress, train } from "../../src/train/index.ts";
import { blobs, hashOf, modelOf, refusal, smallDigits } from "./problems.ts";

const small: TrainOptions = {
  model: modelOf("mlp:depth=1,width=6,activation=tanh,sw2=1.5,sb2=0.1,in=3,out=3"),
  dataset: blobs(),
  learningRate: 0.1,
  batch: 10,
  steps: 30,
  key: Key.fromSeed(1),
  options: { threads: 1 },
};

describe("training", () => {
  it.each([
    ["sgd", { kind: "sgd", momentum: 0.9 }, 0.1],
    ["adam", { kind: "adam" }, 0.003],
  ] as const)(
    "an MLP on generated digits is far better than chance after three epochs (%s)",
    async (_, optimizer, learningRate) => {
      const result = await train({
        model: modelOf("mlp:depth=2,width=64,activation=relu,sw2=2,sb2=0,in=784,out=10"),
        dataset: smallDigits(3000, 500),
        optimizer,
        learningRate,
        schedule: "cosine",
        batch: 50,
        epochs: 3,
        key: Key.fromSeed(3),
      });
      expect(result.status).toBe("done");
      expect([result.steps, result.gradientEvaluations, result.losses.length]).toEqual([180, 180, 180]);
      // Chance is 0.9; a hand check found errors near 0.2 for either optimiser.
      expect(result.test.error).toBeLessThan(0.4);
      expect(result.train.error).toBeLessThan(result.test.error);
      expect(result.test.loss).toBeLessThan(Math.log(10) / 2);
    },
  );

  it("is the same to the bit when it is run again, and another for another seed", async () => {
    const [first, again, other] = [
      await train(small),
      await train(small),
      await train({ ...small, key: Key.fromSeed(2) }),
    ];
    expect(hashOf(again.parameters)).toBe(hashOf(first.parameters));
    expect(hashOf(other.parameters)).not.toBe(hashOf(first.parameters));
  });

  it("validates on rows that it does not train on", async () => {
    const validationRows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const result = await train({ ...small, validationRows, evaluateEvery: 8 });
    expect(result.validations.map(({ step }) => step)).toEqual([8, 16, 24, 30]);
    expect(result.validation?.count).toBe(10);
    expect(result.train.count).toBe(50);
    const rows = Int32Array.from({ length: 50 }, (_, i) => 10 + i);
    const same = await train({ ...small, rows });
    expect(hashOf(same.parameters)).toBe(hashOf(result.parameters));
  });

  it("reports progress to the last step", async () => {
    const reports: TrainProgress[] = [];
    await train({ ...small, stepsPerCall: 7, onProgress: (progress) => reports.push(progress) });
    expect(reports.map(({ step }) => step)).toEqual([7, 14, 21, 28, 30]);
    expect(reports.at(-1)).toMatchObject({ steps: 30, secondsLeft: 0 });
    expect(reports.every(({ loss, secondsLeft }) => loss > 0 && secondsLeft >= 0)).toBe(true);
  });

  it("stops when asked, and says what was kept", async () => {
    const error = await refusal(() => train({ ...small, signal: AbortSignal.abort() }));
    expect(error.code).toBe("cancelled");
    expect(error.message).toMatch(/step 0 of 30/);
    expect(error.hint).toMatch(/run folder/);
  });

  it("ends with the status diverged, not with an exception", async () => {
    const result = await train({
      ...small,
      model: modelOf("mlp:depth=2,width=6,activation=linear,sw2=2,sb2=0.1,in=3,out=3"),
      loss: "mse",
      learningRate: 50,
      steps: 500,
    });
    expect(result.status).toBe("diverged");
    expect(result.steps).toBeLessThan(500);
    expect(Number.isFinite(result.train.loss)).toBe(false);
  });
});

describe("refusals name the field", () => {
  it.each<[string, Partial<Record<keyof TrainOptions, unknown>>]>([
    ["steps", { steps: undefined }],
    ["steps", { epochs: 2 }],
    ["epochs", { steps: undefined, epochs: 0 }],
    ["steps", { steps: -3 }],
    ["batch", { batch: 61 }],
    ["batch", { batch: 55, validationRows: [0, 1, 2, 3, 4, 5, 6] }],
    ["learningRate", { learningRate: Number.NaN }],
    ["validationRows", { evaluateEvery: 5 }],
    ["validationRows[0]", { validationRows: [60] }],
    ["rows[1]", { rows: [1, 2, 3], validationRows: [2], batch: 1 }],
    ["evaluateEvery", { validationRows: [1], evaluateEvery: 0 }],
    ["logEvery", { logEvery: 0 }],
    ["checkpointEvery", { checkpointEvery: 0.5 }],
    ["runFolder", { resume: true }],
    ["optimizer.kind", { optimizer: {} }],
  ])("%s", async (where, changes) => {
    const options = { ...small, ...changes } as unknown as TrainOptions;
    const error = await refusal(() => train(options));
    expect([error.code, error.where]).toEqual(["bad-input", where]);
    expect(error.hint).toBeTruthy();
  });

  it("a test split without rows", async () => {
    const dataset = blobs();
    const inputs = { dtype: "float32" as const, shape: [0, 3], data: new Float32Array() };
    const empty = { inputs, labels: { dtype: "int32" as const, shape: [0], data: new Int32Array() } };
    const error = await refusal(() => train({ ...small, dataset: { ...dataset, test: empty } }));
    expect(error.where).toBe("dataset.test");
  });
});
