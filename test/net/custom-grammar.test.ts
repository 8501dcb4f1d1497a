/** @file The grammar of `custom` expressions: what they mean, what is refused, and that nothing else comes of any text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childrenOf, type Expression, printExpression } from "../../src/net/activations/custom/ast.ts";
import { choices, functions } from "../../src/net/activations/custom/functions.ts";
import { compileValue } from "../../src/net/activations/custom/jet.ts";
import { parseExpression } from "../../src/net/activations/custom/parse.ts";
import { FathomError } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const number = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  fc.constantFrom(1e-20, 3.5e12),
);
const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.constant<Expression>({ op: "x" }),
    number.map((value): Expression => ({ op: "number", value })),
    tie("tree").map((of): Expression => ({ op: "negate", of })),
    fc
      .tuple(fc.constantFrom("+", "-", "*", "/", "^"), tie("tree"), tie("tree"))
      .map(([op, left, right]) => ({ op, left, right }) as Expression),
    fc
      .tuple(fc.constantFrom(...Object.keys(functions)), tie("tree"))
      .map(([name, argument]): Expression => ({ op: "call", name, args: [argument] })),
    fc
      .tuple(fc.constantFrom(...Object.keys(choices)), tie("tree"), tie("tree"))
      .map(([name, a, b]): Expression => ({ op: "call", name, args: [a, b] })),
  ),
}));

const value = (text: string) => compileValue(parseExpression(text));

describe("the grammar", () => {
  it("is read back from what is printed, as the same tree", () => {
    fc.assert(
      fc.property(tree, (expression) => {
        const text = printExpression(expression);
        fc.pre(text.length <= 400);
        expect(parseExpression(text)).toEqual(expression);
      }),
      { numRuns: 300 },
    );
  });

  it("binds powers before signs, signs before products, and groups powers from the right", () => {
    const at = 3;
    for (const [text, reference] of [
      ["-x^2", -9],
      ["(-x)^2", 9],
      ["2^-x", 1 / 8],
      ["2^3^2", 512],
      ["2**3", 8],
      ["-2^2*x", -12],
      ["x - 1 - 1", 1],
      ["12/x/2", 2],
      ["2*x^2 + 1", 19],
      ["+x", 3],
      ["- - x", 3],
      ["1.5e1*x", 45],
      [".5*x", 1.5],
      ["pi*e", Math.PI * Math.E],
      ["max(x, 2*min(x, 1))", 3],
    ] as const)
      expect(value(text)(at), text).toBe(reference);
  });

  it("refuses what is no formula, with the position and what is allowed", () => {
    for (const [text, message] of [
      ["", /empty/],
      ["x +", /character 4/],
      ["x y", /operator is missing/],
      ["foo(x)", /"foo" at character 1/],
      ["x + sigmoyd(x)", /"sigmoyd" at character 5/],
      ["sin x", /operator is missing/],
      ["sin()", /takes 1 argument, not 0/],
      ["max(x)", /takes 2 arguments, not 1/],
      ["x.constructor", /MemberExpression|no formula/],
      ["constructor(x)", /unknown/],
      ["__proto__", /unknown/],
      ["'a'", /not a finite number/],
      ["1e999", /not a finite number/],
      ["x ? 1 : 2", /no formula/],
      ["[x]", /no formula/],
      ["(x, 1)", /no formula/],
      ["x = 1", /character/],
      ["this", /unknown|no formula/],
      ["-", /character/],
      ["2^", /character/],
      ["x".padEnd(500, "+x"), /bound is 400/],
      [`${"(".repeat(3)}${"abs(".repeat(60)}x${")".repeat(63)}`, /levels deep/],
    ] as const) {
      const error = refusal(() => parseExpression(text));
      expect(error, text).toMatchObject({ code: "bad-input", where: "custom.expression" });
      expect(error.message, text).toMatch(message);
      expect(error.hint).toMatch(/Allowed: numbers, x, pi, e/);
    }
    expect(refusal(() => parseExpression("x + sigmoyd(x)")).hint).toContain('Did you mean "sigmoid"');
  });

  it("answers any text with a tree or a FathomError", () => {
    const alphabet = fc.constantFrom(
      ..."xe01.,+-*/^() ",
      "sin",
      "max",
      "abs(",
      "**",
      "[",
      "?",
      "'",
      "`",
      "é",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(alphabet, { maxLength: 30 }).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            parseExpression(text);
          } catch (error) {
            expect(error).toBeInstanceOf(FathomError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

it("trees know their children", () => {
  expect(childrenOf(parseExpression("x*sin(x)")).map(printExpression)).toEqual(["x", "sin(x)"]);
});
