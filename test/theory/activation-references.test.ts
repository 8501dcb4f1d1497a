/** @file The table of activations against the references of kernels.md §3 and effective-theory.md §3, and against mpmath. */
import { describe, expect, it } from "vitest";
import {
  chiKMoment,
  derivativeFourthMoment,
  derivativeMoment,
  dual,
  dualDerivative,
  dualOfSquares,
  fourthMoment,
  layerMap,
  mean,
  mixedFourthMoment,
  propagateUniform,
  radialMoment,
  scalarActivation,
  secondMoment,
  universality,
} from "../../src/theory/index.ts";
import {
  classes,
  delicateMoments,
  moments,
  oppositePairs,
  pairs,
  unitPairs,
} from "../oracles/activations.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const inOrder = [
  mean,
  secondMoment,
  derivativeMoment,
  chiKMoment,
  derivativeFourthMoment,
  fourthMoment,
  mixedFourthMoment,
  radialMoment,
];

describe("moments at K = 1", () => {
  for (const [kind, reference] of Object.entries(moments)) {
    it(`of ${kind} are mpmath's (1e-13)`, () => {
      const act = scalarActivation(kind);
      for (const [i, moment] of inOrder.entries()) expectClose(moment(act, 1), reference[i]!, 1e-13);
    });
  }
});

