/**
 * @file The mathematics of a `custom` activation: value, derivatives, Taylor coefficients and kinks of its expression. Its Gaussian
 * integrals are integrated.
 */
import type { ScalarActivation } from "../../../theory/index.ts";
import type { Expression } from "./ast.ts";
import { compileJet, compileValue } from "./jet.ts";
import { kinksOf } from "./kinks.ts";
import { CHECKED, requireNumbers } from "./numbers.ts";
import { parseExpression } from "./parse.ts";
import { resolved } from "./resolution.ts";

export interface CustomParameters {
  readonly expression: string;
  /** Kinks that the scan does not see. */
  readonly kinks?: readonly number[] | undefined;
}

const made = new Map<string, ScalarActivation>();
const MOST_KEPT = 64;

/**
 * The scalar half of an expression; equal expressions give the same object, so that its tables are computed once.
 * @throws FathomError bad-input for text that is no expression, or whose value or derivative is not a number somewhere.
 * @example customActivation({ expression: "x*sigmoid(x)" }).df(0) // 0.5
 */
export function customActivation(parameters: CustomParameters): ScalarActivation {
  const key = JSON.stringify([parameters.expression, parameters.kinks ?? []]);
  const activation = made.get(key) ?? make(parameters);
  made.delete(key);
  made.set(key, activation);
  if (made.size > MOST_KEPT) made.delete(made.keys().next().value!);
  return activation;
}

function make({ expression: text, kinks: listed = [] }: CustomParameters): ScalarActivation {
  const expression = parseExpression(text);
  const value = compileValue(expression);
  const jet = compileJet(expression);
  requireNumbers(text, expression, { f: value, df: (x) => jet(x)[1] });
  const f = continued(value);
  const origin = jet(0).map((c, k) => c * [1, 1, 2, 6][k]!) as [number, number, number, number];
  const smooth = origin.every(Number.isFinite);
  const kinks = allKinks(expression, smooth ? listed : [...listed, 0]);
  return resolved(text, {
    kind: "custom",
    parameters: { expression: text, ...(listed.length === 0 ? {} : { kinks: listed }) },
    f,
    df: continued((x) => jet(x)[1]),
    d2f: continued((x) => 2 * jet(x)[2]),
    kinks,
    ...(kinks.includes(0) ? {} : { taylor: origin }),
    ...(isHomogeneous(f, kinks) ? { homogeneous: true as const } : {}),
    moments: {},
  });
}

function allKinks(expression: Expression, listed: readonly number[]): number[] {
  const near = (kink: number) => (Math.abs(kink) < 1e-12 ? 0 : kink);
  return [...new Set([...kinksOf(expression), ...listed].map(near))].sort((a, b) => a - b);
}

/** f, which beyond the range that is checked keeps its last value where powers overflow against each other. */
function continued(f: (x: number) => number): (x: number) => number {
  return (x) => {
    const y = f(x);
    return Number.isNaN(y) && Math.abs(x) > CHECKED ? f(Math.sign(x) * CHECKED) : y;
  };
}

/** Whether φ(λx) = λφ(x): effective-theory.md §3, step 1, at more points. */
function isHomogeneous(f: (x: number) => number, kinks: readonly number[]): boolean {
  const twice = (z: number) => Math.abs(f(2 * z) - 2 * f(z)) <= 1e-12 * Math.max(1, Math.abs(z));
  return (
    kinks.every((kink) => kink === 0) && [0, 1e-3, 0.3, 1.7, 40, 1e3].every((z) => twice(z) && twice(-z))
  );
}
