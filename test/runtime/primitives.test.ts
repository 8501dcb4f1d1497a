/** @file Every primitive, and the graphs of its derivatives: ONNX Runtime computes what the interpreter computes. */
import { describe, expect, it } from "vitest";
import { primitives } from "../../src/expr/primitives/index.ts";
import { cases } from "../expr/cases.ts";
import { compare, firstOrder, secondOrder } from "./compared.ts";

describe.each(["float32", "float64"] as const)(
  "in %s, ONNX Runtime agrees with the interpreter on",
  (dtype) => {
    it.each(cases)("$name", async (example) => {
      await compare(firstOrder(example, dtype), dtype, "cpu");
    });
  },
);

describe("in float64, ONNX Runtime agrees with the interpreter on the second derivatives of", () => {
  it.each(cases.filter(({ rough }) => rough !== true))("$name", async (example) => {
    await compare(secondOrder(example, "float64"), "float64", "cpu");
  });
});

it("the cases cover every primitive", () => {
  const covered = new Set(cases.map(({ primitive }) => primitive));
  const missing = primitives.map(({ name }) => name).filter((name) => !covered.has(name) && name !== "input");
  expect(missing).toEqual([]);
});
