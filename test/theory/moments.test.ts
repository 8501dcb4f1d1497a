/** @file Gaussian moments: references of criticality.md §2, closed forms against the quadrature, identities, limits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activationVariance,
  chiKMoment,
  derivativeFourthMoment,
  derivativeMoment,
  fourthMoment,
  mean,
  meanSlope,
  mixedFourthMoment,
  radialMoment,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { momentsAtOne } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { jumps, samples } from "./activation-samples.ts";
import { expectClose } from "./close.ts";

const all = samples.map(({ act }) => act);
const integrated = (act: ScalarActivation): ScalarActivation => ({ ...act, moments: {} });
const fourPoint = { fourthMoment, mixedFourthMoment, radialMoment };
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
  for (const { name, act, integrable } of samples.filter(({ act }) => act.moments.B !== undefined)) {
    it(`of ${name} are the integrals (2e-12)`, () => {
      fc.assert(
        fc.property(variance, (K) => {
          fc.pre(K < integrable);
          for (const [which, moment] of Object.entries({ ...moments, ...fourPoint }))
            expectClose(moment(act, K), moment(integrated(act), K), 2e-12, which);
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
  for (const [name, moment] of Object.entries({ ...moments, ...fourPoint, activationVariance, meanSlope })) {
    it(`are refused by ${name}`, () => {
      for (const act of all) {
        for (const K of [-1, Number.NaN, Number.NEGATIVE_INFINITY])
          expect(refusal(() => moment(act, K))).toMatchObject({ code: "bad-input", where: "K" });
      }
    });
  }
});

describe("every activation", () => {
  for (const sample of samples) {
    const { name, act, integrable } = sample;
    const moderate = fc.double({ min: 0.05, max: Math.min(50, integrable), noNaN: true });

    // Central differences with step h = 1e-3 have error h²/6 f''' ~ 1e-7 and rounding 1e-13.
    it(`${name} has the derivatives that it states`, () => {
      fc.assert(
        fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
          const h = 1e-3;
          fc.pre(act.kinks.every((kink) => Math.abs(x - kink) > 2 * h));
          expectClose((act.f(x + h) - act.f(x - h)) / (2 * h), act.df(x), 6e-6);
          if (act.d2f) expectClose((act.df(x + h) - act.df(x - h)) / (2 * h), act.d2f(x), 6e-6);
        }),
      );
    });

    it(`${name} has the Taylor coefficients that it states`, () => {
      if (act.taylor === undefined) return expect(act.kinks).toContain(0);
      const [value, slope, curvature, third] = act.taylor;
      const h = 2e-3;
      expectClose(act.f(0), value, 1e-15);
      expectClose(act.df(0), slope, 1e-15);
      expectClose((act.df(h) - act.df(-h)) / (2 * h), curvature, 1e-4);
      expectClose((act.df(h) - 2 * act.df(0) + act.df(-h)) / (h * h), third, 1e-4);
    });

    it(`${name} has dB/dK and dm/dK as the slopes of B and m, and K dB/dK as E h φ φ'`, () => {
      fc.assert(
        fc.property(moderate, (K) => {
          const h = 1e-3 * K;
          const slope = (moment: typeof mean) => (moment(act, K + h) - moment(act, K - h)) / (2 * h);
          expectClose(chiKMoment(act, K), slope(secondMoment), 4e-5);
          expectClose(meanSlope(act, K), slope(mean), 4e-5);
          expectClose(radialMoment(act, K), K * chiKMoment(act, K), 1e-11);
        }),
        { numRuns: 20 },
      );
    });

    it(`${name} obeys B <= K A + m² (Gaussian Poincaré inequality)`, () => {
      if (jumps(sample)) return;
      fc.assert(
        fc.property(variance, (K) => {
          const bound = K * derivativeMoment(act, K);
          const rounding = 1e-15 * Math.max(1, secondMoment(act, K));
          expect(activationVariance(act, K)).toBeLessThanOrEqual(bound * (1 + 1e-12) + rounding);
        }),
        { numRuns: 30 },
      );
    });

    it(`${name} has its moments at K = 0 in closed form`, () => {
      if (jumps(sample)) return;
      expectClose(secondMoment(act, 0), act.f(0) ** 2, 1e-15);
      expectClose(mean(act, 0), act.f(0), 1e-15);
      // At K = 1e-10 a jump of φ'' still moves A by c sqrt(K) = 1e-5 c.
      expectClose(derivativeMoment(act, 1e-10), derivativeMoment(act, 0), 1e-4);
      expectClose(chiKMoment(act, 1e-10), chiKMoment(act, 0), 1e-4);
    });

    it(`${name} has its limits at K = Infinity, and no moment is ever NaN`, () => {
      for (const moment of [derivativeMoment, secondMoment]) {
        const limit = moment(act, Number.POSITIVE_INFINITY);
        // arctan and softsign approach theirs as 1/sqrt(K).
        if (Number.isFinite(limit)) expectClose(limit, moment(act, 1e12), 1e-4);
        else expect(moment(act, 1e12)).toBeGreaterThan(1e11);
      }
      const everything = { ...moments, ...fourPoint, meanSlope, activationVariance };
      for (const K of [0, 1e-300, 1e-10, 1, 1e10, 1e100, 1e290, Number.POSITIVE_INFINITY])
        for (const [which, moment] of Object.entries(everything))
          expect(moment(act, K), `${which} at ${K}`).not.toBeNaN();
    });
  }
});
