/** @file Dynamical isometry and the double-scaling limits: references of criticality.md §10, to their printed digits. */
import { describe, expect, it } from "vitest";
import {
  doubleScalingSpectrum,
  isometryOf,
  isometryRecipe,
  linePoint,
  lostShare,
  noIsometryReason,
  scalarActivation,
  uniformSpectrum,
} from "../../../src/theory/index.ts";
import { refusal } from "../../refusal.ts";
import { expectClose } from "../close.ts";

const erf = scalarActivation("erf");

describe("the recipe", () => {
  for (const [depth, q, sw2, edge] of [
    [100, 0.018984499, 0.8146733386, 2.25442],
    [1000, 0.005716933, 0.79432754, 2.36252],
    [10_000, 0.001780322, undefined, 2.40339],
  ] as const) {
    it(`erf, ${depth} layers: the reference`, () => {
      const recipe = isometryRecipe({ activation: erf, depth })!;
      expectClose(recipe.q / q, 1, 3e-7);
      if (sw2 !== undefined) expectClose(recipe.sw2, sw2, 5e-9);
      expectClose(recipe.edge!, edge, 5e-6);
      expectClose(recipe.variance, 0.25, 1e-9);
    });
  }

  it("erf at 100 layers: sb2 = 8.472273e-6", () => {
    expectClose(isometryRecipe({ activation: erf, depth: 100 })!.sb2 / 8.472273e-6, 1, 1e-7);
  });

  it("lies on the critical line, for every activation that has one", () => {
    for (const kind of ["tanh", "sin", "arctan", "softsign", "hardtanh", "elu"]) {
      const activation = scalarActivation(kind);
      const { q, sw2, sb2, variance } = isometryRecipe({ activation, depth: 30, sigma2: 0.5 })!;
      expectClose(variance, 0.5, 1e-9, kind);
      expect(linePoint({ activation }, q)).toMatchObject({ sw2, sb2 });
    }
  });

  it("erf, tanh: q ~ σ0/sqrt(8L) for deep networks", () => {
    for (const kind of ["erf"] as const) {
      const { q } = isometryRecipe({ activation: scalarActivation(kind), depth: 1e6 })!;
      expectClose(q / Math.sqrt(0.25 / 8e6), 1, 1e-2);
    }
  });

  it("has none where φ'² is 0 for half the units, and says so", () => {
    for (const kind of ["relu", "gelu", "softplus"]) {
      const options = { activation: scalarActivation(kind), depth: 10 };
      expect(isometryRecipe(options)).toBeUndefined();
      expect(noIsometryReason(options)).toContain(kind);
    }
  });

  it("linear layers are isometries at any q", () => {
    expect(isometryRecipe({ activation: scalarActivation("linear"), depth: 50 })).toMatchObject({
      sw2: 1,
      sb2: 0,
      edge: 1,
    });
  });

  it("refuses σ0² <= 0 and depths below 1", () => {
    expect(refusal(() => isometryRecipe({ activation: erf, depth: 10, sigma2: 0 })).where).toBe("sigma2");
    expect(refusal(() => isometryRecipe({ activation: erf, depth: 0 })).where).toBe("depth");
  });
});

describe("the numbers of isometry", () => {
  it("relu loses half of all directions: no condition", () => {
    const numbers = isometryOf(
      uniformSpectrum({ activation: scalarActivation("relu"), depth: 10, q: 1, weights: "haar" }),
    );
    expect(numbers).toMatchObject({ sMin: 0, condition: null });
    expectClose(numbers.sMax!, Math.sqrt(25.81174792), 1e-9);
    expectClose(numbers.variance, 10, 1e-12);
  });

  it("relu loses half of the directions in one layer, hardtanh those of slope 0, erf near isometry none", () => {
    const share = (kind: string, q: number) =>
      lostShare(uniformSpectrum({ activation: scalarActivation(kind), depth: 1, q, weights: "haar" }));
    expectClose(share("relu", 1), 0.5, 1e-6);
    expectClose(share("hardtanh", 1), 0.31731051, 1e-6);
    expect(share("erf", 0.01)).toBe(0);
  });

  it("the 1 % quantile lies where the distribution is 1 %", () => {
    const spectrum = uniformSpectrum({ activation: erf, depth: 20, q: 0.05, weights: "haar" });
    const { sMin } = isometryOf(spectrum);
    const { lambda, F } = spectrum.distribution();
    const above = lambda.findIndex((value) => value >= sMin * sMin);
    expect(F[above]! >= 0.01 && F[above - 1]! <= 0.01).toBe(true);
  });
});

