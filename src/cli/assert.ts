/**
 * @file The language of `--assert`: comparisons of a path in the result with a value, joined by `&&`. A small parser;
 * nothing is evaluated as code, and only a result's own fields are seen.
 *
 *     criticality.fixedPoint.chiJ < 1.1 && verdict == 'chaotic' && advice.length >= 1
 */
import { badUsage } from "./errors.ts";
import type { Json } from "./json.ts";

export type Operator = "<" | "<=" | ">" | ">=" | "==" | "!=";
export type Literal = number | string | boolean | null;

export interface Comparison {
  readonly path: readonly string[];
  readonly operator: Operator;
  readonly value: Literal;
  /** The comparison as it was written. */
  readonly text: string;
}

const segment = /[A-Za-z_$][\w$-]*|\d+/y;
const operator = /<=|>=|==|!=|<|>/y;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const text = /'([^']*)'|"([^"]*)"/y;
const word = /true|false|null/y;
const space = /\s*/y;

/** A place in the expression; the methods take what they find there or refuse. */
class Reader {
  readonly source: string;
  position = 0;

  constructor(source: string) {
    this.source = source;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    space.lastIndex = this.position;
    const start = this.position + (space.exec(this.source)?.[0].length ?? 0);
    pattern.lastIndex = start;
    const match = pattern.exec(this.source);
    if (!match) return undefined;
    this.position = start + match[0].length;
    return match;
  }

  get isAtEnd(): boolean {
    return this.source.slice(this.position).trim() === "";
  }

  refuse(expected: string): never {
    const rest = this.source.slice(this.position).trim();
    const found = rest === "" ? "the end" : `"${rest.slice(0, 24)}"`;
    throw badUsage(
      `In the assertion "${this.source}", ${expected} was expected at character ${this.position + 1}, but there is ${found}.`,
      "--assert",
      "Write paths and values, as in 'criticality.fixedPoint.chiJ<1.1 && training.best.after<0.1'; texts stand in quotes.",
    );
  }
}

function readPath(reader: Reader): string[] {
  const first = reader.take(segment)?.[0];
  if (first === undefined) reader.refuse("a path");
  const path = [first];
  for (;;) {
    if (reader.take(/\[/y)) {
      const index = reader.take(/\d+/y)?.[0];
      if (index === undefined || !reader.take(/\]/y)) reader.refuse("an index such as [3]");
      path.push(index);
    } else if (reader.take(/\./y)) {
      path.push(reader.take(segment)?.[0] ?? reader.refuse("a field name"));
    } else {
      return path;
    }
  }
}

function readLiteral(reader: Reader): Literal {
  const digits = reader.take(number);
  if (digits) return Number(digits[0]);
  const quoted = reader.take(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? "";
  const named = reader.take(word)?.[0];
  if (named === undefined) reader.refuse("a number or a text in quotes");
  return named === "null" ? null : named === "true";
}

function readComparison(reader: Reader): Comparison {
  const start = reader.position;
  const path = readPath(reader);
  const sign = reader.take(operator)?.[0] as Operator | undefined;
  if (sign === undefined) reader.refuse("one of < <= > >= == !=");
  const value = readLiteral(reader);
  return { path, operator: sign, value, text: reader.source.slice(start, reader.position).trim() };
}

/**
 * Reads an assertion.
 * @throws FathomError bad-input that says what was expected where.
 * @example parseAssertion("criticality.fixedPoint.chiJ<1.1")
 */
export function parseAssertion(source: string): Comparison[] {
  const reader = new Reader(source);
  const comparisons = [readComparison(reader)];
  while (!reader.isAtEnd) {
    if (!reader.take(/&&/y)) reader.refuse("&& or the end");
    comparisons.push(readComparison(reader));
  }
  return comparisons;
}

/** The value at a path: own fields of objects, elements and `length` of lists. */
export function lookUp(result: Json, path: readonly string[]): Json {
  let value = result;
  for (const [depth, name] of path.entries()) {
    const next = fieldOf(value, name);
    if (next === undefined) throw unknownPath(value, path, depth);
    value = next;
  }
  return value;
}

function fieldOf(value: Json, name: string): Json | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value))
    return name === "length" ? value.length : /^\d+$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, Json>)[name] : undefined;
}

function unknownPath(value: Json, path: readonly string[], depth: number) {
  const parent = path.slice(0, depth).join(".");
  const keys = Array.isArray(value) ? [`0…${value.length - 1}`, "length"] : Object.keys(Object(value));
  const known = typeof value === "object" && value !== null ? keys.slice(0, 16).join(", ") : "";
  return badUsage(
    `The result has no "${path.join(".")}": "${path[depth]}" is not in ${parent === "" ? "it" : `"${parent}"`}.`,
    "--assert",
    known === "" ? "A plain value has no fields." : `Known there: ${known}.`,
  );
}

function compare(actual: Json, { operator: sign, value, text: source }: Comparison): boolean {
  if (sign === "==") return actual === value;
  if (sign === "!=") return actual !== value;
  if (actual === null) return false;
  if (typeof actual !== "number" || typeof value !== "number") {
    throw badUsage(
      `"${source}" orders what is not a number.`,
      "--assert",
      "Order numbers with < <= > >=; compare texts with == and !=.",
    );
  }
  if (sign === "<") return actual < value;
  if (sign === "<=") return actual <= value;
  return sign === ">" ? actual > value : actual >= value;
}

/**
 * The comparisons that do not hold, each as a line with the value found; empty when all hold. A null (no finite value)
 * fails every order.
 * @throws FathomError bad-input for a path that the result does not have.
 * @example failedComparisons(parseAssertion("a.b<1"), { a: { b: 2 } }) // ["a.b<1 (a.b is 2)"]
 */
export function failedComparisons(comparisons: readonly Comparison[], result: Json): string[] {
  return comparisons.flatMap((comparison) => {
    const actual = lookUp(result, comparison.path);
    if (compare(actual, comparison)) return [];
    const shown = JSON.stringify(actual);
    const short = shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
    return [`${comparison.text} (${comparison.path.join(".")} is ${short})`];
  });
}
