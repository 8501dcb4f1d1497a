import { describe, expect, it } from "vitest";
import { learningRates, type Schedule, scheduleFactor, scheduleKinds } from "../../src/train/index.ts";

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

  it.each(scheduleKinds)("%s reaches its full rate at the end of the warm-up and again after it", (kind) => {
    const rates = factors({ kind, warmup: 4 }, 12);
    expect(rates.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(rates.every((rate) => rate > 0 && rate <= 1)).toBe(true);
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
