/** @file What a training with SAM, averages, validation and early stopping leaves, and that it survives kills and full disks. */
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Key } from "../../src/tensor/index.ts";
import { bestOf, isExhausted, type ValidationAt } from "../../src/train/choice.ts";
import { evaluateModel, readRun, type TrainOptions, type TrainResult, train } from "../../src/train/index.ts";
import { blobs, hashOf, modelOf, refusal, statefulModel } from "./problems.ts";

let root: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-recorded-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = join(root, `run ${count++}`);
});

const base: TrainOptions = {
  model: statefulModel({ inputs: 3, width: 6, outputs: 3 }),
  dataset: blobs({ count: 60 }),
  sam: { rho: 0.05 },
  clip: 5,
  averages: [{ start: 0.5 }, { ema: 0.9, start: 0.25 }],
  learningRate: 0.1,
  batch: 8,
  steps: 60,
  key: Key.fromSeed(6),
  validation: 0.2,
  logEvery: 9,
  checkpointEvery: 10,
  stepsPerCall: 4,
  options: { threads: 1 },
};
const linesOf = async (path: string) =>
  (await readFile(join(path, "metrics.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));

/** Stops a run when it has reached a step. */
async function stopAt(step: number, options: TrainOptions) {
  const controller = new AbortController();
  return refusal(() =>
    train({
      ...options,
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.step >= step) controller.abort();
      },
    }),
  );
}

describe("the folder of a run with SAM and averages", () => {
  let result: TrainResult;
  let whole: string;
  beforeAll(async () => {
    whole = join(root, "whole");
    result = await train({ ...base, runFolder: whole });
  });

  it("gives back the averages, ready for use", async () => {
    const { config, parameters, averages } = await readRun(whole);
    expect(hashOf(parameters)).toBe(hashOf(result.parameters));
    expect(Object.keys(averages)).toEqual(["ema-0.9", "swa-0.5"]);
    for (const [name, weights] of Object.entries(averages)) {
      const averaged = result.averaged![name]!;
      expect(hashOf(weights)).toBe(hashOf(averaged.parameters));
      const { model, dataset } = base;
      const again = await evaluateModel({ model, dataset, parameters: weights, options: { threads: 1 } });
      expect(again).toEqual(averaged.test);
    }
    expect(config).toMatchObject({
      sam: { rho: 0.05 },
      clip: 5,
      schedule: { kind: "swa", start: 0.5, low: 0.5 },
    });
  });

  it("counts what went into each average, and the gradients of SAM", () => {
    // 48 rows in batches of 8: ten epochs, and a snapshot at the end of each from the fifth on.
    expect(result.averaged!["swa-0.5"]!.count).toBe(6);
    expect(result.averaged!["ema-0.9"]!.count).toBe(46);
    expect(result.gradientEvaluations).toBe(120);
  });

  it("has in its metrics every series, and validations of all models", async () => {
    const lines = await linesOf(whole);
    const stretch = lines.find(({ loss }) => loss !== undefined);
    expect(Object.keys(stretch)).toEqual([
      "step",
      "loss",
      "learningRate",
      "gradientNorm",
      "samGradientNorm",
      "sharpness",
      "skipped",
    ]);
    expect(stretch.skipped).toBe(0);
    const [validation] = lines.filter((line) => "validation" in line && line.step === 42);
    expect(Object.keys(validation.averaged)).toEqual(["swa-0.5", "ema-0.9"]);
    const closing = lines.at(-1);
    expect(closing.averaged["swa-0.5"].test.loss).toBe(result.averaged!["swa-0.5"]!.test.loss);
    expect(closing.best.of).toBe(result.best!.of);
  });

  it("chooses between averages and the last weights by validation", () => {
    const losses = { last: result.validation!, ...mapOf(result) };
    const least = Math.min(...Object.values(losses).map(({ loss }) => loss));
    expect(result.best!.validation.loss).toBe(least);
    expect(losses[result.best!.of as "last"]!.loss).toBe(least);
  });

  it("is the same whether the run was stopped in the middle of averaging and resumed or not", async () => {
    const options = { ...base, runFolder: folder, resume: true };
    for (const step of [13, 33, 51]) expect((await stopAt(step, options)).code).toBe("cancelled");
    const resumed = await train(options);
    expect(resumed.validations).toEqual(result.validations);
    expect(resumed.series).toEqual(result.series);
    const files = (await readdir(whole, { recursive: true })).filter((name) => name.includes("."));
    expect(files.sort()).toContain("weights-swa-0.5.safetensors");
    for (const name of files) {
      expect(await readFile(join(folder, name)), name).toEqual(await readFile(join(whole, name)));
    }
  });
});

function mapOf({ averaged }: TrainResult) {
  return Object.fromEntries(Object.entries(averaged!).map(([name, { validation }]) => [name, validation!]));
}

describe("early stopping", () => {
  const at = (step: number, loss: number, averaged?: number): ValidationAt => {
    const evaluation = (value: number) => ({ loss: value, error: value, metrics: {}, count: 1 });
    return {
      step,
      ...evaluation(loss),
      ...(averaged === undefined ? {} : { averaged: { swa: evaluation(averaged) } }),
    };
  };
  const options = { patience: 2, minChange: 0.1, on: "loss" } as const;

  it("takes the first of the best, whichever model it is", () => {
    expect(bestOf([at(1, 3), at(2, 2), at(3, 2)])).toMatchObject({ of: "last", step: 2 });
    expect(bestOf([at(1, 3), at(2, 2, 1)])).toMatchObject({ of: "swa", step: 2 });
    expect(bestOf([at(1, 3), at(2, 2.95)], options)).toMatchObject({ step: 1 });
    expect(bestOf([at(1, Number.NaN)])).toBeUndefined();
  });

  it("waits for as many validations as its patience", () => {
    expect(isExhausted([at(1, 3), at(2, 2.99)], options)).toBe(false);
    expect(isExhausted([at(1, 3), at(2, 2.99), at(3, 2.98)], options)).toBe(true);
    expect(isExhausted([at(1, 3), at(2, 2.99), at(3, 2.8)], options)).toBe(false);
  });

  it("ends the run, keeps the best weights, and does the same when resumed", async () => {
    // A rate at which the validation soon rises again.
    const { averages: _, ...rest } = base;
    const early: TrainOptions = { ...rest, steps: 600, learningRate: 0.5, earlyStopping: { patience: 3 } };
    const whole = await train({ ...early, runFolder: join(root, "early") });
    expect(whole.stoppedEarly).toBe(true);
    expect(whole.steps).toBeLessThan(600);
    const { best } = await readRun(join(root, "early"));
    expect(hashOf(best!)).toBe(hashOf(whole.best!.parameters));
    expect(whole.best!.step).toBe(whole.steps - 18);
    const losses = whole.validations.map(({ loss }) => loss);
    expect(whole.best!.validation.loss).toBe(Math.min(...losses));

    await stopAt(whole.best!.step + 1, { ...early, runFolder: folder, resume: true });
    const resumed = await train({ ...early, runFolder: folder, resume: true });
    expect(resumed.steps).toBe(whole.steps);
    expect(resumed.validations).toEqual(whole.validations);
    expect(hashOf(resumed.best!.parameters)).toBe(hashOf(whole.best!.parameters));
    expect(await linesOf(folder)).toEqual(await linesOf(join(root, "early")));
    expect((await train({ ...early, runFolder: folder, resume: true })).steps).toBe(whole.steps);
  });

  it.each<[string, Partial<TrainOptions>]>([
    ["earlyStopping.patience", { earlyStopping: { patience: 0 } }],
    ["validation", { validation: 1.5 }],
    ["validation", { validation: 60 }],
    ["averages[0].start", { averages: [{ start: 0.9, every: 100 }] }],
    ["averages[0].start", { averages: [{ start: 1 }] }],
    ["sam.rho", { sam: { rho: -1 } }],
    ["sam.rho", { sam: { rho: Number.NaN } }],
    ["statistics", { statistics: "all" as never }],
  ])("refuses %s of %j by name", async (where, changes) => {
    const error = await refusal(() => train({ ...base, ...changes }));
    expect([error.code, error.where]).toEqual(["bad-input", where]);
  });

  it("needs rows for validation", async () => {
    const { validation: _, ...rest } = base;
    expect((await refusal(() => train({ ...rest, earlyStopping: { patience: 1 } }))).where).toBe(
      "validationRows",
    );
  });
});

describe("a disk that is full", () => {
  it("while a checkpoint is made leaves the one before it, from which the run goes on to the same bits", async () => {
    const options = { ...base, runFolder: folder, resume: true };
    await stopAt(20, options);
    const state = join(folder, "checkpoint", "state.safetensors");
    const before = await readFile(state);
    // Where the next checkpoint is written before it takes its place: a device that is always full.
    await symlink("/dev/full", `${state}.tmp`);
    const error = await refusal(() => train(options));
    expect([error.code, error.where]).toEqual(["io", state]);
    expect(error.message).toMatch(/ENOSPC/);
    expect(error.hint).toMatch(/space/);
    expect(await readFile(state)).toEqual(before);
    const resumed = await train(options);
    const { runFolder: _, ...unkept } = base;
    expect(hashOf(resumed.parameters)).toBe(hashOf((await train(unkept)).parameters));
  });
});

describe("a run that diverges", () => {
  it("says in its metrics and result which layer broke, also when it is read again", async () => {
    const options: TrainOptions = {
      model: modelOf("mlp:depth=2,width=6,activation=linear,sw2=2,sb2=0.1,in=3,out=3"),
      dataset: blobs(),
      loss: "mse",
      learningRate: 50,
      batch: 10,
      steps: 500,
      key: Key.fromSeed(1),
      runFolder: folder,
    };
    const result = await train(options);
    expect(result.status).toBe("diverged");
    expect(result.divergence).toMatchObject({ step: result.steps, name: expect.any(String) });
    expect((await linesOf(folder)).at(-1).divergence).toEqual(result.divergence);
    expect((await train({ ...options, resume: true })).divergence).toEqual(result.divergence);
  });
});
