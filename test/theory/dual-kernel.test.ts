/** @file The dual kernel of the recursions: its Hermite series against closed forms, quadrature, references and identities. */
import { describe, expect, it } from "vitest";
import {
  activationFromFunction,
  activationFromKernel,
  derivativeMoment,
  dual,
  dualDerivative,
  dualKernel,
  hermiteSeries,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
  seriesDual,
  seriesDualDerivative,
} from "../../src/theory/index.ts";
import { pairs, unitPairs } from "../oracles/activations.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const smooth = ["tanh", "silu", "sigmoid", "softplus", "mish", "geluTanh", "arctan"];
const kinked = ["softsign", "elu", "selu", "hardtanh"];
const variances: readonly (readonly [number, number])[] = [
  [1e-5, 0.3],
  [0.8, 1],
  [3, 12],
];
const correlations = [-1, -0.7, 0, 0.5, 0.95, 1 - 1e-6];

/** Relative to what the values are at ρ = 1. */
function expectKernel(act: ScalarActivation, [Ka, Kb]: readonly [number, number], rho: number) {
  const kernel = dualKernel(act);
  const C = rho * Math.sqrt(Ka) * Math.sqrt(Kb);
  const size = Math.sqrt(secondMoment(act, Ka) * secondMoment(act, Kb));
  const slope = Math.sqrt(derivativeMoment(act, Ka) * derivativeMoment(act, Kb));
  const what = `${act.kind} at ${Ka}, ${Kb}, ${rho}`;
  expectClose(kernel.k(C, Ka, Kb) / size, dual(act, { Ka, Kb, C }) / size, 2e-10, `k of ${what}`);
  const reference = dualDerivative(act, { Ka, Kb, C });
  expectClose(kernel.kdot(C, Ka, Kb) / slope, reference / slope, 2e-10, `kdot of ${what}`);
}

describe("the dual kernel", () => {
  for (const { spec, A, B } of pairs) {
    it(`of ${JSON.stringify(spec)} has the reference values of kernels.md §3 (1e-9)`, () => {
      const { k, kdot } = dualKernel(scalarActivation(spec));
      if (A !== undefined) expectClose(k(0.5, 1, 1.5), A[0], 1e-9);
      if (A !== undefined) expectClose(kdot(0.5, 1, 1.5), A[1], 1e-9);
      if (B !== undefined) expectClose(k(-0.7, 2, 0.6), B[0], 1e-9);
      if (B !== undefined) expectClose(kdot(-0.7, 2, 0.6), B[1], 1e-9);
    });
  }

  for (const [kind, references] of Object.entries(unitPairs)) {
    it(`of ${kind} has the exact values of kernels.md §3 (1e-9)`, () => {
      const { k } = dualKernel(scalarActivation(kind));
      for (const [i, C] of [0.5, 0.95].entries())
        if (references[i] !== undefined) expectClose(k(C, 1, 1), references[i], 1e-9);
    });
  }

  for (const kind of [...smooth, ...kinked]) {
    it(`of ${kind} is the two-dimensional integral, by series or where that is too short by quadrature (2e-10)`, () => {
      for (const pair of variances)
        for (const rho of correlations) expectKernel(scalarActivation(kind), pair, rho);
    });
  }

  it("refuses moments that no pair has, and keeps one object for an activation", () => {
    const kernel = dualKernel(scalarActivation("tanh"));
    expect(refusal(() => kernel.k(1.1, 1, 1)).where).toBe("C");
    expect(refusal(() => kernel.kdot(0, -1, 1)).where).toBe("Ka");
    expect(dualKernel(scalarActivation("tanh"))).toBe(kernel);
    expect(kernel.k(0, Number.POSITIVE_INFINITY, 1)).toBeNaN();
  });

  it("of a silent position factorises: φ(0) E φ, and the mean of both slopes of a kink times E φ'", () => {
    const sigmoid = dualKernel(scalarActivation("sigmoid"));
    expectClose(sigmoid.k(0, 0, 1), 1 / 4, 1e-14);
    expectClose(sigmoid.k(0, 0, 0), 1 / 4, 1e-14);
    const slope = hermiteSeries(scalarActivation("sigmoid")).terms(1).coefficients[1]!;
    expectClose(sigmoid.kdot(0, 0, 1), slope / 4, 1e-13);
    const { scale, alpha } = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };
    const selu = scalarActivation("selu");
    const mean = hermiteSeries(selu).terms(2).coefficients[1]! / Math.sqrt(2);
    expectClose(dualKernel(selu).kdot(0, 0, 2), ((scale * (1 + alpha)) / 2) * mean, 1e-12);
  });
});

