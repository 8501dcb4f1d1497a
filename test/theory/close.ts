/** @file Relative error as conventions.md defines it, and refusals, as assertions. */
import { expect } from "vitest";
import { FathomError } from "../../src/tensor/index.ts";

/** |value - reference| <= tolerance max(1, |reference|). */
export function expectClose(value: number, reference: number, tolerance: number): void {
  const bound = tolerance * Math.max(1, Math.abs(reference));
  const miss = Math.abs(value - reference);
  expect(miss <= bound, `${value} is ${miss} from ${reference}, allowed ${bound}`).toBe(true);
}

/** The error that `act` throws. */
export function refusal(act: () => unknown): FathomError {
  try {
    act();
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
