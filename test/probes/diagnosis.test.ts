import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanFieldPlaces } from "../../src/net/index.ts";
import {
  type Diagnosis,
  diagnose,
  fitLaw,
  growthRate,
  growthShift,
  type ProfileLayer,
} from "../../src/probes/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

/** ln J(1, l) of theory for a network started at K¹ = K by an input of the right size. */
function theoryProfile(text: string, K: number): ProfileLayer[] {
  // The readout is a layer of its own kind: in a residual network it has no skip.
  return propagate(meanFieldPlaces(modelOf(text)), { K })
    .slice(0, -1)
    .map(({ index, logJ }) => ({
      depth: index,
      lnJ: [logJ],
    }));
}

/** A law with noise: each seed is a random walk with variance `walk` a layer, plus independent noise at every layer. */
function noisy(
  law: (l: number) => number,
  {
    depth,
    seeds,
    walk = 0,
    noise = 0,
    seed = 1,
  }: { depth: number; seeds: number; walk?: number; noise?: number; seed?: number },
): ProfileLayer[] {
  const key = Key.fromSeed(seed);
  const steps = normal(key.split("walk"), "float64", [depth, seeds], { std: Math.sqrt(walk) }).data;
  const jitter = normal(key.split("noise"), "float64", [depth, seeds], { std: noise }).data;
  const at = new Float64Array(seeds);
  return Array.from({ length: depth }, (_, i) => ({
    depth: i + 1,
    lnJ: Array.from(at, (_value, s) => {
      at[s]! += steps[i * seeds + s]!;
      return law(i + 1) + at[s]! + jitter[i * seeds + s]!;
    }),
  }));
}

describe("the law of theory's own curves", () => {
  it("chaotic tanh explodes with ξ of its fixed point", () => {
    const { verdict, law, xi } = diagnose(
      theoryProfile("mlp:depth=60,width=16,activation=tanh,sw2=2.5,sb2=0.05,in=8,out=16", 0.3),
    );
    expect({ verdict, law }).toEqual({ verdict: "exploding", law: "exponential" });
    // Layers 21-61 are at the fixed point to a thousandth.
    const chiJ = propagate(
      meanFieldPlaces(modelOf("mlp:depth=200,width=16,activation=tanh,sw2=2.5,sb2=0.05,in=8")),
      { K: 0.3 },
    )[150]!.chiJ!;
    expectClose(xi! * Math.log(chiJ), 1, 0.01);
  });

  it("ordered tanh vanishes", () => {
    const { verdict } = diagnose(
      theoryProfile("mlp:depth=40,width=16,activation=tanh,sw2=0.8,sb2=0.05,in=8,out=16", 1),
    );
    expect(verdict).toBe("vanishing");
  });

  it("relu at its critical point is critical", () => {
    const { verdict, slope } = diagnose(
      theoryProfile("mlp:depth=40,width=16,activation=relu,sw2=2,sb2=0,in=8,out=16", 1),
    );
    expect(verdict).toBe("critical");
    expectClose(slope.value, 0, 1e-12);
  });

  it("erf at its critical point decays as 1/l: ζ = 1", () => {
    const text = `mlp:depth=400,width=16,activation=erf,sw2=${Math.PI / 4},sb2=0,in=8,out=16`;
    const { verdict, zeta } = diagnose(theoryProfile(text, 1));
    expect(verdict).toBe("critical-power-law");
    // 1/l has corrections of order ln(l)/l: a percent over layers 134-401.
    expectClose(zeta!, 1, 0.02);
  });

  it("ln-pre with µ = 1 grows as l^ρ with ρ = sw2/(sw2 + 2 sb2) for relu", () => {
    const text = "mlp:depth=400,width=16,activation=relu,sw2=1.96,sb2=0.09,norm=ln-pre,mu=1,in=8,out=16";
    const { verdict, zeta } = diagnose(theoryProfile(text, 1));
    expect(verdict).toBe("critical-power-law");
    // criticality.md §4.4.
    expectClose(-zeta!, 1.96 / (1.96 + 0.18), 0.02);
  });

  it("a plain erf network with µ = 1 is stretched, λ = (π²/16)(sw2 + sb2)/sw2²", () => {
    const text = "mlp:depth=2000,width=16,activation=erf,sw2=1,sb2=0.1,mu=1,in=8,out=16";
    const { verdict, lambda } = diagnose(theoryProfile(text, 1));
    expect(verdict).toBe("stretched");
    // criticality.md §4.2; 1/√l corrections.
    expectClose(lambda!, (Math.PI ** 2 / 16) * 1.1, 0.05);
  });
});

