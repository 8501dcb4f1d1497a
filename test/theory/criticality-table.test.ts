/** @file References of criticality.md §3, §4 and §14 that belong to no single module: constants, floors of ξ, pitfalls. */
import { describe, expect, it } from "vitest";
import {
  activation,
  activationFromFunction,
  affine,
  criticalInitialisation,
  decayLaw,
  derivativeMoment,
  invertedDropout,
  layerMap,
  layerNorm,
  type Norm,
  phaseDiagram,
  preactivationState,
  propagateUniform,
  reachedLimit,
  residual,
  scalarActivation,
  scale,
  secondMoment,
  sequence,
  uniformStep,
} from "../../src/theory/index.ts";
import { geluTrap, lnPreFloors, standardDeviations } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

describe("criticality.md §3", () => {
  it.each(standardDeviations)(
    "$activation has σw = $sw, σb = $sb at its critical point (printed digits)",
    ({ activation: kind, sw, sb }) => {
      const { sw2, sb2 } = criticalInitialisation({ activation: scalarActivation(kind) })!;
      expect(Math.abs(Math.sqrt(sw2) - sw)).toBeLessThan(6e-10);
      expect(Math.abs(Math.sqrt(sb2) - sb)).toBeLessThan(6e-10);
    },
  );

  it("gelu at its critical point has F'' = -2.87e-4 at K*, and χ_J - 1 = -.096 at K = 1", () => {
    const gelu = scalarActivation("gelu");
    const { sw2, sb2, K } = criticalInitialisation({ activation: gelu })!;
    const map = layerMap({ activation: gelu, sw2, sb2 });
    const h = 1e-3;
    const bend = (map.chiK(K! + h) - map.chiK(K! - h)) / (2 * h);
    expect(Math.abs(bend - geluTrap.bend)).toBeLessThan(5e-7);
    expect(Math.abs(map.chiJ(1) - 1 - geluTrap.excessAtOne)).toBeLessThan(5e-4);
  });
});

describe("criticality.md §4", () => {
  it.each(lnPreFloors)(
    "ln-pre $activation: ξ is never below $xi on the chaotic side (printed digits)",
    ({ activation: kind, xi }) => {
      const act = scalarActivation(kind);
      const { chiJ } = reachedLimit({ activation: act, sw2: 3, sb2: 0, norm: "ln-pre" });
      expect(Math.abs(1 / Math.log(chiJ) - xi)).toBeLessThan(6e-4);
      for (const sw2 of [0.1, 1, 100])
        for (const sb2 of [0, 0.01, 1])
          for (const mu of [0, 0.5, 0.9])
            expect(reachedLimit({ activation: act, sw2, sb2, mu, norm: "ln-pre" }).chiJ).toBeLessThanOrEqual(
              chiJ + 1e-12,
            );
    },
  );

  it("ln-act erf: χ_J grows like (2/π) sqrt(σw²), so ξ → 0, where ln-pre has a floor", () => {
    const erf = scalarActivation("erf");
    const { chiJ } = reachedLimit({ activation: erf, sw2: 1e8, sb2: 0, norm: "ln-act" });
    expectClose(chiJ / ((2 / Math.PI) * 1e4), 1, 1e-3);
  });

  it("ln-skip is exponential off its line even for µ = 1, and its first step divides by the K of the first layer", () => {
    const erf = scalarActivation("erf");
    const layer = { activation: erf, sw2: 1, sb2: 0, mu: 1, norm: "ln-skip" } as const;
    expect(decayLaw(layer).law).toBe("exponential");
    const [A, B] = [derivativeMoment(erf, 1), secondMoment(erf, 1)];
    expectClose(reachedLimit(layer).chiJ, (A + 1) / (B + 1), 1e-13);
    expectClose(Math.exp(uniformStep(layer).single(preactivationState(4)).logJ), (A + 1) / 4, 1e-13);
  });

  it("µ is a number from 0 to 1 in every row", () => {
    for (const norm of ["none", "ln-pre", "ln-act", "ln-skip", "ln-block", "batchnorm"] satisfies Norm[]) {
      const of = { activation: scalarActivation("erf"), sw2: 1, sb2: 0, norm };
      expect(refusal(() => reachedLimit({ ...of, mu: 1.01 })).where).toBe("mu");
      for (const mu of [0, 0.3, 1]) expect(reachedLimit({ ...of, mu }).chiJ).toBeGreaterThan(0);
    }
  });
});

