/** @file Gaussian moments: references of criticality.md §2, closed forms against the quadrature, identities, limits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activationKinds,
  activationVariance,
  chiKMoment,
  derivativeFourthMoment,
  derivativeMoment,
  mean,
  meanSlope,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { momentsAtOne } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const all = activationKinds.map((kind) => scalarActivation(kind));
const integrated = (act: ScalarActivation): ScalarActivation => ({ ...act, moments: {} });
const moments = { mean, secondMoment, derivativeMoment, chiKMoment, derivativeFourthMoment };
const variance = fc.double({ min: -4, max: 3, noNaN: true }).map((exponent) => 10 ** exponent);

describe("moments at K = 1", () => {
  for (const [kind, reference] of Object.entries(momentsAtOne)) {
    it(`are the references for ${kind} (1e-10, criticality.md §2)`, () => {
      const act = scalarActivation(kind);
      Object.values(moments).forEach((moment, i) => {
        expectClose(moment(act, 1), reference[i]!, 1e-10);
      });
    });
  }
});

describe("closed forms", () => {
  // sin is left out above K = 4: sin(sqrt(K) g) oscillates faster than the fixed panels resolve, and is never integrated.
  for (const act of all.filter(({ moments: { B } }) => B !== undefined)) {
    it(`of ${act.kind} are the integrals (1e-12)`, () => {
      fc.assert(
        fc.property(variance, (K) => {
          fc.pre(act.kind !== "sin" || K < 4);
          for (const moment of Object.values(moments)) {
            expectClose(moment(act, K), moment(integrated(act), K), 1e-12);
          }
        }),
        { numRuns: 40 },
      );
    });
  }

  it("of leakyRelu are the integrals at any slope", () => {
    fc.assert(
      fc.property(variance, fc.double({ min: -2, max: 2, noNaN: true }), (K, alpha) => {
        const act = scalarActivation({ kind: "leakyRelu", alpha });
        for (const moment of Object.values(moments))
          expectClose(moment(act, K), moment(integrated(act), K), 1e-12);
      }),
      { numRuns: 40 },
    );
  });
});

describe("variances that are none", () => {
  for (const [name, moment] of Object.entries({ ...moments, activationVariance, meanSlope })) {
    it(`are refused by ${name}`, () => {
      for (const act of all) {
        for (const K of [-1, Number.NaN, Number.NEGATIVE_INFINITY])
          expect(refusal(() => moment(act, K))).toMatchObject({ code: "bad-input", where: "K" });
      }
    });
  }
});

describe("every activation", () => {
  // Central differences with step h = 1e-3 have error h²/6 f''' ~ 1e-7 and rounding 1e-13.
  for (const act of all) {
    it(`${act.kind} has the derivatives that it states`, () => {
      fc.assert(
        fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
          const h = 1e-3;
          fc.pre(act.kinks.every((kink) => Math.abs(x - kink) > 2 * h));
          expectClose((act.f(x + h) - act.f(x - h)) / (2 * h), act.df(x), 2e-6);
          if (act.d2f) expectClose((act.df(x + h) - act.df(x - h)) / (2 * h), act.d2f(x), 2e-6);
        }),
      );
    });

    it(`${act.kind} has the Taylor coefficients that it states`, () => {
      if (act.taylor === undefined) return expect(act.kinks).toContain(0);
      const [value, slope, curvature, third] = act.taylor;
      const h = 2e-3;
      expect(act.f(0)).toBe(value);
      expectClose(act.df(0), slope, 1e-15);
      expectClose((act.df(h) - act.df(-h)) / (2 * h), curvature, 1e-5);
      expectClose((act.df(h) - 2 * act.df(0) + act.df(-h)) / (h * h), third, 1e-4);
    });

    it(`${act.kind} has dB/dK and dm/dK as the slopes of B and m`, () => {
      fc.assert(
        fc.property(fc.double({ min: 0.05, max: 50, noNaN: true }), (K) => {
          const h = 1e-3 * K;
          const slope = (moment: typeof mean) => (moment(act, K + h) - moment(act, K - h)) / (2 * h);
          expectClose(chiKMoment(act, K), slope(secondMoment), 1e-5);
          expectClose(meanSlope(act, K), slope(mean), 1e-5);
        }),
        { numRuns: 20 },
      );
    });

    it(`${act.kind} obeys B <= K A + m² (Gaussian Poincaré inequality)`, () => {
      fc.assert(
        fc.property(variance, (K) => {
          const bound = K * derivativeMoment(act, K);
          expect(activationVariance(act, K)).toBeLessThanOrEqual(bound * (1 + 1e-12) + 1e-15);
        }),
        { numRuns: 30 },
      );
    });

    it(`${act.kind} has its moments at K = 0 in closed form`, () => {
      expect(secondMoment(act, 0)).toBe(0);
      expect(mean(act, 0)).toBe(0);
      expectClose(secondMoment(act, 1e-9) / 1e-9, derivativeMoment(act, 0), 1e-4);
      expectClose(chiKMoment(act, 1e-9), chiKMoment(act, 0), 1e-4);
    });

    it(`${act.kind} has its limits at K = Infinity`, () => {
      const A = derivativeMoment(act, Number.POSITIVE_INFINITY);
      const B = secondMoment(act, Number.POSITIVE_INFINITY);
      expectClose(A, derivativeMoment(act, 1e12), 1e-5);
      if (Number.isFinite(B)) expectClose(B, secondMoment(act, 1e12), 1e-5);
      else expect(secondMoment(act, 1e12)).toBeGreaterThan(1e11);
    });
  }
});
