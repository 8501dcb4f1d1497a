/** @file Activations from expressions: both halves, derivatives, kinks, and what is refused. */
import { describe, expect, it } from "vitest";
import { evaluate, input, orZeros, reduceSum, vjp } from "../../src/expr/index.ts";
import { compileJet } from "../../src/net/activations/custom/jet.ts";
import { parseExpression } from "../../src/net/activations/custom/parse.ts";
import {
  activationText,
  applyActivation,
  parseActivation,
  parseNetText,
  scalarHalf,
} from "../../src/net/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import {
  derivativeMoment,
  dual,
  scalarActivation,
  secondMoment,
  universality,
} from "../../src/theory/index.ts";
import { quickGelu } from "../oracles/activations.ts";
import { refusal } from "../refusal.ts";

const smooth = [
  "tanh(x)*1.2",
  "x*sigmoid(1.702*x)",
  "x*exp(-x^2/2) + cos(x)/3",
  "log1p(x^2) - atan(2*x)",
  "sqrt(x^2 + 1) - 1",
  "softplus(x) - log(2)",
  "gelu(x)^3/(1 + x^2)",
  "erf(x)^2*expm1(x/10)",
  "2^(-x^2) + (x^2 + 1)^(0.3*x)",
  "(1 + x^2)^-1.5",
  "x^5 - 3*x^2 + 7",
];
const kinked: readonly (readonly [string, readonly number[]])[] = [
  ["max(x, 0.1*x)", [0]],
  ["relu(x - 1) + abs(x + 2)", [-2, 1]],
  ["min(max(x, -1.5), 2)", [-1.5, 2]],
  ["step(x)*x^2 - 1", [0]],
  ["sign(x)*log1p(abs(x))", [0]],
  ["abs(x^2 - 2)", [-Math.SQRT2, Math.SQRT2]],
];
const all = [...smooth, ...kinked.map(([text]) => text), "3", "0*x"];
const points = [...Array.from({ length: 161 }, (_, i) => (i - 80) / 16), -40, 40, -1e-9, 1e-9];

describe.each(all)("%s", (text) => {
  const spec = parseActivation(`custom(${text})`);
  const half = scalarHalf(spec);
  const x = input("x", [points.length], "float64");
  const feeds = { x: ndarray("float64", [points.length], points) };
  const y = applyActivation(spec, x);

  const expectEqual = (values: readonly number[], f: (x: number) => number) => {
    for (const [i, got] of values.entries()) {
      const reference = f(points[i]!);
      expect(Math.abs(got - reference), `at ${points[i]}`).toBeLessThanOrEqual(
        1e-11 * Math.max(1, Math.abs(reference)),
      );
    }
  };

  it("has one value and one derivative in both halves, at the kinks too", () => {
    expectEqual([...toNumbers(evaluate([y], feeds)[0]!)], half.f);
    const [gradient] = vjp([reduceSum(y)], [x]);
    expectEqual([...toNumbers(evaluate([orZeros(gradient, x)], feeds)[0]!)], half.df);
  });

  it("has derivatives up to the third as differences have them", () => {
    const jet = compileJet(parseExpression(text));
    const h = 1e-4;
    for (const at of [-2.2, -0.7, 0.3, 1.9]) {
      const [here, left, right] = [jet(at), jet(at - h), jet(at + h)];
      for (const k of [0, 1, 2]) {
        const difference = (k + 1) * here[k + 1]! - (right[k]! - left[k]!) / (2 * h);
        expect(Math.abs(difference), `order ${k + 1} at ${at}`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(here[k + 1]!)),
        );
      }
      expect(here[0]).toBe(half.f(at));
    }
  });

  it("is read back from its text, and made once", () => {
    expect(parseActivation(activationText(spec))).toEqual(spec);
    expect(scalarHalf({ ...spec })).toBe(half);
  });
});

