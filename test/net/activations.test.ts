/** @file Both halves of every activation are one function: the forward expression and the mathematics agree. */
import { describe, expect, it } from "vitest";
import { evaluate, input, reduceSum, vjp } from "../../src/expr/index.ts";
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

const specs = [...activationKinds, "leakyRelu(0.3)", "leakyRelu(-0.5)"].map((text) => parseActivation(text));

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
    for (const [i, value] of toNumbers(values!).entries()) {
      const reference = half.f(points[i]!);
      // Both are float64 formulas of a few operations; 1e-12 is the bar of engine.md §4.
      expect(Math.abs(value - reference), `at ${points[i]}`).toBeLessThanOrEqual(
        1e-12 * Math.max(1, Math.abs(reference)),
      );
    }
  });

  it("has the derivative of its scalar half, at the kinks too", () => {
    const [gradient] = vjp([reduceSum(y)], [x]);
    const [values] = evaluate([gradient!], feeds);
    for (const [i, value] of toNumbers(values!).entries()) {
      const reference = half.df(points[i]!);
      expect(Math.abs(value - reference), `at ${points[i]}`).toBeLessThanOrEqual(
        1e-12 * Math.max(1, Math.abs(reference)),
      );
    }
  });

  it("is read back from its text", () => {
    expect(parseActivation(activationText(spec))).toEqual(spec);
  });
});

it("both rooms know the same activations", () => {
  expect([...activationKinds].sort()).toEqual([...theory.activationKinds].sort());
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
});
