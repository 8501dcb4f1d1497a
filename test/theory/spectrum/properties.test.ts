/** @file Spectra of J Jᵀ: what must hold whatever the layers are, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  derivativeMoment,
  type JacobianSpectrum,
  jacobianSpectrum,
  momentsOfS,
  type ScalarActivation,
  type SpectrumLayer,
  scalarActivation,
  sTransform,
  uniformSpectrum,
} from "../../../src/theory/index.ts";
import { refusal } from "../../refusal.ts";
import { expectClose } from "../close.ts";

const kinds = [
  "linear",
  "relu",
  "erf",
  "tanh",
  "sin",
  "gelu",
  "silu",
  "elu",
  "hardtanh",
  "softplus",
] as const;
const weights = fc.constantFrom("haar" as const, "gaussian" as const);
const layer: fc.Arbitrary<SpectrumLayer> = fc.record({
  activation: fc.constantFrom(...kinds).map((kind) => scalarActivation(kind)),
  q: fc.double({ min: 0.02, max: 3, noNaN: true }),
  sw2: fc.double({ min: 0.5, max: 2, noNaN: true }),
  weights,
});

/** Mass, mean and variance to 1e-3 (criticality.md §9), the distribution rising from the mass at 0 to 1. */
function expectAddsUp(spectrum: JacobianSpectrum, what = ""): void {
  const { mass, mean, variance } = spectrum.totals();
  expectClose(mass, 1, 1e-3, `${what} mass`);
  expectClose(mean, 1, 1e-3, `${what} mean`);
  expectClose(variance, spectrum.relativeVariance, 1e-3, `${what} variance`);
  const { lambda, F } = spectrum.distribution();
  for (let i = 1; i < F.length; i++) {
    expect(F[i]!).toBeGreaterThanOrEqual(F[i - 1]!);
    expect(lambda[i]!).toBeGreaterThanOrEqual(lambda[i - 1]!);
  }
  expect(F.at(-1)).toBe(1);
}

describe("density and atoms add up to mass, mean and variance", () => {
  it("for chains of different layers", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 6 }), (layers) => {
        const spectrum = jacobianSpectrum({ layers });
        expectAddsUp(spectrum);
        const mean = layers.reduce(
          (m, { sw2, activation, q }) => m * sw2 * derivativeMoment(activation, q),
          1,
        );
        expectClose(spectrum.mean / mean, 1, 1e-12);
        const [m1, m2] = spectrum.moments(2);
        expectClose(m1! / mean, 1, 1e-12);
        expectClose((m2! - m1! * m1!) / m1! ** 2, spectrum.relativeVariance, 1e-9);
      }),
      { numRuns: 8, seed: 4 },
    );
  });

  for (const kind of [...kinds, "selu", "mish", "softsign", "arctan", "sigmoid"]) {
    it(`for 1, 2 and 7 Haar layers of ${kind}`, () => {
      for (const depth of [1, 2, 7])
        expectAddsUp(
          uniformSpectrum({ activation: scalarActivation(kind), q: 0.7, depth, weights: "haar" }),
          kind,
        );
    });
  }

  it("for 10,000 layers at the q of the isometry recipe", () => {
    const q = 0.001780322;
    const deep = uniformSpectrum({ activation: scalarActivation("erf"), q, depth: 10_000, weights: "haar" });
    expectAddsUp(deep);
    expectClose(deep.edge!, 2.40339, 5e-6);
  });

  it("for q from 1e-9 to 1e6", () => {
    for (const q of [1e-9, 1e-5, 1e-3, 30, 1e3, 1e6]) {
      const spectrum = uniformSpectrum({ activation: scalarActivation("erf"), q, depth: 8, weights: "haar" });
      const { mean, variance } = spectrum.totals();
      expectClose(mean, 1, 1e-3, `q = ${q}`);
      expectClose(variance, spectrum.relativeVariance, 1e-3, `q = ${q}`);
      spectrum.distribution();
    }
  });
});

