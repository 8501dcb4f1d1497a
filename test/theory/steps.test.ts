/** @file Rules of layers: every row of criticality.md §4 composed of steps against its formula, and what has no rule. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activation,
  activationKinds,
  activationVariance,
  affine,
  derivativeMoment,
  identity,
  inputPairState,
  inputState,
  layerMap,
  layerNorm,
  norms,
  preactivationPairState,
  preactivationState,
  residual,
  scalarActivation,
  scale,
  secondMoment,
  sequence,
  uniformStart,
  uniformStep,
} from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const layers = fc.record({
  activation: fc
    .constantFrom(...activationKinds.filter((kind) => kind !== "expNormalized"))
    .map((kind) => scalarActivation(kind)),
  sw2: fc.double({ min: 0.01, max: 5, noNaN: true }),
  sb2: fc.double({ min: 0, max: 2, noNaN: true }),
  mu: fc.double({ min: 0, max: 1, noNaN: true }),
});
const variance = fc.double({ min: 0.01, max: 20, noNaN: true });

describe("rows of criticality.md §4", () => {
  for (const norm of norms) {
    it(`${norm}: steps and formulas agree`, () => {
      fc.assert(
        fc.property(layers, variance, (layer, K) => {
          const state = uniformStep({ ...layer, norm }).single(uniformStart({ ...layer, norm }, K));
          const map = layerMap({ ...layer, norm });
          expectClose(state.K, map.next(K), 1e-12);
          expectClose(Math.exp(state.logJ), map.chiJ(K), 1e-11);
          expectClose(state.chiK, map.chiK(K), 1e-11);
          expect(state.gaussian).toBe(true);
        }),
        { numRuns: 40 },
      );
    });
  }

  it("have the formulas of the table", () => {
    const act = scalarActivation("gelu");
    const [sw2, sb2, mu, K] = [1.7, 0.3, 0.6, 2.5];
    const A = (k: number) => derivativeMoment(act, k);
    const B = (k: number) => secondMoment(act, k);
    const V = activationVariance(act, K);
    const q = sw2 + sb2;
    const table = {
      none: [sw2 * A(K) + mu ** 2, sw2 * B(K) + sb2 + mu ** 2 * K],
      "ln-pre": [(sw2 * A(1)) / K + mu ** 2, sw2 * B(1) + sb2 + mu ** 2 * K],
      "ln-act": [(sw2 * A(K)) / V + mu ** 2, sw2 + sb2 + mu ** 2 * K],
      "ln-skip": [(sw2 * A(1) + mu ** 2) / K, sw2 * B(1) + sb2 + mu ** 2],
      "ln-block": [(sw2 ** 2 * A(q)) / K + mu ** 2, sw2 * B(q) + sb2 + mu ** 2 * K],
      batchnorm: [
        ((A(1) / activationVariance(act, 1)) * (sw2 * B(1) + sb2)) / K + mu ** 2,
        sw2 * B(1) + sb2 + mu ** 2 * K,
      ],
    } as const;
    for (const norm of norms) {
      const map = layerMap({ activation: act, sw2, sb2, mu, norm });
      expectClose(map.chiJ(K), table[norm][0], 1e-14);
      expectClose(map.next(K), table[norm][1], 1e-14);
    }
  });
});

describe("single rules", () => {
  it("LayerNorm with epsilon gives v = V/(V + ε) and its slope", () => {
    const ln = layerNorm({ epsilon: 0.1 });
    const through = (K: number) => ln.single(preactivationState(K));
    expectClose(through(0.5).K, 0.5 / 0.6, 1e-15);
    expectClose(Math.exp(through(0.5).logJ), 1 / 0.6, 1e-15);
    expectClose(through(0.5).chiK, (through(0.5 + 1e-5).K - through(0.5 - 1e-5).K) / 2e-5, 1e-9);
  });

  it("LayerNorm on activations takes off their mean, and its chi_K counts how the mean moves", () => {
    const step = sequence([activation(scalarActivation("relu")), layerNorm({ epsilon: 0.2 })]);
    const through = (K: number) => step.single(preactivationState(K));
    const V = 1.5 * (1 / 2 - 1 / (2 * Math.PI));
    expectClose(through(1.5).K, V / (V + 0.2), 1e-14);
    expectClose(through(1.5).chiK, (through(1.5 + 1e-5).K - through(1.5 - 1e-5).K) / 2e-5, 1e-9);
  });

  it("scale multiplies second moments by its square and means by itself", () => {
    const state = scale({ factor: -3 }).single(inputState({ K: 2, mean: 0.5 }));
    expect(state).toMatchObject({ K: 18, mean: -1.5, chiK: 9 });
    expectClose(Math.exp(state.logJ), 9, 1e-15);
  });

  it("identity and an empty sequence change nothing", () => {
    const state = inputState({ K: 2, mean: 0.5 });
    expect(identity().single(state)).toEqual(state);
    expect(sequence([]).single(state)).toEqual(state);
  });

  it("a residual branch that ends in an activation adds its mean to the skip's", () => {
    const act = scalarActivation("relu");
    const branch = [affine({ sw2: 1, sb2: 0 }), activation(act)];
    const state = residual({ mu: 1, branch }).single(inputState({ K: 2, mean: 1 }));
    const m = Math.sqrt(2 / (2 * Math.PI));
    expectClose(state.mean, 1 + m, 1e-15);
    expectClose(state.K, 2 + 1 + 2 * m, 1e-15);
    expect(state.gaussian).toBe(false);
  });

  it("a deep branch has its J in logarithms: skip and branch add beyond what float64 holds", () => {
    const layer = [activation(scalarActivation("relu")), affine({ sw2: 4, sb2: 0 })];
    const deep = (layers: number) =>
      residual({ mu: 0.5, branch: Array.from({ length: layers }, () => layer).flat() });
    // A sum of 4000 logarithms, each rounded.
    expectClose(deep(2000).single(preactivationState(1)).logJ, 2000 * Math.LN2, 1e-12);
    expectClose(deep(2).single(preactivationState(1)).logJ, Math.log(4 + 0.25), 1e-15);
  });

  it("a mean that overflowed does not meet a branch without one", () => {
    const overflowed = {
      ...inputState({ K: 1 }),
      K: Number.POSITIVE_INFINITY,
      mean: Number.POSITIVE_INFINITY,
    };
    const state = residual({ mu: 1, branch: [affine({ sw2: 1, sb2: 0 })] }).single(overflowed);
    expect(state.K).toBe(Number.POSITIVE_INFINITY);
  });

  it("a pair of equal signals stays equal, through every row", () => {
    fc.assert(
      fc.property(layers, fc.constantFrom(...norms), variance, (layer, norm, K) => {
        const step = uniformStep({ ...layer, norm });
        const start = uniformStart({ ...layer, norm }, K);
        const one = step.single(start);
        const two = step.pair({ ...preactivationPairState({ Ka: K, Kb: K, C: K }), batch: start });
        for (const value of [two.Ka, two.Kb, two.C]) expectClose(value, one.K, 1e-10);
        expectClose(two.chi, Math.exp(one.logJ), 1e-10);
        // Behind BatchNorm every output depends on the whole batch: no tangent kernel is followed.
        if (norm !== "batchnorm") expectClose(two.theta, one.theta, 1e-10);
      }),
      { numRuns: 60 },
    );
  });

  it("the pair rule has d C'/d C = chi (the correlation map's slope is chi_J at c = 1)", () => {
    const step = uniformStep({ activation: scalarActivation("tanh"), sw2: 1.5, sb2: 0.1, mu: 0.5 });
    const at = (C: number) => step.pair(preactivationPairState({ Ka: 1, Kb: 2, C }));
    expectClose((at(0.5 + 1e-4).C - at(0.5 - 1e-4).C) / 2e-4, at(0.5).chi, 1e-7);
  });
});

describe("what has no rule", () => {
  it("an activation on units that are not Gaussian is refused by name", () => {
    const error = refusal(() => activation(scalarActivation("tanh")).single(inputState({ K: 1 })));
    expect(error).toMatchObject({ code: "unsupported", where: "activation tanh" });
    expect(error.hint).toContain("dense");
    expect(
      refusal(() => activation(scalarActivation("tanh")).pair(inputPairState({ Ka: 1, Kb: 1, C: 0 }))).code,
    ).toBe("unsupported");
  });

  it("a residual branch without a dense layer is refused", () => {
    const error = refusal(() => residual({ mu: 1, branch: [activation(scalarActivation("relu"))] }));
    expect(error).toMatchObject({ code: "unsupported", where: "residual.branch" });
    expect(refusal(() => residual({ mu: 0.5, branch: [] })).message).toContain("empty");
  });

  it("LayerNorm of a dead signal is refused, unless epsilon holds it up", () => {
    expect(refusal(() => layerNorm().single(preactivationState(0))).code).toBe("failed");
    expect(layerNorm({ epsilon: 1e-5 }).single(preactivationState(0)).K).toBe(0);
  });
});
