/** @file Critical points and lines: references of criticality.md §3-4, and that what is advised is critical. */
import { describe, expect, it } from "vitest";
import {
  criticalInitialisation,
  criticalLine,
  criticalWeightVariance,
  derivativeMoment,
  layerMap,
  linePoint,
  noCriticalReason,
  norms,
  propagateUniform,
  reachedLimit,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
  universality,
} from "../../src/theory/index.ts";
import { criticalPoints, lnAct, lnPre, plainLine } from "../oracles/criticality.ts";
import { samples } from "./activation-samples.ts";
import { expectClose } from "./close.ts";

describe("critical points of plain networks", () => {
  for (const { activation, sw2, sb2, K, zeta } of criticalPoints) {
    it(`${activation}: the reference`, () => {
      const found = universality(scalarActivation(activation));
      expectClose(found.critical!.sw2, sw2, 1e-10);
      expectClose(found.critical!.sb2, sb2, 1e-10);
      if (K === undefined) expect(found.critical!.K).toBeUndefined();
      else expectClose(found.critical!.K!, K, 1e-10);
      expect(found.zeta).toBe(zeta);
    });
  }

  it("leakyRelu: 2/(1 + alpha²)", () => {
    const found = universality(scalarActivation({ kind: "leakyRelu", alpha: 0.3 }));
    expectClose(found.critical!.sw2, 2 / 1.09, 1e-15);
  });

  it("chi_J = chi_K = 1 there, for every activation that has one", () => {
    for (const { act: activation } of samples) {
      const { critical } = universality(activation);
      if (critical === undefined) continue;
      const { sw2, sb2, K = 1 } = critical;
      const map = layerMap({ activation, sw2, sb2 });
      expectClose(map.next(K), K, 1e-12);
      expectClose(map.chiJ(K), 1, 1e-12);
      expectClose(map.chiK(K), 1, 1e-11);
    }
  });

  it("an activation without one says so", () => {
    const softplus: ScalarActivation = {
      kind: "softplus",
      parameters: {},
      f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      df: (x) => 1 / (1 + Math.exp(-x)),
      kinks: [],
      taylor: [Math.LN2, 0.5, 0.25, 0],
      moments: {},
    };
    expect(universality(softplus).class).toBe("none");
    expect(criticalInitialisation({ activation: softplus })).toBeUndefined();
    expect(noCriticalReason({ activation: softplus })).toContain("χ_J");
  });

  it("scale by 1 - mu² with a skip, at the same K* (§4.1)", () => {
    const advised = criticalInitialisation({ activation: scalarActivation("gelu"), mu: 0.9 })!;
    expectClose(advised.sw2, 0.19 * 1.9830582574375, 1e-10);
    expectClose(advised.sb2, 0.19 * 0.1729223907561, 1e-10);
    expectClose(advised.K!, 3.5615528128088, 1e-10);
  });
});

