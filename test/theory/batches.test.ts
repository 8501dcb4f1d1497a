/** @file BatchNorm in mean field: criticality.md §4.8, and the covariance between examples that it takes off. */
import { describe, expect, it } from "vitest";
import {
  activation,
  activationVariance,
  affine,
  assumptionsOf,
  batchNorm,
  criticalLine,
  decayLaw,
  derivativeMoment,
  dual,
  growthLogJ,
  identity,
  inputPairState,
  inputState,
  l2Normalize,
  layerNorm,
  noCriticalReason,
  type Place,
  preactivationState,
  propagate,
  propagatePair,
  propagateUniform,
  reachedLimit,
  residual,
  rmsNorm,
  scalarActivation,
  sequence,
} from "../../src/theory/index.ts";
import { batchNormGrowth } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

/** A dense layer, then `depth` times BatchNorm, the activation and a dense layer. */
function network(kind: string, { sw2 = 1.7, sb2 = 0.3, depth = 4, epsilon = 0 } = {}): Place[] {
  const dense: Place = { name: "dense", step: affine({ sw2, sb2 }), tap: true };
  const block: Place[] = [
    { name: "norm", step: batchNorm({ epsilon }), tap: false },
    { name: kind, step: activation(scalarActivation(kind)), tap: false },
    dense,
  ];
  return [dense, ...Array.from({ length: depth }, () => block).flat()];
}
const start = { K: 0.8, mean: 0.3, batch: 0.35 };

describe("BatchNorm over a large batch", () => {
  for (const { activation: kind, chiJ } of batchNormGrowth) {
    it(`${kind}: chi_J is A(1)/V(1) = ${chiJ}, whatever the variances (printed digits)`, () => {
      for (const variances of [
        { sw2: 1.7, sb2: 0.3 },
        { sw2: 0.2, sb2: 2 },
      ]) {
        const layers = propagate(network(kind, variances), start);
        for (const layer of layers.slice(1, -1)) expect(Math.abs(layer.chiJ! - chiJ)).toBeLessThan(6e-10);
        expect(layers.at(-1)!.chiK ?? 0).toBe(0);
      }
    });
  }

  it("the first step depends on how alike the inputs are: J = A(1) sw2 / (sw2 (K - batch))", () => {
    const [first] = propagate(network("relu", { sw2: 1.7 }), start);
    expectClose(first!.chiJ!, 0.5 / (start.K - start.batch), 1e-14);
  });

  it("with a skip of mu = 1, K grows linearly and J like the power A/V of depth", () => {
    const relu = activation(scalarActivation("relu"));
    const block = residual({ mu: 1, branch: [batchNorm(), relu, affine({ sw2: 1, sb2: 0 })] });
    const places = Array.from({ length: 2000 }, (_, l) => ({ name: `${l}`, step: block, tap: true }));
    const layers = propagate(places, { ...preactivationState(1), batch: 0 });
    expectClose(layers[100]!.K - layers[99]!.K, 0.5, 1e-12);
    const slope = (layers[2000]!.logJ - layers[1000]!.logJ) / Math.log(2);
    // Branch: sw2 A(1) = 1/2 over V = K - batch, which grows by sw2 V(1) a layer: the exponent is A(1)/V(1), up to O(1/l).
    expect(Math.abs(slope - Math.PI / (Math.PI - 1))).toBeLessThan(5e-3);
  });

  it("epsilon enters K and J as V/(V + ε) and 1/(V + ε)", () => {
    const state = batchNorm({ epsilon: 0.5 }).single({ ...preactivationState(3), batch: 1 });
    expectClose(state.K, 2 / 2.5, 1e-15);
    expectClose(Math.exp(state.logJ), 1 / 2.5, 1e-15);
    expect(state).toMatchObject({ mean: 0, batch: 0, gaussian: true });
  });

  it("says that it takes the batch to be large", () => {
    expect(assumptionsOf(network("relu"))).toHaveLength(2);
    expect(assumptionsOf(network("relu"))[0]).toContain("large batch");
  });
});

describe("a uniform network with BatchNorm", () => {
  const gelu = scalarActivation("gelu");

  it("has one chi_J at all variances, no critical line, and says so", () => {
    const { chiJ } = batchNormGrowth.find(({ activation }) => activation === "gelu")!;
    for (const [sw2, sb2] of [
      [0.1, 0],
      [3, 2],
    ] as const) {
      const limit = reachedLimit({ activation: gelu, norm: "batchnorm", sw2, sb2 });
      expect(Math.abs(limit.chiJ - chiJ)).toBeLessThan(6e-10);
      const mu = 0.9;
      const skip = reachedLimit({ activation: gelu, norm: "batchnorm", mu, sw2, sb2 });
      expectClose(skip.chiJ, (1 - mu * mu) * limit.chiJ + mu * mu, 1e-12);
    }
    const of = { activation: gelu, norm: "batchnorm" } as const;
    expect(criticalLine(of, { sw2: [0.1, 4], sb2: [0, 2] })).toEqual([]);
    expect(noCriticalReason(of)).toContain("1.31884 whatever");
  });

  it("with mu = 1 grows by the exact product of §4.4, as the power A/V of depth", () => {
    const layer = { activation: gelu, norm: "batchnorm", mu: 1, sw2: 1.3, sb2: 0.2 } as const;
    const layers = propagateUniform(layer, { K1: 1, depth: 201 });
    expectClose(growthLogJ(layer, { K1: 1, steps: 200 }), layers.at(-1)!.logJ, 1e-12);
    const { law, zeta } = decayLaw(layer) as { law: string; zeta: number };
    expect(law).toBe("power");
    expectClose(zeta, -derivativeMoment(gelu, 1) / activationVariance(gelu, 1), 1e-9);
  });
});

