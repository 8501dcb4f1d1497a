/**
 * @file Text to tree: numbers, x, pi, e, + - * /, ^ or **, unary minus, parentheses, and calls of a fixed list of functions.
 * jsep reads the grammar; nothing is ever evaluated by it. It is configured here once, and used nowhere else.
 */
import jsep from "jsep";
import { FathomError } from "../../../tensor/index.ts";
import { nearestName } from "../../../theory/index.ts";
import type { BinaryOperator, Expression } from "./ast.ts";
import { choices, constants, functions } from "./functions.ts";

/** Characters of an expression: enough for any formula, and it bounds the depth of recursion. */
export const MAX_LENGTH = 400;
/** Levels of parentheses and calls. */
export const MAX_DEPTH = 40;

const functionNames = [...Object.keys(functions), ...Object.keys(choices)];

/** What an expression may hold, for messages. */
const ALLOWED = `Allowed: numbers, x, ${Object.keys(constants).join(", ")}, + - * / ^, parentheses, ${functionNames.join(", ")}.`;

const POWER = "^";

configure();

function configure(): void {
  jsep.removeAllBinaryOps();
  jsep.removeAllUnaryOps();
  jsep.removeAllLiterals();
  jsep.addBinaryOp("+", 1);
  jsep.addBinaryOp("-", 1);
  jsep.addBinaryOp("*", 2);
  jsep.addBinaryOp("/", 2);
  // jsep binds a sign tighter than any operator. Powers are therefore read with the token before them, so that
  // -x^2 = -(x^2) and 2^-x = 2^(-x), and they group from the right.
  jsep.hooks.add("gobble-token", function readSignOrNumber(env) {
    const sign = this.char;
    if (sign === "-" || sign === "+") {
      const start = this.index;
      this.index++;
      const argument = this.gobbleToken();
      if (!argument) throw unfinished(start, sign);
      env.node = { type: "UnaryExpression", operator: sign, argument, prefix: true };
    } else if (/[0-9.]/.test(sign)) {
      const literal = this.gobbleNumericLiteral();
      if (literal) env.node = literal;
    }
  });
  jsep.hooks.add("after-token", function readPower(env) {
    if (!env.node) return;
    this.gobbleSpaces();
    const start = this.index;
    const sign = this.char === POWER ? POWER : this.expr.startsWith("**", start) ? "**" : undefined;
    if (sign === undefined) return;
    this.index += sign.length;
    const right = this.gobbleToken();
    if (!right) throw unfinished(start, sign);
    env.node = { type: "BinaryExpression", operator: POWER, left: env.node, right };
  });
}

/** An error with the position that jsep gives to its own. */
function unfinished(index: number, sign: string): Error {
  return Object.assign(new Error(`Expected expression after ${sign}`), {
    index,
    description: `Expected expression after ${sign}`,
  });
}

/**
 * Reads an expression of x.
 * @throws FathomError bad-input with the position and what is allowed.
 * @example printExpression(parseExpression("x*sigmoid(1.702*x)")) // "(x * sigmoid((1.702 * x)))"
 */
export function parseExpression(text: string): Expression {
  if (text.trim() === "") throw wrong("The expression is empty.");
  if (text.length > MAX_LENGTH)
    throw wrong(`The expression has ${text.length} characters; the bound is ${MAX_LENGTH}.`);
  return treeOf(read(text), text, 0);
}

function read(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    const { description, index } = error as { description?: string; index?: number };
    if (description === undefined || index === undefined) throw error;
    throw wrong(`${description} at character ${index + 1} of "${text}".`);
  }
}

function wrong(message: string, hint = ALLOWED): FathomError {
  return new FathomError({ code: "bad-input", message, where: "custom.expression", hint });
}

/** jsep's tree as ours; everything that has no place in a formula is refused. */
function treeOf(node: jsep.Expression, text: string, depth: number): Expression {
  if (depth > MAX_DEPTH) throw wrong(`"${text}" is nested more than ${MAX_DEPTH} levels deep.`);
  const { type, operator, name } = node as { type: string; operator?: string; name?: string };
  const below = (key: string) => treeOf(node[key] as jsep.Expression, text, depth + 1);
  switch (type) {
    case "Literal":
      return numberOf(node["value"], text);
    case "Identifier":
      return nameOf(name!, text);
    case "UnaryExpression":
      return operator === "-" ? { op: "negate", of: below("argument") } : below("argument");
    case "BinaryExpression":
      return { op: operator as BinaryOperator, left: below("left"), right: below("right") };
    case "CallExpression":
      return callOf(node, text, depth);
    case "Compound":
      throw wrong(`"${text}" is more than one expression: an operator is missing.`);
    default:
      throw wrong(`"${text}" holds what is no formula (${type}).`);
  }
}

function numberOf(value: unknown, text: string): Expression {
  if (typeof value === "number" && Number.isFinite(value)) return { op: "number", value };
  throw wrong(`"${text}" holds ${JSON.stringify(value)}, which is not a finite number.`);
}

function nameOf(name: string, text: string): Expression {
  if (name === "x") return { op: "x" };
  if (Object.hasOwn(constants, name)) return { op: "number", value: constants[name]! };
  throw unknownName(name, text, ["x", ...Object.keys(constants)]);
}

function callOf(node: jsep.Expression, text: string, depth: number): Expression {
  const { name } = node["callee"] as { name?: unknown };
  const given = node["arguments"] as jsep.Expression[];
  if (typeof name !== "string") throw wrong(`"${text}" calls what is not the name of a function.`);
  const arity = Object.hasOwn(functions, name) ? 1 : Object.hasOwn(choices, name) ? 2 : undefined;
  if (arity === undefined) throw unknownName(name, text, functionNames);
  if (given.length !== arity)
    throw wrong(
      `${name} takes ${arity} argument${arity === 1 ? "" : "s"}, not ${given.length}, in "${text}".`,
    );
  return { op: "call", name, args: given.map((argument) => treeOf(argument, text, depth + 1)) };
}

function unknownName(name: string, text: string, names: readonly string[]): FathomError {
  const near = nearestName(name, names);
  const at = text.indexOf(name) + 1;
  const hint = near === undefined ? ALLOWED : `Did you mean "${near}"? ${ALLOWED}`;
  return wrong(`"${name}" at character ${at} of "${text}" is unknown.`, hint);
}