describe("critical lines", () => {
  for (const { activation, q, sw2, sb2 } of plainLine) {
    it(`${activation} at K* = ${q}: the reference (printed digits)`, () => {
      const point = linePoint({ activation: scalarActivation(activation) }, q)!;
      expectClose(point.sw2, sw2, 6e-11);
      expectClose(point.sb2, sb2, 6e-11);
    });
  }

  it("gelu, silu and mish have no stable line below their critical point", () => {
    for (const kind of ["gelu", "silu", "mish"]) {
      const activation = scalarActivation(kind);
      const { K } = universality(activation).critical!;
      expect(linePoint({ activation }, 0.9 * K!)).toBeUndefined();
      expect(linePoint({ activation }, 1.1 * K!)).toBeDefined();
    }
  });

  it("gelu, silu and mish have no line through K* = 0, where their fixed point is unstable", () => {
    for (const kind of ["gelu", "silu", "mish"] as const) {
      const activation = scalarActivation(kind);
      expect(linePoint({ activation }, 0)).toBeUndefined();
      const line = criticalLine({ activation }, { sw2: [0.1, 6], sb2: [0, 0.05] });
      expect(line).toEqual([]);
    }
    expect(linePoint({ activation: scalarActivation("tanh") }, 0)).toMatchObject({ sw2: 1, sb2: 0, K: 0 });
  });

  it("erf rises as sb2 ~ (4/3) q³ from its critical point", () => {
    const q = 1e-3;
    expectClose(linePoint({ activation: scalarActivation("erf") }, q)!.sb2 / ((4 / 3) * q ** 3), 1, 1e-2);
  });

  for (const { activation: kind, slope, ratio } of lnPre) {
    it(`ln-pre ${kind}: the reference slope sb/sw, and sup of r, whatever mu`, () => {
      const activation = scalarActivation(kind);
      for (const mu of [0, 0.5, 0.9]) {
        const { sw2, sb2 } = linePoint({ activation, norm: "ln-pre", mu }, 1.7)!;
        expectClose(Math.sqrt(sb2 / sw2), slope, 1e-10);
      }
      if (ratio !== undefined)
        expectClose(derivativeMoment(activation, 1) / secondMoment(activation, 1), ratio, 1e-10);
    });
  }

  it("ln-pre off the line has chi_J* - 1 = (1 - mu²)(r - 1)", () => {
    const activation = scalarActivation("tanh");
    const [sw2, sb2, mu] = [1.3, 0.4, 0.8];
    const r = (sw2 * derivativeMoment(activation, 1)) / (sw2 * secondMoment(activation, 1) + sb2);
    const { chiJ } = reachedLimit({ activation, sw2, sb2, mu, norm: "ln-pre" });
    expectClose(chiJ - 1, (1 - mu * mu) * (r - 1), 1e-13);
  });

  for (const { activation, K, sw2, sb2 } of lnAct) {
    it(`ln-act ${activation} at K = ${K}: the reference (printed digits)`, () => {
      const point = linePoint({ activation: scalarActivation(activation), norm: "ln-act" }, K)!;
      expectClose(point.sw2, sw2, 6e-10);
      expectClose(point.sb2, sb2, 6e-10);
    });
  }

  it("ln-act relu: slope 1/sqrt(pi - 1)", () => {
    const { sw2, sb2 } = linePoint({ activation: scalarActivation("relu"), norm: "ln-act" }, 2.3)!;
    expectClose(Math.sqrt(sb2 / sw2), 1 / Math.sqrt(Math.PI - 1), 1e-13);
  });

  it("every point of every line has chi_J* = 1, at its K*", () => {
    for (const { act: activation } of samples) {
      for (const norm of norms) {
        for (const mu of [0, 0.6]) {
          const of = { activation, norm, mu };
          for (const parameter of [0.3, 2, 25]) {
            const point = linePoint(of, parameter);
            if (point === undefined) continue;
            const map = layerMap({ ...of, ...point });
            expectClose(map.chiJ(point.K), 1, 1e-12);
            expectClose(map.next(point.K) / point.K, 1, 1e-12);
          }
        }
      }
    }
  });

  it("inside a rectangle keep to it, and stand upright for scale-invariant activations", () => {
    const range = { sw2: [0, 3], sb2: [0, 1] } as const;
    const line = criticalLine({ activation: scalarActivation("tanh") }, range);
    expect(line.length).toBeGreaterThan(50);
    expect(line.every(({ sw2, sb2 }) => sw2 <= 3 && sb2 <= 1)).toBe(true);
    expect(line[0]).toMatchObject({ sw2: 1, sb2: 0, K: 0 });
    expect(
      new Set(criticalLine({ activation: scalarActivation("relu") }, range).map(({ sw2 }) => sw2)),
    ).toEqual(new Set([2]));
    for (const norm of ["none", "ln-pre", "ln-act", "ln-block"] as const)
      expect(criticalLine({ activation: scalarActivation("relu"), norm, mu: 1 }, range)).toEqual([]);
  });
});