describe("layers", () => {
  it("that are listed one by one have the spectrum of as many equal ones, in any order", () => {
    const one = { activation: scalarActivation("erf"), q: 0.2, sw2: 1.05, weights: "haar" } as const;
    const other = { activation: scalarActivation("relu"), q: 1, sw2: 2, weights: "gaussian" } as const;
    const a = jacobianSpectrum({ layers: [one, one, other, other] });
    const b = jacobianSpectrum({ layers: [{ ...other }, { ...one }, { ...other }, { ...one }] });
    expectClose(a.edge! / b.edge!, 1, 1e-9);
    const lambdas = [0.1, 0.5, 1, 2];
    const [x, y] = [a.density(lambdas), b.density(lambdas)];
    x.forEach((rho, i) => {
      expectClose(rho, y[i]!, 1e-7);
    });
  });

  it("of nearly equal q have nearly the spectrum of equal ones", () => {
    const activation = scalarActivation("erf");
    const at = (q: number) => ({ activation, q, sw2: 1.05, weights: "haar" }) as const;
    const equal = jacobianSpectrum({ layers: new Array(6).fill(at(0.2)) });
    const near = jacobianSpectrum({ layers: [0, 1, 2, 3, 4, 5].map((i) => at(0.2 + 1e-6 * (i - 2.5))) });
    expectClose(near.density([1])[0]!, equal.density([1])[0]!, 1e-7);
    expectClose(near.edge!, equal.edge!, 1e-7);
  });

  it("neighbours among sixty of them are joined without a trace in mean and variance", () => {
    const activation = scalarActivation("tanh");
    const layers = Array.from({ length: 60 }, (_, i) => ({
      activation,
      q: 0.5 / (i + 1),
      sw2: 1,
      weights: "haar" as const,
    }));
    expectAddsUp(jacobianSpectrum({ layers }));
  });

  it("that are linear with orthogonal weights change the mean only", () => {
    const erf = { activation: scalarActivation("erf"), q: 0.2, sw2: 1, weights: "haar" } as const;
    const linear = { ...erf, activation: scalarActivation("linear"), sw2: 4 };
    const alone = jacobianSpectrum({ layers: [erf] });
    const scaled = jacobianSpectrum({ layers: [linear, erf, linear] });
    expectClose(scaled.edge!, 16 * alone.edge!, 1e-12);
    expectClose(scaled.density([10])[0]! * 16, alone.density([10 / 16])[0]!, 1e-9);
  });

  it("one orthogonal erf layer has the law of φ'²: P(φ'² < λ) = 2 (1 - Φ(g)), φ'(sqrt(q) g)² = λ", () => {
    const one = uniformSpectrum({
      activation: scalarActivation("erf"),
      q: 0.2,
      depth: 1,
      weights: "haar",
      sw2: 1,
    });
    const g = 1;
    const lambda = (4 / Math.PI) * Math.exp(-2 * 0.2 * g * g);
    expectClose(one.quantile(0.31731050786291415), lambda, 3e-5);
    const density = (2 * Math.exp((-g * g) / 2)) / Math.sqrt(2 * Math.PI) / (lambda * 4 * 0.2 * g);
    expectClose(one.density([lambda])[0]!, density, 1e-6);
  });

  it("two orthogonal relu layers have the arcsine law", () => {
    const two = uniformSpectrum({ activation: scalarActivation("relu"), q: 1, depth: 2, weights: "haar" });
    for (const lambda of [0.01, 0.5, 1, 2, 3.9])
      expectClose(two.density([lambda])[0]!, 1 / (2 * Math.PI * Math.sqrt(lambda * (4 - lambda))), 1e-6);
    // Half the mass at 0, half arcsine: F(2) = 3/4.
    expectClose(two.quantile(0.75), 2, 1e-5);
  });

  it("the density lies at any order of its arguments, and is 0 outside", () => {
    const spectrum = uniformSpectrum({
      activation: scalarActivation("erf"),
      q: 0.2,
      depth: 10,
      weights: "haar",
    });
    expect([...spectrum.density([1, 4])]).toEqual([...spectrum.density([4, 1])].reverse());
    expect([...spectrum.density([4.4, 1e9])]).toEqual([0, 0]);
  });

  it("of an unbounded φ' have no edge", () => {
    const cubic = scalarActivation({ kind: "polynomial", coefficients: [0, 1, 0, 0.1] });
    expect(uniformSpectrum({ activation: cubic, q: 0.3, depth: 3, weights: "haar" }).edge).toBeNull();
  });

  it("at q = 0 are points at φ'(0)²", () => {
    const at0 = uniformSpectrum({
      activation: scalarActivation("erf"),
      q: 0,
      depth: 4,
      weights: "haar",
      sw2: 1,
    });
    expectClose(at0.atoms[0]!.at, (4 / Math.PI) ** 4, 1e-12);
    expect(at0.atoms[0]!.mass).toBe(1);
    expect(at0.bulk).toBeNull();
  });

  it("far off the critical line keep their logarithms", () => {
    const options = { activation: scalarActivation("erf"), q: 0.2, depth: 5000, weights: "haar" } as const;
    const large = uniformSpectrum({ ...options, sw2: 9 });
    expect(large.mean).toBe(Number.POSITIVE_INFINITY);
    expect(Number.isFinite(large.logMean) && Number.isFinite(large.logEdge)).toBe(true);
    const small = uniformSpectrum({ ...options, sw2: 0.01 });
    expect(small.mean).toBe(0);
    expect(Number.isFinite(small.logEdge)).toBe(true);
  });
});

