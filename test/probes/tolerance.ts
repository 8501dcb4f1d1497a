/** @file Closeness in the sense of conventions.md: |a - b| ≤ tol · max(1, |ref|). */
import { expect } from "vitest";

export function expectClose(actual: number, reference: number, tolerance: number): void {
  expect(Math.abs(actual - reference), `${actual} against ${reference}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(reference)),
  );
}