describe("the double-scaling limit", () => {
  for (const [sigma2, lower, upper] of [
    [0.25, 0.3213189, 2.4237626],
    [1, 0.0757393, 4.8571781],
    [4, 0.00137243, 13.3454339],
  ] as const) {
    it(`smooth, σ0² = ${sigma2}: the edges`, () => {
      const { bulk, edge } = doubleScalingSpectrum({ class: "smooth", sigma2 });
      expectClose(bulk!.lower, lower, 5e-8);
      expectClose(bulk!.upper, upper, 5e-8);
      expect(edge).toBe(bulk!.upper);
    });
  }

  it("smooth: erf under the recipe tends to it", () => {
    const { q } = isometryRecipe({ activation: erf, depth: 1e5 })!;
    const deep = uniformSpectrum({ activation: erf, depth: 1e5, q, weights: "haar" });
    const limit = doubleScalingSpectrum({ class: "smooth", sigma2: 0.25 });
    const lambdas = [0.5, 1, 1.5, 2];
    const rho = limit.density(lambdas);
    deep.density(lambdas).forEach((value, i) => {
      expectClose(value / rho[i]!, 1, 1e-2);
    });
  });

  it("bernoulli: edge e σ0², an atom 1 - σ0² at exp(σ0²) while σ0² < 1", () => {
    for (const sigma2 of [0.25, 0.9, 1, 4]) {
      const { bulk, atoms } = doubleScalingSpectrum({ class: "bernoulli", sigma2 });
      expectClose(bulk!.upper, Math.E * sigma2, 1e-9);
      expect(atoms).toHaveLength(sigma2 < 1 ? 1 : 0);
      if (sigma2 < 1) {
        expectClose(atoms[0]!.mass, 1 - sigma2, 1e-12);
        expectClose(atoms[0]!.at, Math.exp(sigma2), 1e-12);
      }
    }
  });

  it("bernoulli: hardtanh under the recipe tends to it", () => {
    const hardtanh = scalarActivation("hardtanh");
    const { q } = isometryRecipe({ activation: hardtanh, depth: 1e5 })!;
    const deep = uniformSpectrum({ activation: hardtanh, depth: 1e5, q, weights: "haar" });
    const limit = doubleScalingSpectrum({ class: "bernoulli", sigma2: 0.25 });
    expectClose(deep.edge!, limit.edge!, 1e-4);
    expectClose(deep.density([0.3])[0]!, limit.density([0.3])[0]!, 1e-4);
  });

  it("adds up to mean 1 and variance σ0², and its moments are those of its density", () => {
    for (const kind of ["smooth", "bernoulli"] as const) {
      for (const sigma2 of [0.25, 1, 4]) {
        const limit = doubleScalingSpectrum({ class: kind, sigma2 });
        const { mean, variance } = limit.totals();
        expectClose(mean, 1, 1e-5);
        expectClose(variance, sigma2, 1e-5);
        const [m1, m2] = limit.moments(2);
        expectClose(m1!, 1, 1e-14);
        expectClose(m2! - 1, sigma2, 1e-13);
      }
    }
  });

  it("refuses σ0² <= 0", () => {
    expect(refusal(() => doubleScalingSpectrum({ class: "smooth", sigma2: 0 })).where).toBe("sigma2");
  });
});