describe("Hermite series", () => {
  it("of activations with closed forms give those (1e-13, k̇ 1e-12)", () => {
    for (const spec of ["gelu", "erf", "gabor", { kind: "sin", b: 0.8, p: 0.3 }]) {
      const act = scalarActivation(spec);
      const series = hermiteSeries(act);
      for (const [Ka, Kb] of variances.slice(0, 2)) {
        const [p, q] = [series.terms(Ka), series.terms(Kb)];
        for (const rho of correlations) {
          const pair = { Ka, Kb, C: rho * Math.sqrt(Ka * Kb) };
          expectClose(seriesDual(p, q, rho).value, dual(act, pair), 1e-13);
          expectClose(seriesDualDerivative(p, q, rho).value, dualDerivative(act, pair), 1e-12);
        }
      }
    }
  });

  it("of relu leave out no more than they say, and little less where they are the same variable", () => {
    const act = { ...scalarActivation("relu"), moments: {} };
    const terms = hermiteSeries(act).terms(1.7);
    for (const rho of [-1, -0.999, 0.5, 0.999, 1]) {
      const C = rho * 1.7;
      const exact = dual(scalarActivation("relu"), { Ka: 1.7, Kb: 1.7, C });
      const { value, missing } = seriesDual(terms, terms, rho);
      expect(Math.abs(value - exact)).toBeLessThan((missing * 1.7) / 2 + 1e-13);
      if (rho === 1) expect(exact - value).toBeGreaterThan(0.9 * missing * (1.7 / 2));
    }
  });

  it("of polynomials end, and are exact", () => {
    for (const spec of [
      { kind: "polynomial", coefficients: [0.3, -1, 0.5, 0.25, -0.1] },
      { kind: "monomial", degree: 5 },
      { kind: "hermite", degree: 4 },
      "linear",
    ]) {
      const act = scalarActivation(spec);
      const [p, q] = [hermiteSeries(act).terms(1.3), hermiteSeries(act).terms(0.4)];
      const pair = { Ka: 1.3, Kb: 0.4, C: -0.3 };
      const rho = -0.3 / Math.sqrt(1.3 * 0.4);
      expectClose(seriesDual(p, q, rho).value, dual(act, pair), 1e-13);
      expectClose(seriesDualDerivative(p, q, rho).value, dualDerivative(act, pair), 1e-13);
    }
  });

  it("of a function of one's own have its integrals, with a kink where it is named", () => {
    const act = activationFromFunction({
      name: "bent",
      f: (x) => Math.max(x - 0.5, 0) + Math.sin(x),
      df: (x) => (x > 0.5 ? 1 : 0) + Math.cos(x),
      kinks: [0.5],
    });
    for (const rho of correlations) expectKernel(act, [0.8, 1.4], rho);
  });

  it("have the sum k as the integral of k̇: differences of k give k̇ (Price, 1e-7)", () => {
    for (const kind of [...smooth, ...kinked]) {
      const { k, kdot } = dualKernel(scalarActivation(kind));
      const h = 1e-4;
      expectClose(kdot(0.6, 1.3, 0.9), (k(0.6 + h, 1.3, 0.9) - k(0.6 - h, 1.3, 0.9)) / (2 * h), 1e-7, kind);
    }
  });
});

describe("a kernel of one's own", () => {
  const rectified = dualKernel(scalarActivation("relu"));

  it("has the duals that are given, and what follows from them", () => {
    const act = activationFromKernel({ name: "mine", k: rectified.k, kdot: rectified.kdot });
    const mine = dualKernel(act);
    expect(mine.k(0.5, 1, 1.5)).toBe(rectified.k(0.5, 1, 1.5));
    expect(mine.kdot(0.5, 1, 1.5)).toBe(rectified.kdot(0.5, 1, 1.5));
    expect(secondMoment(act, 3)).toBe(1.5);
    expect(derivativeMoment(act, 3)).toBe(0.5);
  });

  it("refuses what is not known of it, and kernels that are none", () => {
    const act = activationFromKernel({ name: "mine", k: rectified.k });
    expect(refusal(() => dualKernel(act).kdot(0.5, 1, 1)).hint).toContain("kdot");
    expect(refusal(() => act.f(1)).code).toBe("unsupported");
    for (const k of [() => Number.NaN, (c: number, v1: number) => c + v1])
      expect(refusal(() => activationFromKernel({ name: "bad", k })).where).toBe("activation.k");
  });
});
