/** @file Laws of depth: exponents of criticality.md §3-4 against the recursion and the closed products. */
import { describe, expect, it } from "vitest";
import {
  decayLaw,
  growthLogJ,
  propagateUniform,
  scalarActivation,
  type UniformLayer,
  universality,
} from "../../src/theory/index.ts";
import { growth, stretched } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const layer = (kind: string, sw2: number, sb2: number, rest: Partial<UniformLayer> = {}): UniformLayer => ({
  activation: scalarActivation(kind),
  sw2,
  sb2,
  ...rest,
});

/** d ln J / d ln l between two depths of the recursion. */
function measuredPower(of: UniformLayer, from: number, to: number): number {
  const layers = propagateUniform(of, { K1: 1, depth: to + 1 });
  return (layers[to]!.logJ - layers[from]!.logJ) / Math.log(to / from);
}

describe("at the critical point", () => {
  it("erf decays as 1/l: the measured exponent at l = 1e4 is 1 within .001", () => {
    expect(Math.abs(measuredPower(layer("erf", Math.PI / 4, 0), 5000, 10000) + 1)).toBeLessThan(1e-3);
    expect(decayLaw(layer("erf", Math.PI / 4, 0))).toEqual({ law: "power", zeta: 1 });
  });

  it("l J of erf tends to .7411 (criticality.md §3)", () => {
    const layers = propagateUniform(layer("erf", Math.PI / 4, 0), { K1: 1, depth: 50001 });
    expectClose(1000 * Math.exp(layers[1000]!.logJ), 0.7413, 1e-4);
    expectClose(50000 * Math.exp(layers[50000]!.logJ), 0.7411, 1e-4);
  });

  it("tanh and sin decay as 1/l; K as 1/2l and 1/l", () => {
    for (const [kind, coefficient] of [
      ["tanh", 2],
      ["sin", 1],
    ] as const) {
      const layers = propagateUniform(layer(kind, 1, 0), { K1: 1, depth: 4001 });
      expectClose(4000 * coefficient * layers[4000]!.K, 1, 5e-3);
      expect(decayLaw(layer(kind, 1, 0))).toEqual({ law: "power", zeta: 1 });
    }
  });

  it("zeta stays 1 with a skip mu = .9", () => {
    const of = layer("erf", 0.19 * (Math.PI / 4), 0, { mu: 0.9 });
    expect(Math.abs(measuredPower(of, 20000, 40000) + 1)).toBeLessThan(2e-3);
    expect(decayLaw(of)).toEqual({ law: "power", zeta: 1 });
  });

  it("hardtanh, linear around 0, has K ~ 1/(2 ln l) and no power", () => {
    const layers = propagateUniform(layer("hardtanh", 1, 0), { K1: 1, depth: 20001 });
    const slope = 1 / layers[20000]!.K - 1 / layers[2000]!.K;
    expectClose(slope / (2 * Math.log(10)), 1, 0.1);
    expect(decayLaw(layer("hardtanh", 1, 0))).toEqual({ law: "constant" });
  });

  it("relu and the plain line with biases keep J", () => {
    expect(decayLaw(layer("relu", 2, 0))).toEqual({ law: "constant" });
    expect(decayLaw(layer("relu", 2, 0.3))).toEqual({ law: "constant" });
    expect(decayLaw(layer("erf", 1.7562036828, 0.1841396778))).toEqual({ law: "constant" });
  });

  it("gelu: constant from K^1 = K*, a power of -2 chi_J'/chi_K' from above, exponential from below", () => {
    const activation = scalarActivation("gelu");
    const { sw2, sb2, K } = universality(activation).critical!;
    expect(decayLaw({ activation, sw2, sb2 }, { K1: K! })).toEqual({ law: "constant" });
    expect(decayLaw({ activation, sw2, sb2 }, { K1: 1 }).law).toBe("exponential");
    // effective-theory.md §3: chi_K' = -2.87253e-4, chi_J' = 9.33354e-3.
    const law = decayLaw({ activation, sw2, sb2 }, { K1: 5 });
    expect(law.law === "power" && law.zeta).toBeCloseTo((2 * 9.33354e-3) / -2.87253e-4, 2);
  });
});

