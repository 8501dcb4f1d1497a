import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Key, type NdArray, toNumbers } from "../../src/tensor/index.ts";
import { type AverageSpec, parseAverages } from "../../src/train/average-options.ts";
import { type AveragePlan, averageRates, checkAverages, snapshotsAfter } from "../../src/train/averages.ts";
import { createTrainer, type Trainer } from "../../src/train/index.ts";
import { blobs, hashOf, modelOf, refusal, statefulModel } from "./problems.ts";

/** 10 epochs of 5 steps. */
const plan: AveragePlan = { steps: 50, rows: 40, batch: 8, schedule: { kind: "constant", warmup: 0 } };
const parsed = (spec: AverageSpec) => parseAverages([spec])[0]!;

/** Steps, from 1, at which snapshots are taken. */
function snapshotSteps(spec: AverageSpec, given: Partial<AveragePlan> = {}): number[] {
  const whole = { ...plan, ...given };
  const rates = averageRates(parsed(spec), whole, { dtype: "float64", start: 0, count: whole.steps }).data;
  return [...rates.keys()].filter((step) => rates[step] !== 0).map((step) => step + 1);
}

describe("snapshots", () => {
  it.each<[string, AverageSpec, Partial<AveragePlan>, number[]]>([
    ["at the end of every epoch from floor(start·E) on", {}, {}, [35, 40, 45, 50]],
    ["from the first epoch on where start is 0", { start: 0 }, { steps: 15 }, [5, 10, 15]],
    ["at the step that completes the epoch", { start: 0 }, { steps: 15, batch: 9 }, [5, 9, 14]],
    ["every k-th step from start on", { start: 0.5, every: 10 }, {}, [30, 40, 50]],
    [
      "at the end of every cycle",
      { start: 0.5, every: "cycle" },
      { schedule: { kind: "cyclic", warmup: 2, cycle: 7, low: 0.1 } },
      [30, 37, 44],
    ],
    ["every step for a moving average", { start: 0.95, ema: 0.9 }, {}, [47, 48, 49, 50]],
  ])("are taken %s", (_, spec, given, steps) => {
    expect(snapshotSteps(spec, given)).toEqual(steps);
    const whole = { ...plan, ...given };
    expect(snapshotsAfter(parsed(spec), whole, whole.steps)).toBe(steps.length);
  });

  it("weigh 1/(n + 1), or 1 - a after the first one of a moving average", () => {
    const window = { dtype: "float64" as const, start: 34, count: 16 };
    const taken = (spec: AverageSpec) =>
      [...averageRates(parsed(spec), plan, window).data].filter((rate) => rate !== 0);
    expect(taken({})).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(taken({ every: "epoch", ema: 0.75 })).toEqual([1, 0.25, 0.25, 0.25]);
  });

  it.each<[string, AverageSpec, Partial<AveragePlan>]>([
    ["averages[0].every", {}, { steps: 4 }],
    ["averages[0].start", { start: 0.9, every: 100 }, {}],
    ["averages[0].every", { every: "cycle" }, {}],
  ])("that never come are refused: %s of %j", async (where, spec, given) => {
    const error = await refusal(() => checkAverages([parsed(spec)], { ...plan, ...given }));
    expect([error.code, error.where]).toEqual(["bad-input", where]);
  });

  it.each<[AverageSpec, string]>([
    [{ start: 1 }, "averages[0].start"],
    [{ start: Number.NaN }, "averages[0].start"],
    [{ every: 0 }, "averages[0].every"],
    [{ ema: 1 }, "averages[0].ema"],
    [{ name: "last" }, "averages[0].name"],
  ])("%j is refused by name", async (spec, where) => {
    expect((await refusal(() => parseAverages([spec]))).where).toBe(where);
  });
});

