import { describe, expect, it } from "vitest";
import { learningRates, type Schedule, scheduleFactor, scheduleKinds } from "../../src/train/index.ts";
import { parseSchedule, type ScheduleSpec } from "../../src/train/schedule-options.ts";
import { refusal } from "./problems.ts";

const factors = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => scheduleFactor(schedule, step, steps));

describe("schedules", () => {
  it("constant stays, linear falls evenly, cosine is half way down in the middle", () => {
    expect(factors({ kind: "constant", warmup: 0 }, 3)).toEqual([1, 1, 1]);
    expect(factors({ kind: "linear", warmup: 0 }, 4)).toEqual([1, 0.75, 0.5, 0.25]);
    const cosine = factors({ kind: "cosine", warmup: 0 }, 4);
    // ½(1 + cos(πe/E)) of training.md §1.1, with e/E = 0, ¼, ½, ¾.
    const reference = [1, 0.5 + Math.SQRT1_2 / 2, 0.5, 0.5 - Math.SQRT1_2 / 2];
    cosine.forEach((value, step) => {
      expect(value).toBeCloseTo(reference[step]!, 15);
    });
  });

  const everyKind: readonly Schedule[] = [
    { kind: "constant", warmup: 4 },
    { kind: "linear", warmup: 4 },
    { kind: "cosine", warmup: 4 },
    { kind: "multistep", warmup: 4, milestones: [8, 10], factor: 0.1 },
    { kind: "swa", warmup: 4, start: 0.75, low: 0.5 },
    { kind: "cyclic", warmup: 4, cycle: 4, low: 0.1 },
  ];

  it.each(everyKind)(
    "$kind reaches its full rate at the end of the warm-up and again after it",
    (schedule) => {
      const rates = factors(schedule, 12);
      expect(rates.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
      expect(rates.every((rate) => rate > 0 && rate <= 1)).toBe(true);
    },
  );

  it("are all looked at here", () => {
    expect(everyKind.map(({ kind }) => kind)).toEqual(scheduleKinds);
  });

  it("multistep multiplies the rate at its milestones, which may be in epochs", () => {
    const spec: ScheduleSpec = { kind: "multistep", milestones: [2, { epochs: 2 }], factor: 0.5 };
    // Epochs of 10 rows in batches of 4: the second one is over after 5 steps.
    const schedule = parseSchedule(spec, { steps: 8, rows: 10, batch: 4 });
    expect(factors(schedule, 8)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]);
  });

  it("swa is a cosine down to its low rate over the first part, and constant after it (training.md §1.1)", () => {
    const rates = factors({ kind: "swa", warmup: 0, start: 0.75, low: 0.5 }, 8);
    const reference = [0, 1, 2, 3, 4, 5].map((e) => 0.5 + 0.25 * (1 + Math.cos((Math.PI * e) / 6)));
    for (const [step, rate] of rates.slice(0, 6).entries()) expect(rate).toBeCloseTo(reference[step]!, 15);
    expect(rates.slice(6)).toEqual([0.5, 0.5]);
  });

  it("cyclic falls from the full rate to its low one within each cycle", () => {
    const rates = factors({ kind: "cyclic", warmup: 0, cycle: 3, low: 0.2 }, 7);
    const reference = [1, 0.6, 0.2, 1, 0.6, 0.2, 1];
    for (const [step, rate] of rates.entries()) expect(rate).toBeCloseTo(reference[step]!, 15);
    expect(factors({ kind: "cyclic", warmup: 0, cycle: 1, low: 0.2 }, 2)).toEqual([0.2, 0.2]);
  });

  it.each<[string, ScheduleSpec]>([
    ["schedule.kind", { kind: "step" } as never],
    ["schedule.milestones", { kind: "multistep", milestones: [] }],
    ["schedule.milestones[0]", { kind: "multistep", milestones: [100] }],
    ["schedule.milestones[1]", { kind: "multistep", milestones: [20, 10] }],
    ["schedule.factor", { kind: "multistep", milestones: [1], factor: 1 }],
    ["schedule.start", { kind: "swa", start: 1 }],
    ["schedule.low", { kind: "swa", low: 0 }],
    ["schedule.cycle", { kind: "cyclic", cycle: 0 }],
    ["schedule.warmup", { kind: "cyclic", cycle: 3, warmup: 101 }],
    ["schedule.low", { kind: "cyclic", cycle: 3, low: Number.NaN }],
  ])("refuse %s of %j by name", async (where, spec) => {
    const error = await refusal(() => parseSchedule(spec, { steps: 100, rows: 10, batch: 4 }));
    expect([error.code, error.where?.replace(/\.\d+$/, "")]).toEqual(["bad-input", where]);
  });

  it("a warm-up as long as the run is all warm-up", () => {
    expect(factors({ kind: "cosine", warmup: 2 }, 2)).toEqual([0.5, 1]);
  });

  it("rates are rounded once, from float64, and any part of the run gives the same ones", () => {
    const plan = { learningRate: 0.1, schedule: { kind: "cosine", warmup: 5 } as const, steps: 100 };
    const whole = learningRates(plan, "float32", 0, 100).data;
    expect(learningRates(plan, "float32", 37, 20).data).toEqual(whole.slice(37, 57));
    expect(whole[50]).toBe(Math.fround(0.1 * scheduleFactor(plan.schedule, 50, 100)));
  });
});