describe("the scalar half", () => {
  it.each(kinked)("of %s finds its kinks", (text, kinks) => {
    const half = scalarHalf({ kind: "custom", expression: text });
    expect(half.kinks.length).toBe(kinks.length);
    for (const [i, kink] of kinks.entries()) expect(half.kinks[i]).toBeCloseTo(kink, 13);
    expect(half.taylor === undefined).toBe(kinks.includes(0));
  });

  it("takes kinks that are listed", () => {
    const half = scalarHalf({ kind: "custom", expression: "abs(x - 200)", kinks: [200] });
    expect(half.kinks).toEqual([200]);
  });

  it("of two jumps closer than the scan sees needs them listed", () => {
    const spec = { kind: "custom", expression: "x*step((x - 0.5031)*(x - 0.5069))" };
    const net = (activation: object) =>
      JSON.stringify({
        fathom: 1,
        layers: [
          { kind: "dense", width: 4 },
          { kind: "activation", activation },
        ],
      });
    expect(refusal(() => parseNetText(net(spec))).message).toMatch(/varies too fast/);
    expect(() => parseNetText(net({ ...spec, kinks: [0.5031, 0.5069] }))).not.toThrow();
  });

  it("has the class, critical point and moments of the activation that it spells", () => {
    for (const [text, kind] of [
      ["max(x, 0)", "relu"],
      ["x*sigmoid(x)", "silu"],
      ["x*tanh(softplus(x))", "mish"],
      ["x/(1 + abs(x))", "softsign"],
      ["relu(x) + expm1(min(x, 0))", "elu"],
      ["min(max(x, -1), 1)", "hardtanh"],
      ["atan(x)", "arctan"],
      ["sigmoid(x)", "sigmoid"],
    ] as const) {
      const custom = scalarHalf({ kind: "custom", expression: text });
      const known = scalarActivation(kind);
      const [found, reference] = [universality(custom), universality(known)];
      expect(found.class, text).toBe(reference.class);
      expect(found.zeta, text).toBe(reference.zeta);
      for (const name of ["sw2", "sb2", "K"] as const)
        expect(found.critical?.[name] ?? -1, `${text} ${name}`).toBeCloseTo(
          reference.critical?.[name] ?? -1,
          9,
        );
      for (const K of [0, 0.3, 4, 1e6])
        for (const moment of [secondMoment, derivativeMoment])
          expect(
            Math.abs(moment(custom, K) / (moment(known, K) || 1) - (moment(known, K) === 0 ? 0 : 1)),
          ).toBeLessThan(1e-9);
    }
  });

  it("of x sigmoid(1.702 x) has the critical point that mpmath finds", () => {
    const { critical } = universality(scalarHalf(parseActivation("custom(x*sigmoid(1.702*x))")));
    for (const name of ["sw2", "sb2", "K"] as const) expect(critical![name]).toBeCloseTo(quickGelu[name], 10);
  });

  it("sees where a smooth activation approaches K = 0 by a higher power", () => {
    // x - x^5 + …: K' - K ~ -K³, so J ~ l^{-1/2}.
    expect(universality(scalarHalf(parseActivation("custom(x*exp(-x^4))")))).toMatchObject({
      class: "zero",
      zeta: 0.5,
    });
  });

  it("grows to Infinity, not to a wrong number or NaN", () => {
    const half = scalarHalf(parseActivation("custom(exp(x))"));
    for (const K of [0.1, 1, 16, 100]) expect(secondMoment(half, K) / Math.exp(2 * K)).toBeCloseTo(1, 10);
    for (const K of [1e3, 1e10, Number.POSITIVE_INFINITY])
      expect(secondMoment(half, K)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("an expression that varies fast", () => {
  it("is resolved around 0 and elsewhere", () => {
    for (const [text, known] of [
      ["sin(5*x)", { kind: "sin", b: 5 }],
      ["erf(200*x)", { kind: "erf", b: 200 }],
      ["exp(-40*x^2)", { kind: "gaussian", b: -40 }],
      ["cos(20*x + 1)", { kind: "cos", b: 20, p: 1 }],
    ] as const) {
      const [half, reference] = [scalarHalf(parseActivation(`custom(${text})`)), scalarActivation(known)];
      for (const K of [0.01, 1, 7])
        for (const moment of [secondMoment, derivativeMoment])
          expect(moment(half, K) / moment(reference, K), `${text} at ${K}`).toBeCloseTo(1, 9);
      const pair = { Ka: 1, Kb: 0.7, C: 0.6 };
      expect(dual(half, pair), text).toBeCloseTo(dual(reference, pair), 8);
    }
  });

  it("is refused beyond that", () => {
    for (const text of ["sin(1000*x)", "tanh(3000*(x - 1))"])
      expect(() => scalarHalf({ kind: "custom", expression: text }), text).toThrow(/varies too fast/);
  });
});

describe("an activation that is not a number somewhere", () => {
  it.each([
    ["log(x)", "x = 0"],
    ["sqrt(x)", "x = -"],
    ["1/x", "x = 0"],
    ["sin(x)/x", "x = 0"],
    ["x^0.5", "x = -"],
    ["exp(x)/(1 + exp(x))", "x = 1000"],
    // 0 times Infinity in the derivative, which only networks compute.
    ["1/(1 + exp(-x))", "In float32 the derivative"],
    ["log1p(exp(x))", "In float32"],
    ["sqrt(x^2)", "x = 0"],
    ["x*relu(x)^0.5", "x = 0"],
    ["abs(x)^0.3", "x = 0"],
  ])("%s is refused, with the point", (expression, point) => {
    const error = refusal(() => parseActivation(`custom(${expression})`, "--activation"));
    expect(error).toMatchObject({ code: "bad-input", where: "--activation" });
    expect(error.message).toContain(point);
  });
});

describe("in networks", () => {
  it("parentheses that are not closed are told as such", () => {
    const error = refusal(() => parseNetText("mlp:depth=2,width=8,activation=custom(max(x, tanh(x)),in=8"));
    expect(error).toMatchObject({ code: "bad-input", where: "mlp:activation" });
    expect(error.hint).toContain("parenthesis");
  });

  it("nested parentheses and commas stand in the one-line form", () => {
    const net = parseNetText(
      "mlp:depth=2,width=8,activation=custom(max(x, sin(x), )),in=8".replace(", )", ")"),
    );
    expect(JSON.stringify(net)).toContain("max(x, sin(x))");
    const line = "mlp:depth=2,width=8,activation=polynomial(0, 1, 0.5),sw2=2,in=8";
    expect(JSON.stringify(parseNetText(line))).toContain('"coefficients":[0,1,0.5]');
  });

  it("an expression in JSON is checked where it stands", () => {
    const net = {
      fathom: 1,
      input: { kind: "vector", shape: [4] },
      layers: [{ kind: "activation", activation: { kind: "custom", expression: "x*foo(x)" } }],
    };
    const error = refusal(() => parseNetText(JSON.stringify(net)));
    expect(error.where).toContain("layers[0].activation");
    expect(error.message).toContain('"foo"');
  });
});
