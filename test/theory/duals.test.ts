/** @file Duals E φ(u)φ(v) and E φ'(u)φ'(v): references of kernels.md §3, closed forms against the quadrature, identities. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activationKinds,
  derivativeMoment,
  dual,
  dualDerivative,
  mean,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { duals, integratedDuals } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const all = activationKinds.map((kind) => scalarActivation(kind));
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

  for (const act of all.filter(({ moments }) => moments.dual !== undefined)) {
    it(`of ${act.kind} in closed form are the integrals, whatever the correlation (1e-11)`, () => {
      fc.assert(
        fc.property(variance, variance, correlation, (Ka, Kb, c) => {
          const p = { Ka, Kb, C: c * Math.sqrt(Ka) * Math.sqrt(Kb) };
          expectClose(dual(act, p), dual(integrated(act), p), 1e-11);
          expectClose(dualDerivative(act, p), dualDerivative(integrated(act), p), 1e-11);
        }),
        { numRuns: 25 },
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

  for (const act of all) {
    it(`of ${act.kind} are the moments where the pair is one variable, and factorise where it is independent`, () => {
      for (const K of [0.3, 1, 7]) {
        expectClose(dual(act, { Ka: K, Kb: K, C: K }), secondMoment(act, K), 1e-12);
        expectClose(dualDerivative(act, { Ka: K, Kb: K, C: K }), derivativeMoment(act, K), 1e-12);
        // Just beside it the formulas for pairs are used; derivatives with kinks differ by the angle, sqrt(2e-14).
        const beside = { Ka: K, Kb: K, C: K * (1 - 1e-14) };
        expectClose(dual(act, beside), secondMoment(act, K), 1e-12);
        expectClose(dualDerivative(act, beside), derivativeMoment(act, K), 2e-7);
        expectClose(dual(act, { Ka: K, Kb: 2, C: 0 }), mean(act, K) * mean(act, 2), 1e-12);
      }
    });

    it(`of ${act.kind} have the derivative dual as their slope in C (Price)`, () => {
      const p = { Ka: 1.3, Kb: 0.8 };
      const h = 1e-4;
      const slope = (dual(act, { ...p, C: 0.4 + h }) - dual(act, { ...p, C: 0.4 - h })) / (2 * h);
      expectClose(dualDerivative(act, { ...p, C: 0.4 }), slope, 1e-7);
    });
  }
});
