/** @file The forward expression of a `custom` activation, built from the primitives of `expr`; constants are folded. */
import {
  add,
  broadcastTo,
  constant,
  div,
  exp,
  mul,
  neg,
  pow,
  sub,
  type Tensor,
} from "../../../expr/index.ts";
import { wholePower } from "../polynomials.ts";
import { type Binary, dependsOnX, type Expression } from "./ast.ts";
import { choices, functions } from "./functions.ts";
import { compileValue } from "./jet.ts";

/** Whole powers up to this are products, whose derivatives hold for every sign of the base. */
const LARGEST_PRODUCT = 64;

/** φ(x) on a tensor of any shape. */
export function tensorOf(expression: Expression, x: Tensor): Tensor {
  const result = build(expression, x);
  return typeof result === "number" ? broadcastTo(constant(result, x.dtype), x.shape) : result;
}

function build(expression: Expression, x: Tensor): Tensor | number {
  if (!dependsOnX(expression)) return compileValue(expression)(0);
  switch (expression.op) {
    case "number":
      return expression.value;
    case "x":
      return x;
    case "negate":
      return neg(build(expression.of, x) as Tensor);
    case "call": {
      const [a, b] = expression.args.map((argument) => build(argument, x));
      const one = functions[expression.name];
      return one === undefined ? choices[expression.name]!.tensor(a!, b!) : one.tensor(a as Tensor);
    }
    case "^":
      return power(expression, x);
    default: {
      const apply = { "+": add, "-": sub, "*": mul, "/": div }[expression.op];
      return apply(build(expression.left, x), build(expression.right, x));
    }
  }
}

function power({ left, right }: Binary, x: Tensor): Tensor {
  const base = build(left, x);
  const exponent = build(right, x);
  if (typeof base === "number") return exp(mul(exponent, Math.log(base)));
  if (typeof exponent !== "number") return pow(base, exponent);
  const whole = Number.isInteger(exponent) && exponent >= 0 && exponent <= LARGEST_PRODUCT;
  return whole ? wholePower(base, exponent) : pow(base, exponent);
}