describe("criticality.md §14", () => {
  it("3: LN with ε has v = K/(K + ε), χ_J = σw² A(v)/(K + ε), K' = σw² B(v) + σb²", () => {
    const act = scalarActivation("gelu");
    const [sw2, sb2, epsilon, K] = [1.7, 0.2, 1e-2, 3e-2];
    const step = sequence([layerNorm({ epsilon }), activation(act), affine({ sw2, sb2 })]);
    const state = step.single(preactivationState(K));
    const v = K / (K + epsilon);
    expectClose(Math.exp(state.logJ), (sw2 * derivativeMoment(act, v)) / (K + epsilon), 1e-13);
    expectClose(state.K, sw2 * secondMoment(act, v) + sb2, 1e-13);
  });

  it("12: an LN gain g acts inside φ: χ_J = σw² g² A(g²)/K, and behind φ it is σw² g²", () => {
    const act = scalarActivation("erf");
    const [sw2, sb2, g, K] = [1.7, 0.2, 1.6, 0.8];
    const gain = scale({ factor: g });
    const before = sequence([layerNorm(), gain, activation(act), affine({ sw2, sb2 })]).single(
      preactivationState(K),
    );
    expectClose(Math.exp(before.logJ), (sw2 * g * g * derivativeMoment(act, g * g)) / K, 1e-13);
    expectClose(before.K, sw2 * secondMoment(act, g * g) + sb2, 1e-13);
    const behind = sequence([activation(act), layerNorm(), gain, affine({ sw2, sb2 })]);
    const plain = sequence([activation(act), layerNorm(), affine({ sw2: sw2 * g * g, sb2 })]);
    expectClose(behind.single(preactivationState(K)).logJ, plain.single(preactivationState(K)).logJ, 1e-13);
    expectClose(behind.single(preactivationState(K)).K, plain.single(preactivationState(K)).K, 1e-13);
  });

  it("12: inverted dropout that keeps p moves the critical point to σw² p", () => {
    const p = 0.8;
    const K = 1e-9;
    for (const [kind, sw2] of [
      ["erf", Math.PI / 4],
      ["relu", 2],
    ] as const) {
      const step = sequence([
        activation(scalarActivation(kind)),
        invertedDropout({ keep: p }),
        affine({ sw2: sw2 * p, sb2: 0 }),
      ]);
      const state = step.single(preactivationState(K));
      expectClose(Math.exp(state.logJ), 1, 1e-8);
      expectClose(state.K / K, 1, 1e-8);
    }
  });

  it("a full skip past an activation without weights is refused, and µ = 0 is no skip", () => {
    const act = activation(scalarActivation("erf"));
    expect(refusal(() => residual({ mu: 1, branch: [act] })).code).toBe("unsupported");
    const branch = [act, affine({ sw2: 1, sb2: 0 })];
    expect(residual({ mu: 0, branch }).single(preactivationState(1)).K).toBe(
      sequence(branch).single(preactivationState(1)).K,
    );
  });

  it("11: an activation may be a function; without a derivative one is taken numerically, and flagged", () => {
    const own = activationFromFunction({ name: "own tanh", f: Math.tanh });
    const tanh = scalarActivation("tanh");
    expect(own.parameters).toEqual({ derivative: "numeric" });
    expect(activationFromFunction({ name: "own", f: Math.sin, df: Math.cos }).parameters).toEqual({});
    const layer = { sw2: 2.5, sb2: 0.05 };
    const [mine, known] = [own, tanh].map((act) => reachedLimit({ activation: act, ...layer }));
    expectClose(mine!.K, known!.K, 1e-12);
    expectClose(mine!.chiJ, known!.chiJ, 1e-10);
    const critical = criticalInitialisation({ activation: own, sb2: 0.1 })!;
    expectClose(critical.sw2, criticalInitialisation({ activation: tanh, sb2: 0.1 })!.sw2, 1e-9);
    const grid = { sw2: [0.5, 1.5, 3], sb2: [0.1, 0.5] };
    expect(phaseDiagram({ activation: own, ...grid }).phase).toEqual(
      phaseDiagram({ activation: tanh, ...grid }).phase,
    );
    expect(refusal(() => activationFromFunction({ name: "log", f: Math.log })).message).toContain("f(-1)");
  });
});

describe("criticality.md §5", () => {
  it("the tangent kernel with frozen biases is the sum with K^l - σb² in place of K^l", () => {
    const layer = { activation: scalarActivation("erf"), sw2: 1.44, sb2: 0.09 };
    const layers = propagateUniform(layer, { K1: 1, depth: 8 });
    const sum = (biases: number) =>
      layers.reduce((total, { K, logToOutput }) => total + (K - biases) * Math.exp(logToOutput), 0);
    expectClose(sum(0), layers.at(-1)!.theta, 1e-13);
    // Θ' = K' - σb² + χ_J Θ, written out.
    let frozen = 1 - layer.sb2;
    for (let l = 1; l < 8; l++) frozen = layers[l]!.K - layer.sb2 + layers[l - 1]!.chiJ! * frozen;
    expectClose(sum(layer.sb2), frozen, 1e-13);
  });
});
