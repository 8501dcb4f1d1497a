import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeSafetensors, Key } from "../../src/tensor/index.ts";
import { readRun, type TrainOptions, type TrainResult, train } from "../../src/train/index.ts";
import { blobs, hashOf, modelOf, refusal } from "./problems.ts";

let root: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-run-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = join(root, `run ${count++}`);
});

const line = "mlp:depth=1,width=6,activation=tanh,sw2=1.5,sb2=0.1,in=3,out=3";
const base: TrainOptions = {
  model: modelOf(line),
  dataset: blobs(),
  optimizer: { kind: "adam" },
  learningRate: 0.02,
  schedule: { kind: "cosine", warmup: 4 },
  batch: 7,
  steps: 60,
  key: Key.fromSeed(6),
  validationRows: [1, 2, 3, 5, 8, 13, 21, 34],
  evaluateEvery: 16,
  logEvery: 9,
  checkpointEvery: 10,
  stepsPerCall: 4,
  options: { threads: 1 },
};
const trainIn = (runFolder: string, changes: Partial<TrainOptions> = {}) =>
  train({ ...base, runFolder, ...changes });
const metricsOf = (path: string) => readFile(join(path, "metrics.jsonl"), "utf8");
const linesOf = async (path: string) =>
  (await metricsOf(path))
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));

/** Permissions do not bind the superuser: where tests run as root, the work is done as another user. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid!(65534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

/** Stops a run when it has reached a step. */
async function stopAt(step: number, changes: Partial<TrainOptions> = {}) {
  const controller = new AbortController();
  const stopped = { ...changes, signal: controller.signal };
  return refusal(() =>
    trainIn(folder, {
      ...stopped,
      onProgress: (progress) => {
        if (progress.step >= step) controller.abort();
      },
    }),
  );
}