describe("duals", () => {
  for (const { spec, A, B } of pairs) {
    it(`of ${JSON.stringify(spec)} are those of kernels.md §3 (1e-9)`, () => {
      const act = scalarActivation(spec);
      const at = (pair: { Ka: number; Kb: number; C: number }, reference: readonly [number, number]) => {
        expectClose(dual(act, pair), reference[0], 1e-9);
        expectClose(dualDerivative(act, pair), reference[1], 1e-9);
      };
      if (A !== undefined) at({ Ka: 1, Kb: 1.5, C: 0.5 }, A);
      if (B !== undefined) at({ Ka: 2, Kb: 0.6, C: -0.7 }, B);
    });
  }

  for (const [kind, references] of Object.entries(unitPairs)) {
    it(`of ${kind} at unit variance are the exact values (1e-9)`, () => {
      for (const [i, C] of [0.5, 0.95].entries()) {
        const reference = references[i];
        if (reference !== undefined)
          expectClose(dual(scalarActivation(kind), { Ka: 1, Kb: 1, C }), reference, 1e-9);
      }
    });
  }

  it("of hermite at unit variance are powers of the covariance", () => {
    for (const degree of [0, 1, 2, 5, 8]) {
      const act = scalarActivation({ kind: "hermite", degree });
      for (const C of [-0.9, 0, 0.3, 1]) {
        expectClose(dual(act, { Ka: 1, Kb: 1, C }), C ** degree, 1e-15);
        const slope = degree === 0 ? 0 : degree * C ** (degree - 1);
        expectClose(dualDerivative(act, { Ka: 1, Kb: 1, C }), slope, 1e-14);
      }
    }
  });

  it("of sigmoidLike are those of erf with its parameters", () => {
    const pair = { Ka: 1.3, Kb: 0.8, C: 0.5 };
    const written = scalarActivation({ kind: "erf", a: 0.5, b: 1 / 2.4020563531719796, c0: 0.5 });
    expect(dual(scalarActivation("sigmoidLike"), pair)).toBe(dual(written, pair));
  });

  it("of relu's squares are the arc-cosine kernel of degree two (effective-theory.md §1)", () => {
    const [Ka, Kb, C] = [1.3, 0.8, 0.5];
    const theta = Math.acos(C / Math.sqrt(Ka * Kb));
    const [s, c] = [Math.sin(theta), Math.cos(theta)];
    const reference = (3 * s * c + (Math.PI - theta) * (1 + 2 * c * c)) * ((Ka * Kb) / (2 * Math.PI));
    expectClose(dualOfSquares(scalarActivation("relu"), { Ka, Kb, C }), reference, 1e-14);
  });

  it("of gaussian are refused where the integral diverges, even where 2bv < 1", () => {
    const act = scalarActivation({ kind: "gaussian", a: 1, b: 0.2 });
    expect(dual(act, { Ka: 1, Kb: 1, C: 0.9 })).toBeGreaterThan(1);
    for (const pair of [
      { Ka: 2.6, Kb: 1, C: 0 },
      { Ka: 2, Kb: 2, C: 1.9 },
    ])
      expect(refusal(() => dual(act, pair))).toMatchObject({ code: "bad-input", where: "gaussian.b" });
    expect(secondMoment(act, 1.3)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("where a textbook form cancels", () => {
  /** Relative, however small the value. */
  const expectDigits = (value: number, reference: number, tolerance: number) =>
    expectClose(value / reference, 1, tolerance);

  it("single moments keep their digits", () => {
    for (const { spec, moment, K, value } of delicateMoments)
      expectDigits(inOrder[moment]!(scalarActivation(spec), K), value, 1e-13);
  });

  it("E sin u sin v = exp(-(Ka + Kb)/2) sinh C at small variances, and E cos' cos' with it", () => {
    const pair = { Ka: 1e-12, Kb: 1e-12, C: 3e-13 };
    const value = Math.exp(-1e-12) * Math.sinh(3e-13);
    expectDigits(dual(scalarActivation("sin"), pair), value, 1e-15);
    expectDigits(dualDerivative(scalarActivation("cos"), pair), value, 1e-15);
  });

  it("so do duals of opposite signals", () => {
    const { relu, gelu } = oppositePairs;
    // What is left of relu's is of the third order of the angle, 4e-5.
    expectDigits(dual(scalarActivation("relu"), relu), relu.dual, 1e-6);
    expectDigits(dualDerivative(scalarActivation("relu"), relu), relu.slope, 1e-13);
    expectDigits(dual(scalarActivation("gelu"), gelu), gelu.dual, 1e-9);
  });
});

describe("four-point moments", () => {
  it("of scale-invariant activations are those of effective-theory.md §1", () => {
    const [a, b, K] = [-0.3, 1.2, 0.7];
    const act = scalarActivation({ kind: "abRelu", a, b });
    const [A2, A4] = [(a ** 2 + b ** 2) / 2, (a ** 4 + b ** 4) / 2];
    expectClose(fourthMoment(act, K), 3 * A4 * K * K, 1e-15);
    expectClose(mixedFourthMoment(act, K), A4 * K, 1e-15);
    expectClose(derivativeFourthMoment(act, K), A4, 1e-15);
    expectClose(radialMoment(act, K), A2 * K, 1e-15);
  });
});

describe("universality classes", () => {
  for (const [kind, reference] of Object.entries(classes)) {
    it(`${kind}: ${reference.class}`, () => {
      const found = universality(scalarActivation(kind));
      expect(found.class).toBe(reference.class);
      expect(found.note).not.toContain("NaN");
      if (reference.sw2 === undefined) return expect(found.critical).toBeUndefined();
      expectClose(found.critical!.sw2, reference.sw2, 1e-9);
      expectClose(found.critical!.sb2, reference.sb2!, 1e-9);
      if (reference.K === undefined) expect(found.critical!.K).toBeUndefined();
      else expectClose(found.critical!.K!, reference.K, 1e-9);
      expectClose(found.zeta!, reference.zeta!, 1e-9);
      if (reference.a1 !== undefined) expectClose(found.a1!, reference.a1, 1e-12);
      if (reference.b1 !== undefined) expectClose(found.b1!, reference.b1, 1e-12);
    });
  }

  it("gelu and silu have a1 > 0 at K = 0, so they repel there (effective-theory.md §3)", () => {
    const a1 = (kind: string) => {
      const [, s1, s2, s3] = scalarActivation(kind).taylor!;
      return [s3 / s1 + 0.75 * (s2 / s1) ** 2, s3 / s1 + (s2 / s1) ** 2] as const;
    };
    expectClose(a1("gelu")[0], 1.909859, 1e-6);
    expectClose(a1("gelu")[1], 2.546479, 1e-6);
    expect(a1("silu")).toEqual([0.75, 1]);
  });

  it("softsign and elu fall as l^-2 at their critical point, as their class says", () => {
    for (const kind of ["softsign", "elu"]) {
      const layers = propagateUniform(
        { activation: scalarActivation(kind), sw2: 1, sb2: 0 },
        { K1: 1, depth: 4001 },
      );
      const power = (of: (i: number) => number) => (of(4000) - of(2000)) / Math.log(2);
      expectClose(
        power((i) => layers[i]!.logJ),
        -2,
        1e-2,
      );
      expectClose(
        power((i) => Math.log(layers[i]!.K)),
        -2,
        1e-2,
      );
    }
  });

  it("monomials have chi_K/chi_J = (2p - 1)/p at every K (effective-theory.md §3)", () => {
    for (const degree of [2, 3, 4]) {
      const map = layerMap({ activation: scalarActivation({ kind: "monomial", degree }), sw2: 1, sb2: 0 });
      for (const K of [0.1, 1, 7]) expectClose(map.chiK(K) / map.chiJ(K), (2 * degree - 1) / degree, 1e-14);
    }
  });
});

describe("parameters", () => {
  it("out of their range are refused, naming them", () => {
    for (const [spec, where] of [
      [{ kind: "rbf", gamma: 0 }, "rbf.gamma"],
      [{ kind: "monomial", degree: 1.5 }, "monomial.degree"],
      [{ kind: "hermite", degree: 33 }, "hermite.degree"],
      [{ kind: "rectifiedMonomial", degree: -1 }, "rectifiedMonomial.degree"],
      [{ kind: "polynomial", coefficients: [] }, "polynomial.coefficients"],
      [{ kind: "polynomial", coefficients: [1, Number.NaN] }, "polynomial.coefficients[1]"],
      [{ kind: "polynomial", coefficients: 3 }, "polynomial.coefficients"],
    ] as const)
      expect(refusal(() => scalarActivation(spec)).where).toBe(where);
  });

  it("that are equal give the same object", () => {
    const spec = { kind: "erf", a: 2, c0: 0.5 };
    expect(scalarActivation({ ...spec })).toBe(scalarActivation(spec));
    expect(scalarActivation("erf")).not.toBe(scalarActivation(spec));
  });
});

describe("a slope that jumps at 0", () => {
  it("leaves selu without a class (effective-theory.md §3), and the note says where K falls slowly all the same", () => {
    const selu = scalarActivation("selu");
    const { class: family, note } = universality(selu);
    expect(family).toBe("none");
    expect(note).toContain("σw² = 0.476771, σb² = 0 K falls as l^-2, J as l^-2");
    const sw2 = 1 / derivativeMoment(selu, 0);
    const layers = propagateUniform({ activation: selu, sw2, sb2: 0 }, { K1: 1, depth: 4001 });
    expectClose((layers[4000]!.logJ - layers[2000]!.logJ) / Math.log(2), -2, 1e-2);
  });
});
