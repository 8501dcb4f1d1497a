/** @file How measured profiles of J and K are held against theory's. */
import { expect } from "vitest";
import type { JacobianMeasurement } from "../../src/probes/index.ts";
import type { MeanFieldLayer } from "../../src/theory/index.ts";

/**
 * Every J(1, l), J(l, L) and K, in logarithms.
 * @param allowance What a quantity of l layers and this standard error may be away from theory.
 */
export function expectProfile(
  { layers }: JacobianMeasurement,
  theory: readonly MeanFieldLayer[],
  allowance: (l: number, se: number) => number,
): void {
  expect(layers).toHaveLength(theory.length);
  layers.forEach(({ J, K, toOutput }, l) => {
    const { logJ, logToOutput, K: expected } = theory[l]!;
    expect(Math.abs(J.lnMean - logJ), `J(1, ${l + 1})`).toBeLessThanOrEqual(allowance(l, J.se!));
    expect(Math.abs(toOutput.lnMean - logToOutput), `J(${l + 1}, L)`).toBeLessThanOrEqual(
      allowance(theory.length - 1 - l, toOutput.se!),
    );
    expect(Math.abs(Math.log(K.value / expected)), `K of ${l + 1}`).toBeLessThanOrEqual(
      allowance(l + 1, K.se! / K.value),
    );
  });
}
