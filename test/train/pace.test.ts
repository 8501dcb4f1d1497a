import { expect, it } from "vitest";
import { Pace } from "../../src/train/pace.ts";

/** The calls of a loop whose steps take a given time. */
function calls(msPerStep: number, overheadMs: number, count: number): number[] {
  const pace = new Pace();
  return Array.from({ length: count }, () => {
    const { steps } = pace;
    pace.record(steps, overheadMs + steps * msPerStep);
    return steps * msPerStep;
  });
}

it.each([0.05, 1, 20])("a call settles between 50 and 200 ms where a step takes %f ms", (msPerStep) => {
  for (const ms of calls(msPerStep, 0.5, 12).slice(6)) {
    expect(ms).toBeGreaterThanOrEqual(50);
    expect(ms).toBeLessThanOrEqual(200);
  }
});

it("a step longer than that is a call of its own", () => {
  expect(calls(700, 0.5, 4)).toEqual([700, 700, 700, 700]);
});

it("one interrupted call does not bring it down to single steps", () => {
  const pace = new Pace();
  for (let i = 0; i < 8; i++) pace.record(pace.steps, pace.steps);
  pace.record(pace.steps, 60_000);
  expect(pace.steps).toBeGreaterThan(10);
});
