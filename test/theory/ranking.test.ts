/** @file The ranking of pairs by depth: what it keeps, what finite width takes from it, and where it says nothing. */
import { describe, expect, it } from "vitest";
import {
  activation,
  affine,
  type PairLayer,
  propagatePair,
  rankingByDepth,
  residual,
  scalarActivation,
} from "../../src/theory/index.ts";

const inputs = { within: { mean: 0.6, variance: 0.01 }, between: { mean: 0.4, variance: 0.02 } };
/** Φ(0.2/√0.03): normal correlations of the inputs themselves. */
const ofInputs = 0.87588;

interface Setting {
  readonly sw2: number;
  readonly units: number;
  readonly depth?: number;
  readonly mu?: number;
}

function pairsThrough({ sw2, depth = 30, mu = 0 }: Setting, c: number): PairLayer[] {
  const first = { name: "first", step: affine({ sw2, sb2: 0 }), tap: true };
  const branch = [activation(scalarActivation("tanh")), affine({ sw2, sb2: 0 })];
  const step = residual({ mu, branch });
  const places = Array.from({ length: depth - 1 }, (_, i) => ({ name: `${i}`, step, tap: true }));
  return propagatePair([first, ...places], { Ka: 1, Kb: 1, C: c });
}

function ranking(setting: Setting): number[] {
  const { units, depth = 30, mu = 0 } = setting;
  return rankingByDepth({
    inputs,
    within: pairsThrough(setting, inputs.within.mean),
    between: pairsThrough(setting, inputs.between.mean),
    layers: Array.from({ length: depth }, () => ({ units, mu })),
  });
}

describe("ranking by depth", () => {
  it("is that of the inputs at infinite width, whatever the correlation map", () => {
    for (const sw2 of [0.5, 1, 3]) {
      for (const value of ranking({ sw2, units: Number.POSITIVE_INFINITY }))
        expect(value).toBeCloseTo(ofInputs, 4);
    }
  });

  it("falls with depth at finite width, faster in narrower networks, down to a coin's toss", () => {
    const [wide, narrow] = [ranking({ sw2: 3, units: 512 }), ranking({ sw2: 3, units: 32 })];
    for (let l = 0; l < wide.length; l++) {
      expect(wide[l]!).toBeLessThan(wide[l - 1] ?? ofInputs);
      expect(narrow[l]!).toBeLessThan(wide[l]!);
    }
    expect(narrow.at(-1)!).toBeLessThan(0.52);
  });

  it("adds (1 - c²)²/N to the variance at the first layer", () => {
    const [first] = ranking({ sw2: 1, units: 50, depth: 1 });
    // z = 0.2/√(0.03 + (0.64² + 0.84²)/50) = 0.8745, and Φ(z) = 0.8091 by a table.
    expect(first!).toBeCloseTo(0.8091, 3);
  });

  it("counts the scatter that a skip carries over only once", () => {
    // The branch adds 0.01² of K a layer: the preactivations, and with them the ranking, hardly change.
    const [first, ...others] = ranking({ sw2: 1e-4, units: 64, mu: 1 });
    for (const value of others) expect(Math.abs(value - first!)).toBeLessThan(0.01);
    expect(ranking({ sw2: 1, units: 64 }).at(-1)!).toBeLessThan(first! - 0.1);
  });

  it("is one half where signals have died", () => {
    expect(ranking({ sw2: 0, units: 8, depth: 3 })).toEqual([0.5, 0.5, 0.5]);
  });
});
