/** @file Fixed points of K: references of criticality.md §3, stability, the half-stable trap, statuses, maps that fall. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activationKinds,
  chiKMoment,
  fixedPoints,
  layerMap,
  norms,
  reachedLimit,
  type ScalarActivation,
  scalarActivation,
  universality,
} from "../../src/theory/index.ts";
import { geluFixedPoints, phaseSpots } from "../oracles/criticality.ts";
import { expectClose } from "./close.ts";

const gelu = { activation: scalarActivation("gelu"), sw2: 1.9830582574375, sb2: 0.1729223907561 };

describe("the limit from K^1 = 1", () => {
  for (const { activation, sw2, sb2, ...spot } of phaseSpots) {
    it(`is the reference for ${activation} at (${sw2}, ${sb2})`, () => {
      const limit = reachedLimit({ activation: scalarActivation(activation), sw2, sb2 });
      expectClose(limit.K, spot.K, 6e-8);
      expectClose(limit.chiJ, spot.chiJ, 6e-9);
      expect(Math.abs(limit.xi - spot.xi)).toBeLessThanOrEqual(spot.xiDigits);
      expect(limit).toMatchObject({ status: "ok", stability: "stable" });
    });
  }

  for (const kind of ["relu", "gelu"]) {
    it(`is infinite for ${kind} at (3, .2), where chi_J tends to 1.5`, () => {
      const limit = reachedLimit({ activation: scalarActivation(kind), sw2: 3, sb2: 0.2 });
      expect(limit).toMatchObject({ K: Number.POSITIVE_INFINITY, status: "infinite" });
      expectClose(limit.chiJ, 1.5, 1e-12);
    });
  }

  it("is where iteration of the map ends, for any row that settles", () => {
    const layer = fc.record({
      activation: fc
        .constantFrom(...activationKinds.filter((kind) => kind !== "expNormalized"))
        .map((kind) => scalarActivation(kind)),
      norm: fc.constantFrom(...norms),
      sw2: fc.double({ min: 0.1, max: 4, noNaN: true }),
      sb2: fc.double({ min: 0.01, max: 2, noNaN: true }),
      mu: fc.double({ min: 0, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(layer, fc.constantFrom<number>(0.01, 1, 30), (options, K1) => {
        const limit = reachedLimit(options, { K1 });
        fc.pre(limit.status === "ok" && Math.abs(limit.chiK) < 0.95);
        const map = layerMap(options);
        let K = K1;
        for (let l = 0; l < 600; l++) K = map.next(K);
        expectClose(limit.K, K, 1e-9);
      }),
      { numRuns: 60 },
    );
  });
});

describe("gelu at its critical point (half-stable)", () => {
  it("has two fixed points: a stable one below and the half-stable one", () => {
    const { all } = fixedPoints(gelu);
    expect(all.map(({ stability }) => stability)).toEqual(["stable", "half-stable"]);
    expectClose(all[0]!.K, geluFixedPoints.stable.K, 1e-9);
    expectClose(all[0]!.chiJ, geluFixedPoints.stable.chiJ, 1e-9);
    expect(Math.abs(all[0]!.xi - geluFixedPoints.stable.xi)).toBeLessThan(0.05);
    expectClose(all[1]!.K, geluFixedPoints.halfStable.K, 1e-9);
  });

  it("from K^1 = 1 falls into the trap below, from above reaches K* slowly, at K* stays", () => {
    expectClose(fixedPoints(gelu).reached.K, geluFixedPoints.stable.K, 1e-9);
    expect(fixedPoints(gelu, { K1: 8 }).reached).toMatchObject({ stability: "half-stable", status: "slow" });
    const { K } = universality(gelu.activation).critical!;
    expect(fixedPoints(gelu, { K1: K! }).reached).toMatchObject({ stability: "half-stable", status: "ok" });
  });

  it("moves K by only -4.9e-7 at K = 3.5, which iteration would take for convergence", () => {
    expect(Math.abs(layerMap(gelu).excess(3.5) + 4.9e-7)).toBeLessThan(5e-9);
  });
});

describe("silu at its critical point", () => {
  it("has its half-stable point and a stable one beside it, at 14.593", () => {
    const activation = scalarActivation("silu");
    const { sw2, sb2, K } = universality(activation).critical!;
    const { all } = fixedPoints({ activation, sw2, sb2 });
    expect(all.map(({ stability }) => stability)).toEqual(["half-stable", "stable"]);
    expectClose(all[0]!.K, K!, 1e-8);
    const map = layerMap({ activation, sw2, sb2 });
    expect(map.excess(14.5)).toBeGreaterThan(0);
    expect(map.excess(14.7)).toBeLessThan(0);
    expect(all[1]!.K).toBeGreaterThan(14.5);
    expect(all[1]!.K).toBeLessThan(14.7);
  });
});

describe("statuses", () => {
  it("scale-invariant at its critical point: every K is fixed", () => {
    const relu = scalarActivation("relu");
    expect(fixedPoints({ activation: relu, sw2: 2, sb2: 0 }, { K1: 7 })).toMatchObject({
      all: [],
      reached: { K: 7, chiJ: 1, stability: "neutral", status: "ok" },
    });
    expect(fixedPoints({ activation: relu, sw2: 2, sb2: 0.3 }).reached).toMatchObject({
      status: "infinite",
      chiJ: 1,
    });
  });

  it("K* = 0 is dead below the critical point and slow at it", () => {
    for (const kind of ["erf", "tanh", "sin", "hardtanh"]) {
      const activation = scalarActivation(kind);
      const { sw2 } = universality(activation).critical!;
      expect(reachedLimit({ activation, sw2, sb2: 0 })).toMatchObject({ K: 0, status: "slow" });
      expect(reachedLimit({ activation, sw2: 0.9 * sw2, sb2: 0 })).toMatchObject({ K: 0, status: "dead" });
      expect(reachedLimit({ activation, sw2: 1.1 * sw2, sb2: 0 }).K).toBeGreaterThan(0);
    }
  });

  it("weights and biases of variance 0 pass nothing on, in every row", () => {
    for (const norm of norms) {
      const limit = reachedLimit({ activation: scalarActivation("tanh"), sw2: 0, sb2: 0, norm });
      expect(limit).toMatchObject({ K: 0, chiJ: 0, status: "dead" });
    }
  });

  it("a vanishing bias still holds K up", () => {
    const limit = reachedLimit({ activation: scalarActivation("tanh"), sw2: 0.5, sb2: 1e-14 });
    expectClose(limit.K / 2e-14, 1, 1e-9);
  });

  it("LayerNorm with mu = 1 grows for ever with chi_J -> 1", () => {
    const limit = reachedLimit({
      activation: scalarActivation("gelu"),
      sw2: 1,
      sb2: 0.1,
      norm: "ln-pre",
      mu: 1,
    });
    expect(limit).toMatchObject({ K: Number.POSITIVE_INFINITY, chiJ: 1, status: "infinite" });
  });
});

describe("a map that falls with K", () => {
  // cos: B = (1 + exp(-2K))/2 decreases, so the sequence alternates around its fixed point.
  const cosine: ScalarActivation = {
    kind: "cos",
    parameters: {},
    f: Math.cos,
    df: (x) => -Math.sin(x),
    d2f: (x) => -Math.cos(x),
    kinks: [],
    taylor: [1, 0, -1, 0],
    moments: { B: (K) => (1 + Math.exp(-2 * K)) / 2, A: (K) => -Math.expm1(-2 * K) / 2 },
  };

  it("is iterated to its fixed point", () => {
    const limit = reachedLimit({ activation: cosine, sw2: 0.8, sb2: 0.05 }, { K1: 3 });
    expectClose(layerMap({ activation: cosine, sw2: 0.8, sb2: 0.05 }).excess(limit.K), 0, 1e-12);
    expect(limit.stability).toBe("stable");
    expect(chiKMoment(cosine, limit.K)).toBeLessThan(0);
  });
});