describe("a pair in a batch", () => {
  const relu = scalarActivation("relu");

  it("becomes uncorrelated where it is as alike as two examples on average", () => {
    const pair = { Ka: 0.8, Kb: 0.8, C: 0.35, meanA: 0.3, meanB: 0.3, batch: start };
    const layers = propagatePair(network("relu"), pair);
    const single = propagate(network("relu"), start);
    layers.forEach((layer, l) => {
      expectClose(layer.Ka, single[l]!.K, 1e-14);
    });
    // After the first normalisation C = 0, so the activations share their mean alone.
    expectClose(layers[1]!.C, 1.7 * dual(relu, { Ka: 1, Kb: 1, C: 0 }) + 0.3, 1e-13);
  });

  it("that is one input stays one", () => {
    const pair = { Ka: 0.8, Kb: 0.8, C: 0.8, meanA: 0.3, meanB: 0.3, batch: start };
    for (const { c } of propagatePair(network("gelu"), pair)) expectClose(c, 1, 1e-12);
  });

  it("needs the example that it is normalised with", () => {
    const error = refusal(() => batchNorm().pair(inputPairState({ Ka: 1, Kb: 1, C: 0 })));
    expect(error).toMatchObject({ code: "unsupported", where: "batchNorm" });
  });
});

describe("the covariance between examples", () => {
  it("is followed only where a layer reads it", () => {
    const plain = network("tanh").filter(({ name }) => name !== "norm");
    const withBatch = propagate(plain, start);
    const without = propagate(plain, { K: start.K, mean: start.mean });
    expect(withBatch).toEqual(without);
  });

  it("obeys the same rules as that of a pair", () => {
    const steps = [
      affine({ sw2: 1.5, sb2: 0.2 }),
      activation(scalarActivation("gelu")),
      layerNorm({ epsilon: 0.1 }),
      affine({ sw2: 1, sb2: 0 }),
      rmsNorm({ epsilon: 0.2 }),
      residual({ mu: 0.7, branch: [activation(scalarActivation("relu")), affine({ sw2: 2, sb2: 0.1 })] }),
      l2Normalize({ units: 7 }),
      identity(),
    ];
    const { K, mean, batch } = start;
    const single = sequence(steps).single(inputState(start));
    const pair = sequence(steps).pair(inputPairState({ Ka: K, Kb: K, C: batch, meanA: mean, meanB: mean }));
    expectClose(single.batch, pair.C, 1e-12);
    expectClose(single.K, pair.Ka, 1e-12);
  });

  it("is asked for by name where it is unknown", () => {
    const error = refusal(() => propagate(network("relu"), { K: 1 }));
    expect(error).toMatchObject({ code: "unsupported", where: "norm: batchNorm" });
    expect(error.hint).toContain("batch");
  });

  it("equal inputs leave nothing to normalise", () => {
    expect(refusal(() => propagate(network("relu", { sb2: 0 }), { K: 1, batch: 1 })).code).toBe("failed");
  });
});

describe("normalisation over the units of one example", () => {
  it("RMSNorm keeps the mean, and its chi_K and mean slope are derivatives", () => {
    const step = sequence([activation(scalarActivation("relu")), rmsNorm({ epsilon: 0.2 })]);
    const at = (K: number) => step.single(preactivationState(K));
    expectClose(at(1.5).K, 0.75 / 0.95, 1e-14);
    expectClose(at(1.5).mean, Math.sqrt(1.5 / (2 * Math.PI)) / Math.sqrt(0.95), 1e-14);
    expectClose(at(1.5).chiK, (at(1.5 + 1e-5).K - at(1.5 - 1e-5).K) / 2e-5, 1e-9);
    expectClose(at(1.5).meanSlope, (at(1.5 + 1e-5).mean - at(1.5 - 1e-5).mean) / 2e-5, 1e-9);
    expectClose(Math.exp(at(1.5).logJ), 0.5 / 0.95, 1e-14);
  });

  it("the unit sphere has K = 1/N, and epsilon counts beside |h|²", () => {
    expectClose(l2Normalize({ units: 50 }).single(preactivationState(3)).K, 1 / 50, 1e-15);
    expectClose(
      l2Normalize({ units: 50, epsilon: 10 }).single(preactivationState(3)).K,
      3 / (150 + 10),
      1e-15,
    );
    expect(refusal(() => l2Normalize({ units: 0 })).where).toBe("units");
  });
});