describe("a run with averages", () => {
  const dataset = blobs({ count: 40 });
  const averages: AverageSpec[] = [
    { start: 0.5 },
    { name: "late", start: 0.8, every: 3 },
    { ema: 0.9, start: 0 },
  ];
  const settings = { key: Key.fromSeed(4), learningRate: 0.2, steps: 50 };
  const common = {
    model: statefulModel({ inputs: 3, width: 5, outputs: 3 }),
    dataset,
    batch: 8,
    dtype: "float64" as const,
  };
  const options = { threads: 1 };
  let plain: Trainer;
  let averaging: Trainer;
  beforeAll(async () => {
    plain = await createTrainer({ ...common, options });
    averaging = await createTrainer({ ...common, options, averages });
  });
  afterAll(async () => {
    await plain.dispose();
    await averaging.dispose();
  });

  it("keeps the means of the weights at its snapshots, to rounding", async () => {
    const run = averaging.start(settings);
    const iterates: Record<string, NdArray>[] = [];
    while (run.status === "running") {
      await run.advance(1);
      iterates.push(run.parameters);
    }
    expect(run.averages).toEqual(["swa-0.5", "late", "ema-0.9"]);
    const names = ["1.gain", "4.weight", "9.bias"];
    const meanOf = (steps: number[], name: string) =>
      toNumbers(iterates[0]![name]!).map(
        (_, i) =>
          steps.reduce((sum, step) => sum + Number(iterates[step - 1]![name]!.data[i]), 0) / steps.length,
      );
    for (const [average, steps] of [
      ["swa-0.5", [25, 30, 35, 40, 45, 50]],
      ["late", [42, 45, 48]],
    ] as const) {
      for (const name of names) {
        const expected = meanOf([...steps], name);
        for (const [i, value] of toNumbers(run.average(average)[name]!).entries()) {
          expect(value).toBeCloseTo(expected[i]!, 12);
        }
      }
    }
    let moving = Number(iterates[0]!["9.bias"]!.data[0]);
    for (const weights of iterates.slice(1)) moving = 0.9 * moving + 0.1 * Number(weights["9.bias"]!.data[0]);
    expect(Number(run.average("ema-0.9")["9.bias"]!.data[0])).toBeCloseTo(moving, 12);
  });

  it("ends at the bits of the run without them: averaging never feeds back", async () => {
    const [alone, beside] = [plain.start(settings), averaging.start(settings)];
    await Promise.all([alone.advance(50), beside.advance(50)]);
    expect(hashOf(beside.parameters)).toBe(hashOf(alone.parameters));
    expect(beside.losses).toEqual(alone.losses);
  });

  it("resumed in the middle of averaging goes on to the same bits", async () => {
    const whole = averaging.start(settings);
    await whole.advance(50);
    for (const stop of [3, 33, 43]) {
      const left = averaging.start(settings);
      await left.advance(stop);
      const run = averaging.resume(structuredClone(left.snapshot()), settings);
      await run.advance(50);
      for (const name of run.averages) expect(hashOf(run.average(name))).toBe(hashOf(whole.average(name)));
    }
  });

  it("refuses an average before its first snapshot, and evaluates nothing in its place", async () => {
    const run = averaging.start(settings);
    await run.advance(24);
    expect(run.snapshots("swa-0.5")).toBe(0);
    for (const attempt of [
      () => run.average("swa-0.5"),
      () => run.averageModel("swa-0.5"),
      () => run.evaluate({ split: "test", average: "swa-0.5" }),
    ]) {
      const error = await refusal(attempt);
      expect([error.code, error.where]).toEqual(["bad-input", "averages.swa-0.5"]);
    }
    await run.advance(1);
    expect(hashOf(run.average("swa-0.5"))).toBe(hashOf(run.parameters));
    const unknown = await refusal(() => run.average("swa"));
    expect([unknown.code, unknown.hint]).toEqual(["not-found", expect.stringContaining("swa-0.5, late")]);
  });

  it("evaluates an average with statistics of its own, and leaves the run as it was", async () => {
    const run = averaging.start(settings);
    await run.advance(50);
    const before = hashOf({ ...run.snapshot().parameters, ...run.snapshot().state });
    const renewed = await run.averageModel("swa-0.5", { statistics: "exact" });
    const stale = run.average("swa-0.5");
    expect(hashOf({ a: renewed["1.runningMean"]! })).not.toBe(hashOf({ a: stale["1.runningMean"]! }));
    expect(renewed["4.weight"]).toBe(stale["4.weight"]);
    const evaluation = await run.evaluate({ split: "test", average: "swa-0.5", statistics: "exact" });
    expect(evaluation).toEqual(await averaging.evaluate(renewed, { split: "test" }));
    expect(hashOf({ ...run.snapshot().parameters, ...run.snapshot().state })).toBe(before);
  });

  it("refuses averages that its length never reaches when it starts", async () => {
    const error = await refusal(() => averaging.start({ ...settings, steps: 4 }));
    expect([error.code, error.where]).toEqual(["bad-input", "averages[0].every"]);
  });
});

describe("a run that diverges", () => {
  const model = modelOf("mlp:depth=2,width=6,activation=linear,sw2=2,sb2=0.1,in=3,out=3");
  const settings = { key: Key.fromSeed(1), learningRate: 50, steps: 500 };

  it("keeps its averages as they were before the step, and says which layer broke", async () => {
    await using trainer = await createTrainer({
      model,
      dataset: blobs(),
      batch: 10,
      loss: "mse",
      averages: [{ start: 0, every: 1 }],
    });
    const run = trainer.start(settings);
    expect(await run.advance(500)).toBe("diverged");
    const { divergence } = run;
    expect(divergence?.step).toBe(run.step);
    expect(divergence?.what === "activation" || divergence?.what === "parameter").toBe(true);
    expect(divergence?.name).toMatch(/layers\[\d\]|^\d\.(weight|bias)$/);
    for (const { data } of Object.values(run.average("swa-0")))
      expect([...data].every(Number.isFinite)).toBe(true);
    expect(run.snapshots("swa-0")).toBe(run.step - 1);
  });

  it("of an input that is no number names the row", async () => {
    const dataset = blobs({ count: 12 });
    dataset.train.inputs.data[3 * 7] = Number.NaN;
    await using trainer = await createTrainer({ model, dataset, batch: 12 });
    const run = trainer.start({ ...settings, learningRate: 0.1 });
    expect(await run.advance(1)).toBe("diverged");
    expect(run.divergence).toEqual({ step: 1, what: "input", name: "train[7]" });
  });
});