describe("the advised initialisation", () => {
  for (const norm of norms) {
    it(`${norm}: has J bounded, or falling and growing by its power, over 300 layers`, () => {
      for (const { act: activation, name } of samples) {
        for (const mu of [0, 0.5, 1]) {
          const of = { activation, norm, mu };
          const advised = criticalInitialisation(of);
          if (advised === undefined) {
            const plainReasons = norm === "none" ? /mu = 1|No variance/ : /mu = 1|BatchNorm/;
            const reason = universality(activation).class === "none" ? /./ : plainReasons;
            expect(noCriticalReason(of), name).toMatch(reason);
            continue;
          }
          expect(noCriticalReason(of)).toBeUndefined();
          const layers = propagateUniform(
            { ...of, ...advised },
            { K1: advised.firstLayerK ?? 1, depth: 601 },
          );
          const exponent = (layers[600]!.logJ - layers[300]!.logJ) / Math.log(2);
          // hardtanh falls as a logarithm, which over one doubling looks like a small power; softsign's power settles slowly.
          // A power of Γ(l + zeta)/Γ(l) is off by zeta²/l.
          expect(Math.abs(exponent + advised.zeta)).toBeLessThan(
            activation.kind === "hardtanh" ? 0.15 : 0.03 * Math.max(1, advised.zeta ** 2),
          );
        }
      }
    });
  }

  it("takes a wanted bias variance, or says that the line does not pass there", () => {
    const erf = { activation: scalarActivation("erf"), sb2: 0.1841396778 };
    expectClose(criticalInitialisation(erf)!.sw2, 1.7562036828, 1e-9);
    expectClose(
      criticalInitialisation({ ...erf, mu: 0.6, sb2: 0.64 * 0.1841396778 })!.sw2,
      0.64 * 1.7562036828,
      1e-9,
    );
    expectClose(criticalInitialisation({ ...erf, norm: "ln-act" })!.sw2, 0.8158603222, 1e-9);
    expect(criticalInitialisation({ activation: scalarActivation("relu"), sb2: 0.3 })).toMatchObject({
      sw2: 2,
      sb2: 0.3,
    });
    const below = { activation: scalarActivation("gelu"), sb2: 0.1 };
    expect(criticalInitialisation(below)).toBeUndefined();
    expect(noCriticalReason(below)).toContain("0.1");
    expect(noCriticalReason({ activation: scalarActivation("erf"), norm: "ln-pre", sb2: 0 })).toContain(
      "σb²",
    );
    expect(noCriticalReason({ activation: scalarActivation("relu"), norm: "ln-pre", sb2: 0.2 })).toContain(
      "σb²",
    );
  });

  it("advises the first layer's variance where K* attracts from one side only", () => {
    expectClose(
      criticalInitialisation({ activation: scalarActivation("gelu") })!.firstLayerK!,
      3.5615528128088,
      1e-10,
    );
    expect(criticalInitialisation({ activation: scalarActivation("tanh") })!.firstLayerK).toBeUndefined();
  });
});

describe("the search along sw2 (§7.1)", () => {
  it("finds the line without its formula", () => {
    for (const { activation, sw2, sb2 } of plainLine) {
      const found = criticalWeightVariance({ activation: scalarActivation(activation), sb2 });
      // The printed sb2 has ten digits; near K* = 0 the line is steep: d sw2/d sb2 ~ 1e2 at q = .1.
      expect(found.status).toBe("ok");
      if (found.status === "ok") expectClose(found.sw2, sw2, 1e-8);
    }
  });

  it("works with LayerNorm and a skip", () => {
    const of = { activation: scalarActivation("tanh"), norm: "ln-pre", mu: 0.5 } as const;
    const { sw2, sb2 } = linePoint(of, 1.5)!;
    const found = criticalWeightVariance({ ...of, sb2 });
    expect(found.status === "ok" && Math.abs(found.sw2 - sw2)).toBeLessThan(1e-10);
  });

  it("says that there is none where chi_J* jumps over 1", () => {
    const found = criticalWeightVariance({ activation: scalarActivation("gelu"), sb2: 0.1 });
    expect(found).toMatchObject({ status: "none" });
  });
});