describe("the law of noisy profiles", () => {
  const cases: readonly (readonly [string, (l: number) => number, Diagnosis["verdict"]])[] = [
    ["growing exponentially", (l) => 0.3 * l, "exploding"],
    ["decaying exponentially", (l) => -0.3 * l, "vanishing"],
    ["flat", () => 0, "critical"],
    ["a power", (l) => -1.5 * Math.log(l), "critical-power-law"],
    ["stretched", (l) => 2 * Math.sqrt(l), "stretched"],
  ];
  const depth = 60;

  for (const [name, law, verdict] of cases) {
    it(`is found under independent errors: ${name}`, () => {
      expect(diagnose(noisy(law, { depth, seeds: 5, noise: 0.02 }), { width: 128 }).verdict).toBe(verdict);
    });
  }

  for (const [name, law, verdict] of cases.slice(0, 3)) {
    it(`is found on random walks as of relu networks of width 128: ${name}`, () => {
      const verdicts = Array.from(
        { length: 20 },
        (_, seed) =>
          diagnose(noisy(law, { depth: 30, seeds: 5, walk: 1.7 / 128, seed }), { width: 128 }).verdict,
      );
      expect(verdicts.filter((found) => found === verdict).length).toBeGreaterThanOrEqual(18);
    });
  }

  it("has a slope whose interval covers the truth in about 95 of 100 cases", () => {
    const covered = Array.from({ length: 200 }, (_, seed) => {
      const profile = noisy((l) => 0.3 * l, { depth: 30, seeds: 8, walk: 0.01, seed });
      const { law, slope } = diagnose(profile);
      return law === "exponential" && slope.ci![0] < 0.3 && slope.ci![1] > 0.3;
    });
    expect(covered.filter(Boolean).length).toBeGreaterThanOrEqual(180);
  });

  it("is judged by the median: one wild seed in five changes nothing", () => {
    const profile = noisy((l) => -0.2 * l, { depth: 30, seeds: 5, noise: 0.02 });
    const wild = profile.map(({ depth: l, lnJ }) => ({ depth: l, lnJ: [...lnJ.slice(0, 4), 3 * l] }));
    expectClose(diagnose(wild).xi!, 5, 0.05);
  });
});

describe("profiles that leave the numbers", () => {
  it("are vanishing from the first dead layer", () => {
    const profile = [0, -1, -2, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value, i) => ({
      depth: i + 1,
      lnJ: [value],
    }));
    expect(diagnose(profile)).toMatchObject({ verdict: "vanishing", deadFrom: 4, xi: 0 });
  });

  it("are judged on the layers before an overflow", () => {
    const profile = Array.from({ length: 20 }, (_, i) => ({
      depth: i + 1,
      lnJ: [i < 12 ? 0.7 * i : Number.NaN],
    }));
    const diagnosis = diagnose(profile);
    expect(diagnosis).toMatchObject({ verdict: "exploding", overflowFrom: 13, to: 12 });
    expectClose(diagnosis.xi!, 1 / 0.7, 1e-9);
  });

  it("are refused when too short, with holes, or with other seeds at each layer", () => {
    const layer = (depth: number, ...lnJ: number[]) => ({ depth, lnJ });
    expect(() => diagnose([layer(1, 0), layer(2, 1)])).toThrow(/at least 3 layers/);
    expect(() => diagnose([layer(1, 0), layer(2, 1), layer(4, 2)])).toThrow(/not consecutive/);
    expect(() => diagnose([layer(1, 0), layer(2, 1), layer(3, 2, 2)])).toThrow(/same seeds/);
  });
});

describe("the growth rate for theory", () => {
  it("is that of the mean of J, not of ln J: on log-normal seeds it exceeds the mean slope by half the variance", () => {
    const walk = 0.04;
    const profile = noisy((l) => 0.1 * l, { depth: 10, seeds: 400, walk });
    const { value, ci } = growthRate(profile);
    expectClose(value, 0.1 + walk / 2, 0.03);
    expect(ci![0]).toBeLessThan(0.1 + walk / 2);
    expect(ci![1]).toBeGreaterThan(0.1 + walk / 2);
  });

  it("has no interval for one network, and the shift keeps the interval of several", () => {
    expect(growthRate(noisy((l) => l, { depth: 5, seeds: 1 })).ci).toBeUndefined();
    const rate = growthRate(noisy((l) => l, { depth: 5, seeds: 6, noise: 0.1 }));
    const shift = growthShift(rate, 1);
    expectClose(shift.ci![0], rate.ci![0] - 1, 1e-12);
    expectClose(shift.value, 0, 0.1);
  });

  it("is refused where J is dead", () => {
    expect(() =>
      growthRate([
        { depth: 1, lnJ: [0] },
        { depth: 2, lnJ: [Number.NEGATIVE_INFINITY] },
      ]),
    ).toThrow(/finite ln J/);
  });
});

describe("least squares of one law", () => {
  it("finds any slope exactly, under both error laws", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.integer({ min: 5, max: 40 }),
        fc.constantFrom("independent", "accumulated"),
        (slope, shift, n, errors) => {
          const points = Array.from({ length: n }, (_, i) => ({
            depth: i + 1,
            lnJ: shift + slope * Math.sqrt(i + 1),
          }));
          expectClose(fitLaw(points, "stretched", errors as "independent").slope, slope, 1e-9);
        },
      ),
    );
  });
});
