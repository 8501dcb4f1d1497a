/** @file Branches that meet: sums, products and concatenations against their formulas, and what has no rule. */
import { describe, expect, it } from "vitest";
import {
  activation,
  affine,
  batchNorm,
  concatenate,
  derivativeMoment,
  embedding,
  inputPairState,
  inputState,
  multiply,
  positional,
  preactivationPairState,
  preactivationState,
  residual,
  scalarActivation,
  secondMoment,
  sum,
  withoutTangentKernel,
} from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const tanh = scalarActivation("tanh");
const sigmoid = scalarActivation("sigmoid");
const dense = affine({ sw2: 1.5, sb2: 0.2 });

describe("a sum", () => {
  const branches = [[activation(tanh), dense], [affine({ sw2: 0.5, sb2: 0 })], []];
  it("adds K, J and tangent kernels", () => {
    const s = sum(branches).single(preactivationState(0.8));
    expectClose(s.K, 1.5 * secondMoment(tanh, 0.8) + 0.2 + 0.4 + 0.8, 1e-14);
    expectClose(Math.exp(s.logJ), 1.5 * derivativeMoment(tanh, 0.8) + 0.5 + 1, 1e-14);
    expect(s.gaussian).toBe(true);
  });

  it("of a branch and an empty one is a residual block of mu = 1", () => {
    const branch = [affine({ sw2: 1, sb2: 0 }), activation(scalarActivation("relu"))];
    const state = inputState({ K: 2, mean: 0.7, batch: 0.5 });
    const [a, b] = [sum([branch, []]).single(state), residual({ mu: 1, branch }).single(state)];
    for (const key of ["K", "mean", "logJ", "chiK", "meanSlope", "theta", "batch"] as const)
      expectClose(a[key], b[key], 1e-14);
    const pair = inputPairState({ Ka: 1, Kb: 2, C: 0.5, meanA: 0.1, meanB: 0.4 });
    const [c, d] = [sum([branch, []]).pair(pair), residual({ mu: 1, branch }).pair(pair)];
    for (const key of ["Ka", "C", "chi", "theta"] as const) expectClose(c[key], d[key], 1e-14);
  });

  it("of two branches without fresh weights is refused, naming them", () => {
    const error = refusal(() => sum([[activation(tanh)], [], [dense]]));
    expect(error).toMatchObject({ code: "unsupported", where: "sum.branches" });
    expect(error.message).toContain("activation tanh and identity");
    expect(refusal(() => sum([])).where).toBe("sum.branches");
  });
});

describe("a product (gating)", () => {
  const gate = [affine({ sw2: 2, sb2: 0.5 }), activation(sigmoid)];
  const product = multiply([[dense], gate]);

  it("multiplies K, and J follows the product rule", () => {
    const s = product.single(preactivationState(0.8));
    const [Ka, Kb] = [1.5 * 0.8 + 0.2, secondMoment(sigmoid, 2 * 0.8 + 0.5)];
    expectClose(s.K, Ka * Kb, 1e-14);
    expectClose(Math.exp(s.logJ), 1.5 * Kb + 2 * derivativeMoment(sigmoid, 2.1) * Ka, 1e-14);
    expect(s).toMatchObject({ mean: 0, gaussian: false });
  });

  it("has chi_K = dK'/dK", () => {
    const K = (value: number) => product.single(preactivationState(value)).K;
    expectClose(product.single(preactivationState(0.8)).chiK, (K(0.8 + 1e-5) - K(0.8 - 1e-5)) / 2e-5, 1e-8);
  });

  it("of a pair has d C'/d C = chi where every branch is independent", () => {
    const at = (C: number) => product.pair(preactivationPairState({ Ka: 1, Kb: 2, C }));
    expectClose((at(0.5 + 1e-4).C - at(0.5 - 1e-4).C) / 2e-4, at(0.5).chi, 1e-7);
  });
});

describe("a concatenation", () => {
  it("has means weighted by widths, J divided by all units", () => {
    const branches = [
      { steps: [dense], width: 3 },
      { steps: [activation(tanh)], width: 1 },
    ];
    const s = concatenate(branches).single(preactivationState(0.8));
    expectClose(s.K, (3 * 1.4 + secondMoment(tanh, 0.8)) / 4, 1e-14);
    expectClose(Math.exp(s.logJ), (3 * 1.5 + derivativeMoment(tanh, 0.8)) / 4, 1e-14);
    expect(s.gaussian).toBe(false);
  });

  it("of units of one variance stays Gaussian", () => {
    const same = concatenate([
      { steps: [affine({ sw2: 1, sb2: 0 })], width: 8 },
      { steps: [], width: 8 },
    ]);
    expect(same.single(preactivationState(0.8)).gaussian).toBe(true);
    expect(same.mixes).toBe(false);
  });

  it("asks for widths", () => {
    expect(refusal(() => concatenate([{ steps: [], width: 0 }])).where).toBe("concat.branches[0].width");
  });
});

describe("tables", () => {
  it("an embedding is a fresh start, with the share of equal ids as correlation", () => {
    expect(embedding({ variance: 0.4 }).single(inputState({ K: 7 }))).toMatchObject({
      K: 0.4,
      logJ: 0,
      gaussian: true,
      theta: 0.4,
      batch: 0,
    });
    const pair = embedding({ variance: 0.4 }).pair(inputPairState({ Ka: 1, Kb: 1, C: 0.25 }));
    expectClose(pair.C, 0.1, 1e-15);
  });

  it("a positional table adds its variance to every covariance at one position", () => {
    const step = positional({ variance: 0.5 });
    expect(step.single({ ...preactivationState(1), batch: 0.1 })).toMatchObject({ K: 1.5, logJ: 0 });
    expect(step.pair(preactivationPairState({ Ka: 1, Kb: 2, C: 0.5 }))).toMatchObject({
      Ka: 1.5,
      Kb: 2.5,
      C: 1,
    });
  });

  it("a positional table leaves BatchNorm without the covariance between examples", () => {
    const state = { ...preactivationState(1), batch: 0.1 };
    const error = refusal(() => batchNorm().single(positional({ variance: 0.5 }).single(state)));
    expect(error.hint).toMatch(/positional/);
    expect(batchNorm().single(positional({ variance: 0 }).single(state)).K).toBe(1);
  });

  it("what nobody follows is NaN, and only that", () => {
    const state = withoutTangentKernel(dense).single(preactivationState(1));
    expect(state.theta).toBeNaN();
    expect(state.K).toBe(1.7);
  });
});
