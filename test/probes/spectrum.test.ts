import { describe, expect, it } from "vitest";
import { kolmogorovDistance, measureSpectrum, type SpectrumMeasurement } from "../../src/probes/index.ts";
import { FathomError } from "../../src/tensor/index.ts";
import { scalarActivation, uniformSpectrum } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { criticalNet } from "./plain-net.ts";

const width = 200;

async function sampled(activation: string, q: number, depth: number): Promise<SpectrumMeasurement> {
  const { model, input } = criticalNet({ activation, q, hidden: depth, width });
  const law = uniformSpectrum({
    activation: scalarActivation(activation as "erf"),
    depth,
    q,
    weights: "haar",
  });
  return measureSpectrum({
    network: model,
    inputs: input,
    seeds: 2,
    law: { ...law.distribution(), mean: law.mean },
  });
}

const largest = ({ samples }: SpectrumMeasurement) =>
  samples.map(({ lnMax, lnMean }) => Math.exp(lnMax - lnMean));

describe("two Haar networks of width 200 (criticality.md §9)", () => {
  // The largest eigenvalue, scaled to mean 1: 10 % of the edge, relu (heavy fluctuations) 20 %.
  for (const { activation, q, depth, edge, within } of [
    { activation: "erf", q: 0.2, depth: 10, edge: 4.384543629, within: 0.1 },
    { activation: "tanh", q: 0.05, depth: 20, edge: 2.167426947, within: 0.1 },
    { activation: "relu", q: 1, depth: 10, edge: 25.81174792, within: 0.2 },
  ]) {
    it(`${activation}, q = ${q}, L = ${depth}: KS < 0.06, largest eigenvalue near ${edge}`, async () => {
      const measured = await sampled(activation, q, depth);
      expect(measured.ks!.normalised!).toBeLessThan(0.06);
      for (const value of largest(measured)) expect(Math.abs(value / edge - 1)).toBeLessThan(within);
      expect(measured.shape).toEqual([width, width]);
    });
  }

  it("a law of another depth is told apart: erf of 10 layers against theory of 20", async () => {
    const { model, input } = criticalNet({ activation: "erf", q: 0.2, hidden: 10, width });
    const law = uniformSpectrum({ activation: scalarActivation("erf"), depth: 20, q: 0.2, weights: "haar" });
    const { ks } = await measureSpectrum({
      network: model,
      inputs: input,
      seeds: 1,
      law: { ...law.distribution(), mean: law.mean },
    });
    expect(ks!.normalised!).toBeGreaterThan(0.1);
  });

  it("hardtanh, q = 0.2, L = 10: three quarters of the eigenvalues are at 1.29271022, some at 0", async () => {
    const measured = await sampled("hardtanh", 0.2, 10);
    for (const { singularValues, lnScale } of measured.samples) {
      const eigenvalues = singularValues.map((s) => Math.exp(2 * lnScale) * s * s);
      const atAtom = eigenvalues.filter((value) => Math.abs(value / 1.292710216 - 1) < 1e-8).length / width;
      // .73 and .71 were seen.
      expect(Math.abs(atAtom - 0.7465)).toBeLessThan(0.09);
      // The largest inactive fraction over layers: 0.04 was seen against 0.025.
      const zeros = eigenvalues.filter((value) => value < 1e-20).length / width;
      expect(zeros).toBeGreaterThanOrEqual(0.01);
      expect(zeros).toBeLessThan(0.08);
    }
    expect(measured.ks!.raw!).toBeLessThan(0.06);
    expect(measured.inactive).toBeGreaterThan(0.01);
    expect(measured.inactive).toBeLessThan(0.08);
  });
});

describe("the Kolmogorov distance", () => {
  const uniform = { lambda: [1, Math.E], F: [0, 1] };
  it("of quantiles at (i + 1/2)/n is 1/(2n)", () => {
    const values = Array.from({ length: 50 }, (_, i) => Math.exp((i + 0.5) / 50));
    expect(kolmogorovDistance(values, uniform)).toBeCloseTo(0.01, 12);
  });

  it("sees an atom that no eigenvalue sits at, and one that half of them do", () => {
    const atom = { lambda: [1, 2, 2, 3], F: [0, 0.2, 0.8, 1] };
    expect(kolmogorovDistance([1.5, 2.5], atom)).toBeGreaterThan(0.29);
    const half = [1.2, 1.5, 2, 2 * (1 + 1e-13), 2, 2, 2, 2, 2.5, 2.8];
    expect(kolmogorovDistance(half, atom)).toBeLessThan(0.15);
  });

  it("does not compare what lies under the left end, but counts it", () => {
    const zero = { lambda: [0, 0, 1e-9, 4], F: [0, 0.5, 0.5, 1] };
    const values = [0, 0, 0, 0, ...[0.125, 0.375, 0.625, 0.875].map((p) => 1e-9 * 4e9 ** p)];
    expect(kolmogorovDistance(values, zero)).toBeCloseTo(1 / 16, 10);
  });

  it("refuses no eigenvalues and those that are none", () => {
    expect(refusal(() => kolmogorovDistance([], uniform))).toBeInstanceOf(FathomError);
    expect(refusal(() => kolmogorovDistance([1, Number.NaN], uniform)).message).toContain("NaN");
    expect(refusal(() => kolmogorovDistance([-1], uniform)).code).toBe("bad-input");
  });
});
