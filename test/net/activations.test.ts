/** @file Both halves of every activation are one function: the forward expression and the mathematics agree. */
import { describe, expect, it } from "vitest";
import { evaluate, input, orZeros, reduceSum, vjp } from "../../src/expr/index.ts";
import {
  activationKinds,
  activationText,
  applyActivation,
  parseActivation,
  scalarHalf,
} from "../../src/net/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import * as theory from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";

const kernelOnly = "expNormalized";
/** Needs its expression, and has tests of its own. */
const ofExpression = "custom";

const texts = [
  ...activationKinds.filter((kind) => kind !== kernelOnly && kind !== ofExpression),
  "leakyRelu(0.3)",
  "leakyRelu(-0.5)",
  "abRelu(-0.7, 1.4)",
  "erf(0.7, 1.3, 0.2)",
  "sin(1.2, 0.8, 0.3)",
  "cos(1.2, 0.8, 0.3)",
  "elu(0.5)",
  "rbf(0.7)",
  "exp(0.5, 0.6)",
  "gaussian(1.1, -0.7)",
  ...[0, 1, 3, 5].flatMap((n) => [`hermite(${n})`, `monomial(${n})`, `rectifiedMonomial(${n})`]),
  "polynomial(0.3, -1, 0.5, 0.25, -0.1)",
  "polynomial(2)",
];
const specs = texts.map((text) => parseActivation(text));

/** Within the tolerance of the larger of 1 and the reference, or the same infinity. */
function expectSame(value: number, reference: number, at: number): void {
  if (value === reference) return;
  expect(Math.abs(value - reference), `at ${at}`).toBeLessThanOrEqual(
    1e-12 * Math.max(1, Math.abs(reference)),
  );
}

/** Dense around 0, in the tails, and at the kinks of all activations. */
const points = [
  ...Array.from({ length: 401 }, (_, i) => (i - 200) / 25),
  ...[-1e3, -300, -40, -20, 20, 40, 300, 1e3, 1e-9, -1e-9, 1e-200, 0, -1, 1],
];
const x = input("x", [points.length], "float64");
const feeds = { x: ndarray("float64", [points.length], points) };

describe.each(specs.map((spec) => [activationText(spec), spec] as const))("%s", (_, spec) => {
  const y = applyActivation(spec, x);
  const half = scalarHalf(spec);

  it("has the values of its scalar half", () => {
    const [values] = evaluate([y], feeds);
    // Both are float64 formulas of a few operations; 1e-12 is the bar of engine.md §4.
    for (const [i, value] of toNumbers(values!).entries()) expectSame(value, half.f(points[i]!), points[i]!);
  });

  it("has the derivative of its scalar half, at the kinks too", () => {
    const [gradient] = vjp([reduceSum(y)], [x]);
    const [values] = evaluate([orZeros(gradient, x)], feeds);
    for (const [i, value] of toNumbers(values!).entries()) expectSame(value, half.df(points[i]!), points[i]!);
  });

  it("is read back from its text", () => {
    expect(parseActivation(activationText(spec))).toEqual(spec);
  });
});

it("both rooms know the same activations", () => {
  expect([...activationKinds].sort()).toEqual([...theory.activationKinds, ofExpression].sort());
});

it("synonyms are accepted, and misspelt names answered with the nearest", () => {
  expect(parseActivation("swish")).toEqual({ kind: "silu" });
  expect(parseActivation("identity")).toEqual({ kind: "linear" });
  expect(refusal(() => parseActivation("gleu", "--activation"))).toMatchObject({
    code: "bad-input",
    where: "--activation",
    hint: 'Did you mean "gelu"?',
  });
  expect(refusal(() => parseActivation("relu(1)")).message).toMatch(/relu takes none/);
  expect(refusal(() => parseActivation("polynomial(1, x)")).message).toContain('"x" is not a number');
  expect(refusal(() => parseActivation("monomial(1.5)")).code).toBe("bad-input");
  expect(refusal(() => parseActivation("rbf(0)")).code).toBe("bad-input");
});

it("parameters left out keep the text short, and given ones are filled up to the last", () => {
  expect(activationText(parseActivation("erf"))).toBe("erf");
  expect(parseActivation("erf")).toEqual({ kind: "erf" });
  expect(activationText({ kind: "sin", p: 0.5 })).toBe("sin(1, 1, 0.5)");
  expect(activationText({ kind: "erf", a: 2 })).toBe("erf(2)");
});

it("a kernel without a function is refused where a function is needed, by name", () => {
  const spec = parseActivation(kernelOnly);
  const half = scalarHalf(spec);
  for (const use of [
    () => applyActivation(spec, x),
    () => half.f(0),
    () => half.df(0),
    () => theory.mean(half, 1),
  ])
    expect(refusal(use)).toMatchObject({ code: "unsupported", message: expect.stringContaining(kernelOnly) });
  expect(theory.dual(half, { Ka: 1, Kb: 4, C: 1 })).toBeCloseTo(2 * Math.exp(-0.5), 14);
});
