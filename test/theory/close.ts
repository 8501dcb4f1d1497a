/** @file Relative error as conventions.md defines it, as an assertion. */
import { expect } from "vitest";

/** |value - reference| <= tolerance max(1, |reference|). */
export function expectClose(value: number, reference: number, tolerance: number, what = ""): void {
  const bound = tolerance * Math.max(1, Math.abs(reference));
  const miss = Math.abs(value - reference);
  expect(
    miss <= bound,
    `${what}${what === "" ? "" : ": "}${value} is ${miss} from ${reference}, allowed ${bound}`,
  ).toBe(true);
}