describe("off it", () => {
  it("J is exponential with xi = 1/|ln chi_J*|", () => {
    const law = decayLaw(layer("erf", 2, 0.2));
    expect(law.law === "exponential" && law.xi).toBeCloseTo(17.579, 3);
    const layers = propagateUniform(layer("erf", 2, 0.2), { K1: 1, depth: 201 });
    expectClose(
      (layers[200]!.logJ - layers[100]!.logJ) / 100,
      law.law === "exponential" ? law.rate : 0,
      1e-10,
    );
  });
});

describe("mu = 1", () => {
  it("plain relu and gelu explode; plain erf and tanh as stretched exponentials with the lambda of §4.2", () => {
    expect(decayLaw(layer("relu", 1, 0.1, { mu: 1 }))).toMatchObject({
      law: "exponential",
      rate: Math.log(1.5),
    });
    expect(decayLaw(layer("gelu", 1, 0.1, { mu: 1 })).law).toBe("exponential");
    const erf = decayLaw(layer("erf", 1, 0.1, { mu: 1 }));
    const lambda = (Math.PI ** 2 / 16) * 1.1;
    expectClose(erf.law === "stretched" ? erf.lambda : 0, lambda, 1e-10);
    for (const { depth, leading } of stretched)
      expect(Math.abs(Math.sqrt(depth / lambda) - leading)).toBeLessThan(5.1e-4);
    const tanh = decayLaw(layer("tanh", 1, 0.1, { mu: 1 }));
    // alpha = E tanh'² sqrt(K) -> (4/3)/sqrt(2 pi); lambda = s/(2 alpha)².
    expectClose(tanh.law === "stretched" ? tanh.lambda : 0, 1.1 / (4 * (16 / 9 / (2 * Math.PI))), 1e-10);
  });

  it("ln-pre: the exact product and its power (§4.4, printed digits)", () => {
    const of = layer("relu", 1.96, 0.09, { norm: "ln-pre", mu: 1 });
    const law = decayLaw(of);
    expectClose(law.law === "power" ? -law.zeta : 0, growth.rho, 1e-10);
    for (const { steps, value } of growth.J)
      expectClose(Math.exp(growthLogJ(of, { K1: 1, steps })), value, 2e-11);
  });

  it("the product is the recursion, for ln-pre and the two-layer block", () => {
    for (const norm of ["ln-pre", "ln-block"] as const) {
      const of = layer("gelu", 1.44, 0.09, { norm, mu: 1 });
      const layers = propagateUniform(of, { K1: 0.7, depth: 300 });
      for (const l of [0, 1, 7, 299])
        expectClose(growthLogJ(of, { K1: 0.7, steps: l }), layers[l]!.logJ, 1e-12);
    }
    const still = layer("relu", 0, 0, { norm: "ln-pre", mu: 1 });
    expect(growthLogJ(still, { K1: 1, steps: 5 })).toBe(0);
  });

  it("ln-act: relu a power, rho = pi sw2/((pi - 1)(sw2 + sb2)), erf stretched with slope (4/pi) sw2/sqrt(sw2 + sb2)", () => {
    const relu = layer("relu", 1.5, 0.15, { norm: "ln-act", mu: 1 });
    const rho = (Math.PI * 1.5) / ((Math.PI - 1) * 1.65);
    const law = decayLaw(relu);
    expectClose(law.law === "power" ? -law.zeta : 0, rho, 1e-10);
    // §4.6 prints 1.33353 by recursion against 1.33358.
    expectClose(rho, 1.33358, 4e-6);
    expect(Math.abs(measuredPower(relu, 5000, 10000) - rho)).toBeLessThan(1e-3);
    const erf = decayLaw(layer("erf", 1, 0.1, { norm: "ln-act", mu: 1 }));
    expectClose(erf.law === "stretched" ? 1 / Math.sqrt(erf.lambda) : 0, 4 / Math.PI / Math.sqrt(1.1), 1e-10);
  });

  it("the product is refused where it does not hold", () => {
    expect(refusal(() => growthLogJ(layer("relu", 1, 0), { K1: 1, steps: 3 }))).toMatchObject({
      code: "unsupported",
    });
  });
});
