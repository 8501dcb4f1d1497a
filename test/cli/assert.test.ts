import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failedComparisons, lookUp, parseAssertion } from "../../src/cli/assert.ts";
import { isInputError } from "../../src/tensor/index.ts";

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/);
const operator = fc.constantFrom("<", "<=", ">", ">=", "==", "!=") as fc.Arbitrary<
  "<" | "<=" | ">" | ">=" | "==" | "!="
>;
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

function refusal(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (isInputError(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("the language of --assert", () => {
  it("reads back every path, operator and number, whatever the spaces", () => {
    const spaces = fc.constantFrom("", " ", "   ");
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 4 }),
        operator,
        finite,
        spaces,
        (path, sign, value, space) => {
          const source = `${path.join(".")}${space}${sign}${space}${value}`;
          const [comparison, ...rest] = parseAssertion(source);
          expect(rest).toEqual([]);
          expect(comparison).toEqual({ path, operator: sign, value: Number(String(value)), text: source });
        },
      ),
    );
  });

  it("orders numbers as JavaScript does", () => {
    fc.assert(
      fc.property(finite, finite, operator, (actual, value, sign) => {
        const holds = {
          "<": actual < value,
          "<=": actual <= value,
          ">": actual > value,
          ">=": actual >= value,
          "==": actual === value,
          "!=": actual !== value,
        }[sign];
        expect(failedComparisons(parseAssertion(`x${sign}${value}`), { x: actual }).length === 0).toBe(holds);
      }),
    );
  });

  it("never throws anything but a refusal, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        try {
          parseAssertion(source);
        } catch (error) {
          expect(isInputError(error)).toBe(true);
        }
      }),
    );
  });

  it("joins comparisons by && and names those that fail with what was found", () => {
    const parsed = parseAssertion("a.b<1 && a.c == 'chaotic' && list[1] >= 3 && list.length==2");
    expect(failedComparisons(parsed, { a: { b: 2, c: "ordered" }, list: [1, 3] })).toEqual([
      "a.b<1 (a.b is 2)",
      `a.c == 'chaotic' (a.c is "ordered")`,
    ]);
  });

  it("lets a missing value fail every order, and be asked for by null", () => {
    expect(failedComparisons(parseAssertion("x<1"), { x: null })).toHaveLength(1);
    expect(failedComparisons(parseAssertion("x>1"), { x: null })).toHaveLength(1);
    expect(failedComparisons(parseAssertion("x==null"), { x: null })).toEqual([]);
  });

  it("refuses a path that the result does not have, and says what it has", () => {
    const error = refusal(() => lookUp({ fixedPoint: { chiJ: 1 } }, ["fixedPoint", "chiQ"]));
    expect(error.message).toContain("fixedPoint.chiQ");
    expect((error as { hint?: string }).hint).toContain("chiJ");
  });

  it.each(["__proto__", "constructor", "toString"])("does not see the inherited %s", (inherited) => {
    refusal(() => lookUp({ a: 1 }, [inherited]));
    refusal(() => lookUp({ a: [1] }, ["a", inherited]));
  });

  it.each([
    "",
    "a",
    "a<",
    "<1",
    "a<b",
    "a<1 &&",
    "a<1 || b<2",
    "a(1)<2",
    "a=1",
    "a..b<1",
    "a[x]<1",
    "a<1e",
    "a<'x",
  ])("refuses %j", (source) => {
    expect(refusal(() => parseAssertion(source)).message).toContain("expected");
  });

  it("refuses to order texts", () => {
    refusal(() => failedComparisons(parseAssertion("a<'b'"), { a: "a" }));
  });
});
