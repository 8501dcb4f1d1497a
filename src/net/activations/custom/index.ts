/** @file φ(x) from an expression of x: `custom(x*sigmoid(1.702*x))`. */
import { z } from "zod";
import { finite } from "../../options.ts";
import { defineParametricActivation } from "../define.ts";
import { MAX_LENGTH, parseExpression } from "./parse.ts";
import { customActivation } from "./scalar.ts";
import { tensorOf } from "./tensor.ts";

export { printExpression } from "./ast.ts";
export { parseExpression } from "./parse.ts";
export { customActivation } from "./scalar.ts";

export const custom = defineParametricActivation({
  kind: "custom",
  summary: "φ(x) = expression",
  params: z.strictObject({
    expression: z
      .string()
      .max(MAX_LENGTH)
      .describe("of x, with + - * / ^ and functions such as exp, tanh, sigmoid, relu, max"),
    kinks: z
      .array(finite)
      .max(64)
      .optional()
      .describe("where it has kinks that are not found: outside ±100, or closer than 0.01"),
  }),
  check: customActivation,
  // Kinks that are listed by hand have no place in the text.
  text: { read: (inside) => ({ expression: inside.trim() }), write: ({ expression: text }) => text },
  apply: ({ expression: text }, x) => tensorOf(parseExpression(text), x),
});