describe("power series", () => {
  it("S of a square Gaussian matrix is 1/(1 + y), of Bernoulli(1/2) (1 + y)/(1/2 + y)", () => {
    [...sTransform([1, 2, 5, 14, 42])].forEach((c, n) => {
      expectClose(c, (-1) ** n, 1e-14);
    });
    const half = sTransform([0.5, 0.5, 0.5, 0.5]);
    [2, -2, 4, -8].forEach((c, n) => {
      expectClose(half[n]!, c, 1e-13);
    });
  });

  it("moments come back from S", () => {
    const moments = [0.7, 1.3, 3.1, 8.2, 24];
    [...momentsOfS(sTransform(moments))].forEach((m, i) => {
      expectClose(m, moments[i]!, 1e-12);
    });
  });
});

describe("refused", () => {
  const erf = { activation: scalarActivation("erf"), q: 0.2, sw2: 1, weights: "haar" } as const;
  const of = (change: object) => () => jacobianSpectrum({ layers: [{ ...erf, ...change } as SpectrumLayer] });
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ["no layers", () => jacobianSpectrum({ layers: [] }), "layers.length"],
    ["depth 0", () => uniformSpectrum({ ...erf, depth: 0 }), "depth"],
    ["negative q", of({ q: -1 }), "layers[0].q"],
    ["q that is no number", of({ q: Number.NaN }), "layers[0].q"],
    ["sw2 = 0", of({ sw2: 0 }), "layers[0].sw2"],
    ["negative sw2", of({ sw2: -1 }), "layers[0].sw2"],
    ["an unknown ensemble", of({ weights: "uniform" }), "layers[0].weights"],
    ["a flat activation", of({ activation: scalarActivation("sign") }), "activation"],
    [
      "no derivative",
      of({ activation: { ...erf.activation, df: undefined } as unknown as ScalarActivation }),
      "activation.df",
    ],
    ["no λ", () => jacobianSpectrum({ layers: [erf] }).density([]), "lambdas"],
    ["λ = 0", () => jacobianSpectrum({ layers: [erf] }).density([1, 0]), "lambdas[1]"],
    [
      "λ that is infinite",
      () => jacobianSpectrum({ layers: [erf] }).density([Number.POSITIVE_INFINITY]),
      "lambdas[0]",
    ],
    ["a quantile of 0", () => jacobianSpectrum({ layers: [erf] }).quantile(0), "p"],
    ["no moments", () => jacobianSpectrum({ layers: [erf] }).moments(0), "count"],
  ];
  for (const [what, act, where] of cases) {
    it(what, () => {
      const error = refusal(act);
      expect(error.where).toBe(where);
      expect(error.hint).toBeTruthy();
    });
  }
});