describe("the folder of a run", () => {
  let result: TrainResult;
  let whole: string;
  beforeAll(async () => {
    whole = join(root, "whole", "nested");
    result = await trainIn(whole);
  });

  it("holds config, metrics, a checkpoint and the weights, and nothing half written", async () => {
    const files = (await readdir(whole, { recursive: true })).sort();
    expect(files).toEqual([
      "checkpoint",
      join("checkpoint", "state.safetensors"),
      "config.json",
      "metrics.jsonl",
      "weights.safetensors",
    ]);
    expect(result.run).toBe(whole);
  });

  it("gives back its config and its weights", async () => {
    const { config, parameters } = await readRun(whole);
    expect(hashOf(parameters)).toBe(hashOf(result.parameters));
    expect(config).toMatchObject({
      net: JSON.parse(JSON.stringify(base.model.net)),
      data: { name: "blobs", train: 60, test: 20 },
      loss: "crossEntropy",
      optimizer: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      learningRate: 0.02,
      schedule: { kind: "cosine", warmup: 4 },
      batch: 7,
      steps: 60,
      key: Key.fromSeed(6).toString(),
      dtype: "float32",
      device: "cpu",
    });
  });

  it("has a line of metrics for every stretch of steps, every validation and the end", async () => {
    const lines = await linesOf(whole);
    const losses = lines.filter((entry) => "loss" in entry);
    expect(losses.map(({ step }) => step)).toEqual([9, 18, 27, 36, 45, 54, 60]);
    const mean = (from: number, to: number) =>
      result.losses.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
    expect(losses[0].loss).toBe(mean(0, 9));
    expect(losses.at(-1).loss).toBe(mean(54, 60));
    expect(losses[0].learningRate).toBeCloseTo(0.02 * 0.5 * (1 + Math.cos((Math.PI * 4) / 56)), 12);
    const validations = lines.filter((entry) => "validation" in entry && !("test" in entry));
    expect(validations.map(({ step }) => step)).toEqual([16, 32, 48]);
    expect(lines.at(-1)).toEqual({
      step: 60,
      status: "done",
      train: result.train,
      validation: result.validation,
      test: result.test,
    });
  });

  it("keeps in its checkpoint the step, the epoch position, the stream and the version", async () => {
    const bytes = await readFile(join(whole, "checkpoint", "state.safetensors"));
    const { metadata } = decodeSafetensors(bytes, "state");
    expect(metadata).toMatchObject({
      step: "60",
      status: "done",
      // 60 steps of 7 rows out of 52.
      epoch: "8",
      position: "4",
      streamKey: Key.fromSeed(6).split("order").toString(),
      streamCounter: "420",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it("is the same whether the run was stopped and resumed or not", async () => {
    const stops = [3, 17, 17, 42, 55];
    for (const step of stops) {
      const error = await stopAt(step, { resume: true });
      expect(error.code).toBe("cancelled");
      expect(error.hint).toMatch(/resume/);
    }
    const resumed = await trainIn(folder, { resume: true });
    expect(hashOf(resumed.parameters)).toBe(hashOf(result.parameters));
    expect(resumed.losses).toEqual(result.losses);
    expect(resumed.validations).toEqual(result.validations);
    for (const name of [
      "config.json",
      "metrics.jsonl",
      "weights.safetensors",
      "checkpoint/state.safetensors",
    ]) {
      expect(await readFile(join(folder, name))).toEqual(await readFile(join(whole, name)));
    }
  });

  it("is finished once: resuming a finished run changes nothing", async () => {
    const before = await metricsOf(whole);
    const again = await trainIn(whole, { resume: true });
    expect(hashOf(again.parameters)).toBe(hashOf(result.parameters));
    expect(await metricsOf(whole)).toBe(before);
  });

  it("drops metrics beyond the checkpoint, and a torn last line", async () => {
    await stopAt(20);
    const kept = await metricsOf(folder);
    await appendFile(join(folder, "metrics.jsonl"), '{"step":27,"loss":1}\n{"step":36,"lo');
    await stopAt(21, { resume: true });
    expect((await metricsOf(folder)).startsWith(kept)).toBe(true);
    await trainIn(folder, { resume: true });
    expect(await metricsOf(folder)).toBe(await metricsOf(whole));
  });

  it("can be begun with resume where there is no run yet", async () => {
    const begun = await trainIn(folder, { resume: true });
    expect(hashOf(begun.parameters)).toBe(hashOf(result.parameters));
  });

  it("keeps a run that diverged, with null for what is no number", async () => {
    const changes = {
      model: modelOf("mlp:depth=2,width=6,activation=linear,sw2=2,sb2=0.1,in=3,out=3"),
      optimizer: { kind: "sgd" },
      loss: "mse",
      learningRate: 50,
      steps: 500,
    } as const;
    const diverged = await trainIn(folder, changes);
    expect(diverged.status).toBe("diverged");
    const lines = await linesOf(folder);
    expect(lines.at(-1)).toMatchObject({ step: diverged.steps, status: "diverged", test: { loss: null } });
    const again = await trainIn(folder, { ...changes, resume: true });
    expect([again.status, again.steps]).toEqual(["diverged", diverged.steps]);
    expect(await linesOf(folder)).toEqual(lines);
  });
});

describe("refusals", () => {
  it("a folder that holds a run, unless it is resumed", async () => {
    await stopAt(5);
    const error = await refusal(() => trainIn(folder));
    expect([error.code, error.where]).toEqual(["bad-input", folder]);
    expect(error.hint).toMatch(/resume: true/);
  });

  it.each<[string, Partial<TrainOptions>, RegExp]>([
    ["learning rate", { learningRate: 0.03 }, /learningRate is 0.02 there, 0.03 here/],
    ["optimiser", { optimizer: { kind: "adam", beta1: 0.8 } }, /optimizer.beta1 is 0.9 there, 0.8 here/],
    ["schedule", { schedule: "constant" }, /schedule.kind is "cosine" there, "constant" here/],
    ["seed", { key: Key.fromSeed(7) }, /key is/],
    ["data", { dataset: blobs({ seed: 2 }) }, /data.sha256 is/],
    [
      "network",
      { model: modelOf(line.replace("width=6", "width=5")) },
      /net.layers\[0\].width is 6 there, 5 here/,
    ],
    ["rows", { validationRows: [0, 2, 3, 5, 8, 13, 21, 34] }, /validationRows.sha256 is/],
    ["device", { options: { device: "interpreter" } }, /device is "cpu" there, "interpreter" here/],
  ])("a run of another %s", async (_, changes, message) => {
    await stopAt(5);
    const error = await refusal(() => trainIn(folder, { ...changes, resume: true }));
    expect([error.code, error.where]).toEqual(["bad-input", join(folder, "config.json")]);
    expect(error.message).toMatch(message);
  });

  it("metrics without a config", async () => {
    await stopAt(15);
    await rm(join(folder, "config.json"));
    expect((await refusal(() => trainIn(folder, { resume: true }))).code).toBe("bad-file");
  });

  it("nothing, where the first attempt was refused before its first step", async () => {
    const wrong = { initial: { "0.weight": base.dataset.train.inputs } };
    expect((await refusal(() => trainIn(folder, wrong))).where).toMatch(/^parameters\./);
    expect((await trainIn(folder)).status).toBe("done");
  });

  it("speed may differ: threads, steps of a call, how often checkpoints are made", async () => {
    await stopAt(5);
    const resumed = await trainIn(folder, {
      options: { threads: 2 },
      stepsPerCall: 9,
      checkpointEvery: 23,
      resume: true,
    });
    expect(resumed.status).toBe("done");
  });

  it("another version of the library", async () => {
    await stopAt(5);
    const path = join(folder, "config.json");
    const config = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, fathom: "0.0.1" }));
    expect((await refusal(() => trainIn(folder, { resume: true }))).message).toMatch(
      /fathom is "0.0.1" there/,
    );
  });

  it("a folder whose place is taken by a file", async () => {
    await writeFile(join(root, "file"), "");
    const error = await refusal(() => trainIn(join(root, "file", "run")));
    expect(error.code).toBe("bad-input");
    expect(error.where).toContain(join(root, "file", "run"));
    expect(error.hint).toBeTruthy();
  });

  it("a folder without permission to write", async () => {
    await mkdir(folder);
    await chmod(folder, 0o500);
    const error = await refusal(() => asNobody(() => trainIn(folder)));
    expect(error.code).toBe("bad-input");
    expect(error.where).toContain(folder);
    expect(error.message).toMatch(/no permission/);
  });

  it.each<[string, string, string]>([
    ["a config that is no JSON", "config.json", "{"],
    ["a checkpoint of another kind", "checkpoint/state.safetensors", "not a checkpoint"],
    ["a line of metrics that is none", "metrics.jsonl", "[]\n"],
  ])("%s", async (_, name, content) => {
    await stopAt(15);
    await writeFile(join(folder, name), content);
    const error = await refusal(() => trainIn(folder, { resume: true }));
    expect(error.code).toBe("bad-file");
    expect(error.where).toContain(join(folder, name));
    expect(error.hint).toBeTruthy();
  });

  it("a truncated checkpoint", async () => {
    await stopAt(15);
    const path = join(folder, "checkpoint", "state.safetensors");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 4));
    expect((await refusal(() => trainIn(folder, { resume: true }))).code).toBe("bad-file");
  });

  it("reading a folder without a finished run", async () => {
    expect((await refusal(() => readRun(folder))).code).toBe("not-found");
    await stopAt(5);
    expect((await refusal(() => readRun(folder))).message).toMatch(/weights.safetensors is missing/);
  });
});
