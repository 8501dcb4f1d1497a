/**
 * @file The float32 forms of activations against the float64 duals. Tolerances are relative to the size at ρ = 1. k: every form
 * rounds c, its slots and about ten operations, measured 0.5e-7 to 3.5e-7; where k falls steeply from the diagonal (k̇(c, v, v)·v/k
 * large: an exponential, a narrow or a high-degree φ) rounding c alone costs that factor. k̇ the same below |ρ| = 0.999; above,
 * angles lose digits as eps/sqrt(1 − ρ) (kernels.md §4).
 */
import { beforeAll, describe, expect, it } from "vitest";
import { formOf } from "../../src/kernels/forms/index.ts";
import {
  activationFromFunction,
  activationFromKernel,
  derivativeMoment,
  dualKernel,
  type ScalarActivation,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { pairs as references } from "../oracles/activations.ts";
import { refusal } from "../refusal.ts";
import { type FormRunner, formRunner, type Pair } from "./forms-harness.ts";

let simd: FormRunner;
let relaxed: FormRunner;
beforeAll(async () => {
  simd = await formRunner("simd");
  relaxed = await formRunner("relaxed");
});

const CORRELATIONS = [
  -1,
  -1 + 1e-6,
  -0.999,
  -0.7,
  -0.1,
  0,
  0.03,
  0.4,
  0.6,
  0.95,
  0.999,
  1 - 1e-5,
  1 - 1e-7,
  1,
];
const VARIANCES = [1e-6, 0.05, 1, 4];
// Panels of coefficients of other variances would have to be made.
const SERIES_VARIANCES = [1e-6, 1, 4];

/** Every pair of variances once: kernels are symmetric (tested below). */
function grid(variances: readonly number[]): Pair[] {
  return variances.flatMap((v1, i) =>
    variances
      .slice(0, i + 1)
      .flatMap((v2) => CORRELATIONS.map((rho): Pair => [Math.fround(rho * Math.sqrt(v1 * v2)), v1, v2])),
  );
}

/** The largest errors of k, and of k̇ outside the zone where it is ill-conditioned, and within. */
function errors(runs: readonly FormRunner[], act: ScalarActivation, variances: readonly number[]) {
  const pairs = grid(variances);
  const found = runs.map((run) => run(formOf(act), pairs));
  const exact = dualKernel(act);
  const sizes = new Map(variances.map((v) => [v, [secondMoment(act, v), derivativeMoment(act, v)] as const]));
  const worst = { k: 0, kdot: 0, near: 0 };
  for (const [i, [c, v1, v2]] of pairs.entries()) {
    const most = Math.sqrt(v1 * v2);
    // Rounding may have carried c beyond.
    const C = Math.max(-most, Math.min(most, c));
    const [B1, A1] = sizes.get(v1)!;
    const [B2, A2] = sizes.get(v2)!;
    const [k, kdot] = [exact.k(C, v1, v2), exact.kdot(C, v1, v2)];
    for (const values of found) {
      worst.k = Math.max(worst.k, Math.abs(values.k[i]! - k) / Math.sqrt(B1 * B2));
      const slope = Math.abs(values.kdot[i]! - kdot) / (Math.sqrt(A1 * A2) || 1);
      if (Math.abs(c) < 0.9991 * most) worst.kdot = Math.max(worst.kdot, slope);
      else worst.near = Math.max(worst.near, slope);
    }
  }
  return worst;
}

interface Bound {
  readonly spec: string | { readonly kind: string; readonly [parameter: string]: unknown };
  readonly k?: number;
  readonly kdot?: number;
  /** k̇ close to |ρ| = 1. */
  readonly near?: number;
  readonly variances?: readonly number[];
}

/** eps/sqrt(1 − ρ) at the last ρ before 1 in float32, times the turn of θ/2π. */
const ANGLE = 5e-4;

const closed: readonly Bound[] = [
  { spec: "linear" },
  { spec: "relu", kdot: 2e-6, near: ANGLE },
  { spec: { kind: "leakyRelu", alpha: 0.1 }, kdot: 2e-6, near: ANGLE },
  { spec: { kind: "abRelu", a: -0.7, b: 1.4 }, kdot: 3e-6, near: ANGLE },
  { spec: "abs", kdot: 3e-6, near: ANGLE },
  { spec: "sign", k: ANGLE },
  { spec: "erf" },
  { spec: { kind: "erf", a: 0.7, b: 1.3, c0: 0.2 } },
  { spec: { kind: "erf", a: 0.7, b: 0, c0: 0.2 } },
  { spec: "sigmoidLike" },
  { spec: "gelu" },
  { spec: "sin" },
  { spec: { kind: "sin", a: 1.2, b: 0.8, p: 0.3 } },
  { spec: "cos" },
  { spec: { kind: "rbf", gamma: 0.7 } },
  { spec: { kind: "exp", a: 0.5, b: 0.6 } },
  { spec: "expNormalized" },
  { spec: { kind: "gaussian", a: 1.1, b: -0.7 }, kdot: 1e-6, near: 1e-6 },
  { spec: { kind: "gaussian", a: 1.1, b: 0.05 }, kdot: 1e-6, near: 1e-6 },
  { spec: "gabor", k: 2e-6, kdot: 2e-6, near: 2e-6 },
  { spec: { kind: "rectifiedMonomial", degree: 0 }, k: ANGLE },
  { spec: { kind: "rectifiedMonomial", degree: 1 }, kdot: 2e-6, near: ANGLE },
  { spec: { kind: "rectifiedMonomial", degree: 2 } },
  { spec: { kind: "rectifiedMonomial", degree: 3 } },
  {
    spec: { kind: "rectifiedMonomial", degree: 7 },
    k: 1e-6,
    kdot: 1e-6,
    near: 1e-6,
    variances: [0.05, 1, 4],
  },
  { spec: { kind: "monomial", degree: 3 }, kdot: 1e-6, near: 1e-6 },
  { spec: { kind: "hermite", degree: 4 }, k: 8e-7, kdot: 1e-6, near: 1e-6 },
  { spec: { kind: "polynomial", coefficients: [0.3, -1, 0.5, 0.25, -0.1] }, k: 8e-7, kdot: 1e-6, near: 1e-6 },
];

/**
 * By a quadrature over the terms of the series, which adds 6e-5 of what lies beyond l = 20 of them: little of k, but of the k̇ of
 * a saturated or kinked φ as much as is stated; where φ' jumps (selu), k̇ is an angle close to |ρ| = 1.
 */
const series: readonly Bound[] = [
  ...["tanh", "silu", "sigmoid", "softplus", "mish", "geluTanh", "arctan"].map((spec) => ({
    spec,
    kdot: 2e-6,
    near: 2e-6,
  })),
  { spec: "elu", kdot: 2e-6, near: 3e-6 },
  { spec: "softsign", kdot: 1e-5, near: 2e-5 },
  { spec: "selu", kdot: 1e-5, near: ANGLE },
].map((bound) => ({ ...bound, variances: SERIES_VARIANCES }));

describe("float32 forms", () => {
  for (const { spec, k = 4e-7, kdot = 5e-7, near = 6e-7, variances = VARIANCES } of [...closed, ...series]) {
    it(`of ${JSON.stringify(spec)}: k to ${k}, k̇ to ${kdot}, and to ${near} beside |ρ| = 1`, () => {
      const act = scalarActivation(spec);
      const worst = errors([simd, relaxed], act, variances);
      expect(worst.k).toBeLessThan(k);
      expect(worst.kdot).toBeLessThan(kdot);
      expect(worst.near).toBeLessThan(near);
    });
  }

  for (const { spec, A, B } of references) {
    it(`of ${JSON.stringify(spec)} give the references of kernels.md §3 (5e-7)`, () => {
      const pairs: Pair[] = [
        [0.5, 1, 1.5],
        [-0.7, 2, 0.6],
      ];
      const { k, kdot } = simd(formOf(scalarActivation(spec)), pairs);
      for (const [i, reference] of [A, B].entries()) {
        if (reference === undefined) continue;
        expect(Math.abs(k[i]! - reference[0])).toBeLessThan(5e-7 * Math.max(1, Math.abs(reference[0])));
        expect(Math.abs(kdot[i]! - reference[1])).toBeLessThan(5e-7 * Math.max(1, Math.abs(reference[1])));
      }
    });
  }

  it("give the same k with and without the tangent kernel, and with side A in lanes", () => {
    const pairs = grid([0.3, 1]);
    for (const { spec } of [...closed, ...series]) {
      const form = formOf(scalarActivation(spec));
      const { k, kdot } = relaxed(form, pairs);
      expect(relaxed(form, pairs, { ntk: false }).k).toEqual(k);
      const lanes = relaxed(form, pairs, { lanes: true });
      expect(lanes.k).toEqual(k);
      expect(lanes.kdot).toEqual(kdot);
    }
  });

  it("are symmetric, and no larger than the variances allow", () => {
    for (const { spec } of [...closed, ...series]) {
      const form = formOf(scalarActivation(spec));
      const one = relaxed(form, grid([0.3, 1])).k;
      const swapped = relaxed(
        form,
        grid([0.3, 1]).map(([c, v1, v2]): Pair => [c, v2, v1]),
      ).k;
      const out = new Float32Array(form.slots);
      for (const [i, [, v1, v2]] of grid([0.3, 1]).entries()) {
        const most = Math.sqrt(form.prepare(v1, out, 0) * form.prepare(v2, out, 0));
        expect(Math.abs(one[i]! - swapped[i]!)).toBeLessThan(2e-7 * most);
        expect(Math.abs(one[i]!)).toBeLessThan((1 + 1e-6) * most);
      }
    }
  });

  it("of silent positions are what float64 says: no NaN, φ(0)², and E φ' on both sides of a kink", () => {
    const pairs: Pair[] = [
      [0, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ];
    for (const { spec } of [...closed, ...series]) {
      const act = scalarActivation(spec);
      const { k, kdot } = simd(formOf(act), pairs);
      const exact = dualKernel(act);
      for (const [i, [c, v1, v2]] of pairs.entries()) {
        // Of two silent positions a slope, or a step, at a jump is that of one signal in float64, and of two here.
        const steps = act.parameters["degree"] === 0;
        if (i > 0 || !steps) expect(Math.abs(k[i]! - exact.k(c, v1, v2)), `${act.kind} k`).toBeLessThan(5e-7);
        if (i > 0) expect(Math.abs(kdot[i]! - exact.kdot(c, v1, v2)), `${act.kind} k̇`).toBeLessThan(2e-6);
      }
    }
  });

  it("return the variance after the activation from `prepare`", () => {
    for (const { spec } of [...closed, ...series]) {
      const act = scalarActivation(spec);
      const form = formOf(act);
      const after = form.prepare(0.6, new Float32Array(form.slots), 0);
      expect(Math.abs(after - secondMoment(act, 0.6))).toBeLessThan(3e-9 * after + 1e-300);
      expect(form.constants.length).toBeLessThanOrEqual(16);
    }
  });

  it("refuse variances at which the kernel does not exist, or leaves float32", () => {
    const out = new Float32Array(8);
    const gaussian = formOf(scalarActivation({ kind: "gaussian", a: 1, b: 0.2 }));
    expect(refusal(() => gaussian.prepare(1.3, out, 0))).toMatchObject({
      code: "bad-input",
      where: "gaussian.b",
    });
    const exp = formOf(scalarActivation("exp"));
    expect(refusal(() => exp.prepare(50, out, 0)).where).toBe("activation.exp");
  });

  it("are refused for a kernel of one's own, whose function is unknown", () => {
    const k = dualKernel(scalarActivation("relu")).k;
    expect(refusal(() => formOf(activationFromKernel({ name: "mine", k }))).code).toBe("unsupported");
  });

  it("take a function of one's own by its name for no other", () => {
    const act = activationFromFunction({ name: "relu", f: Math.tanh, df: (x) => 1 - Math.tanh(x) ** 2 });
    const pairs = grid([0.5]);
    expect(simd(formOf(act), pairs).k).toEqual(simd(formOf(scalarActivation("tanh")), pairs).k);
  });
});

describe("a series form", () => {
  it("says what it leaves out: of a kink away from 0 more than float32 hides", () => {
    const hardtanh = scalarActivation("hardtanh");
    const form = formOf(hardtanh);
    expect(form.missing(1)).toBeGreaterThan(1e-6);
    const { k } = simd(form, [[1, 1, 1]]);
    expect(1 - k[0]! / secondMoment(hardtanh, 1)).toBeCloseTo(form.missing(1), 6);
  });

  it("holds for kinks at 0 and saturated activations, to the variances that deep networks have", () => {
    for (const kind of ["tanh", "arctan", "silu", "mish", "elu", "selu", "softsign"])
      for (const v of [1e-3, 0.3, 20])
        expect(formOf(scalarActivation(kind)).missing(v), kind).toBeLessThan(1e-6);
  });
});
