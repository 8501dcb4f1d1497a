/** @file Duals E φ(u)φ(v) and E φ'(u)φ'(v): references of kernels.md §3, closed forms against the quadrature, identities. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  derivativeMoment,
  dual,
  dualDerivative,
  dualOfSquares,
  fourthMoment,
  mean,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { duals, integratedDuals } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { jumps, samples } from "./activation-samples.ts";
import { expectClose } from "./close.ts";

const all = samples.map(({ act }) => act);
const integrated = (act: ScalarActivation): ScalarActivation => ({ ...act, moments: {} });
const variance = fc.double({ min: -2, max: 1, noNaN: true }).map((exponent) => 10 ** exponent);
const correlation = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(-1, -1 + 1e-10, -0.9999, 0, 0.9999, 1 - 1e-10, 1),
);

describe("duals", () => {
  for (const { activation, C, Ka, Kb, ...reference } of duals) {
    it(`of ${activation} at (${C}, ${Ka}, ${Kb}) are the references (1e-9)`, () => {
      const act = scalarActivation(activation);
      expectClose(dual(act, { Ka, Kb, C }), reference.dual, 1e-9);
      expectClose(dualDerivative(act, { Ka, Kb, C }), reference.derivative, 1e-9);
    });
  }

  for (const { activation, C, dual: reference } of integratedDuals) {
    it(`of ${activation} at correlation ${C} is the reference (1e-11)`, () => {
      expectClose(dual(scalarActivation(activation), { Ka: 1, Kb: 1, C }), reference, 1e-11);
    });
  }

  for (const { name, act, integrable } of samples.filter(({ act }) => act.moments.dual !== undefined)) {
    it(`of ${name} in closed form are the integrals, whatever the correlation (2e-11)`, () => {
      fc.assert(
        fc.property(variance, variance, correlation, (a, b, c) => {
          const [Ka, Kb] = [a, b].map((K) => Math.min(K, integrable / 2)) as [number, number];
          const p = { Ka, Kb, C: c * Math.sqrt(Ka) * Math.sqrt(Kb) };
          expectClose(dual(act, p), dual(integrated(act), p), 2e-11, "dual");
          expectClose(dualDerivative(act, p), dualDerivative(integrated(act), p), 2e-11, "derivative");
          if (act.moments.dualOfSquares === undefined) return;
          // The panels end at nine standard deviations, where x^16 still counts; relative to the size of its factors.
          const size = Math.sqrt(fourthMoment(act, Ka) * fourthMoment(act, Kb));
          const miss = dualOfSquares(act, p) - dualOfSquares(integrated(act), p);
          expectClose(miss / Math.max(1, size), 0, act.kind === "exp" ? 1e-8 : 1e-9, "of squares");
        }),
        { numRuns: 12 },
      );
    });
  }

  it("stay right to 1e-9 where the variance explodes and the panels no longer resolve the activation", () => {
    const act = scalarActivation("gelu");
    for (const K of [1e5, 1e6, 1e7, 1e9, 1e12, 1e20]) {
      for (const c of [-0.9, 0.3, 0.99, 1 - 1e-6]) {
        const p = { Ka: K, Kb: 1.7 * K, C: c * K * Math.sqrt(1.7) };
        expectClose(dual(integrated(act), p), dual(act, p), 1e-9);
        expectClose(dualDerivative(integrated(act), p), dualDerivative(act, p), 1e-9);
      }
    }
  });

  it("of relu scale with the variance, and those of smooth activations keep its size, from 1e-290 to 1e290", () => {
    // At K = 1 and c = 1/2 the arc-cosine kernels of Cho and Saul 2009, theta = pi/3; erf and tanh saturate to Sheppard's law.
    const rectified = (Math.sqrt(3) / 2 + Math.PI / 3) / (2 * Math.PI);
    for (const K of [1e-290, 1e-160, 1e-80, 1e80, 1e160, 1e290]) {
      const pair = { Ka: K, Kb: K, C: K / 2 };
      expectClose(dual(scalarActivation("relu"), pair) / K, rectified, 1e-15);
      expectClose(dualDerivative(scalarActivation("relu"), pair), 1 / 3, 1e-15);
      for (const kind of K > 1 ? ["gelu", "silu", "mish"] : [])
        expectClose(dual(scalarActivation(kind), pair) / K, rectified, 1e-12);
      for (const kind of ["erf", "tanh", "hardtanh"]) {
        const act = scalarActivation(kind);
        expectClose(dual(act, pair) / secondMoment(act, K), K > 1 ? 1 / 3 : 1 / 2, 1e-12);
      }
    }
  });

  it("of a signal that overflowed are not a number, and those of impossible moments are refused", () => {
    for (const act of all) {
      expect(dual(act, { Ka: Number.POSITIVE_INFINITY, Kb: 1, C: 0 })).toBeNaN();
      expect(dualDerivative(act, { Ka: 1, Kb: 1, C: Number.NaN })).toBeNaN();
      for (const moment of [dual, dualDerivative]) {
        expect(refusal(() => moment(act, { Ka: 1, Kb: 1, C: 1.1 })).where).toBe("C");
        expect(refusal(() => moment(act, { Ka: 1, Kb: -1, C: 0 })).where).toBe("Kb");
      }
    }
  });

  for (const sample of samples) {
    const { name, act, integrable } = sample;
    const few = [0.3, 1, 7].map((K) => Math.min(K, integrable / 2));

    it(`of ${name} are the moments where the pair is one variable, and factorise where it is independent`, () => {
      for (const K of few) {
        expectClose(dual(act, { Ka: K, Kb: K, C: K }), secondMoment(act, K), 1e-12);
        expectClose(dualDerivative(act, { Ka: K, Kb: K, C: K }), derivativeMoment(act, K), 1e-12);
        expectClose(dualOfSquares(act, { Ka: K, Kb: K, C: K }), fourthMoment(act, K), 1e-12);
        // Just beside it the formulas for pairs are used; what jumps differs by the angle, sqrt(2e-14).
        const beside = { Ka: K, Kb: K, C: K * (1 - 1e-14) };
        expectClose(dual(act, beside), secondMoment(act, K), jumps(sample) ? 2e-7 : 2e-12);
        expectClose(dualDerivative(act, beside), derivativeMoment(act, K), 4e-7);
        expectClose(dualOfSquares(act, beside), fourthMoment(act, K), jumps(sample) ? 2e-7 : 1e-7);
        expectClose(dual(act, { Ka: K, Kb: few[1]!, C: 0 }), mean(act, K) * mean(act, few[1]!), 1e-12);
      }
    });

    it(`of ${name} have the derivative dual as their slope in C (Price)`, () => {
      if (jumps(sample)) return;
      const scale = Math.min(1, integrable / 2);
      const p = { Ka: 1.3 * scale, Kb: 0.8 * scale };
      const at = (C: number) => dual(act, { ...p, C: C * scale });
      const h = 1e-4;
      const slope = (at(0.4 + h) - at(0.4 - h)) / (2 * h * scale);
      expectClose(dualDerivative(act, { ...p, C: 0.4 * scale }), slope, 1e-6);
    });

    it(`of ${name} are never NaN, from K = 0 to K = 1e290`, () => {
      if (act.kind === "gaussian" && act.moments.B!(1e10) === Number.POSITIVE_INFINITY) return;
      for (const [Ka, Kb] of [
        [0, 1],
        [0, 0],
        [1e-300, 1e-290],
        [1e10, 3e10],
        [1e290, 1e289],
        [1, 1e290],
      ] as const) {
        for (const c of [-1, -0.7, 0, 0.5, 1]) {
          const pair = { Ka, Kb, C: c * Math.sqrt(Ka) * Math.sqrt(Kb) };
          expect(dual(act, pair), `dual at ${Ka}, ${Kb}, ${c}`).not.toBeNaN();
          expect(dualDerivative(act, pair), `derivative at ${Ka}, ${Kb}, ${c}`).not.toBeNaN();
        }
      }
    });
  }
});
