/**
 * @file The mathematics of a `custom` activation: value, derivatives, Taylor coefficients and kinks of its expression. Its Gaussian
 * integrals are integrated. What it computes must be a number up to |x| = 10⁶, derivative included.
 */
import { FathomError } from "../../../tensor/index.ts";
import type { ScalarActivation } from "../../../theory/index.ts";
import type { Expression } from "./ast.ts";
import { compileJet, compileValue } from "./jet.ts";
import { kinksOf } from "./kinks.ts";
import { parseExpression } from "./parse.ts";
import { resolved } from "./resolution.ts";

export interface CustomParameters {
  readonly expression: string;
  /** Kinks that the scan does not see. */
  readonly kinks?: readonly number[] | undefined;
}

/** Values are checked up to here, and continued from here where they stop to be numbers. */
const CHECKED = 1e6;
const checkPoints = [0, 0.013, 0.7, 1, 3, 10, 40, 100, 300, 1000, 1e4, CHECKED].flatMap((x) => [x, -x]);

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
  checkNumbers(text, value, (x) => jet(x)[1]);
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

/** f, which beyond the checked range keeps its last value where powers overflow against each other. */
function continued(f: (x: number) => number): (x: number) => number {
  return (x) => {
    const y = f(x);
    return Number.isNaN(y) && Math.abs(x) > CHECKED ? f(Math.sign(x) * CHECKED) : y;
  };
}

function checkNumbers(text: string, f: (x: number) => number, df: (x: number) => number): void {
  for (const x of checkPoints) {
    const bad =
      Number.isNaN(f(x)) || (x === 0 && !Number.isFinite(f(x)))
        ? ""
        : Number.isNaN(df(x))
          ? "The derivative of "
          : undefined;
    if (bad === undefined) continue;
    throw new FathomError({
      code: "bad-input",
      message: `${bad}"${text}" is not a finite number at x = ${x}.`,
      where: "custom.expression",
      hint: "Activations see every x. Where exp overflows, use sigmoid, tanh, softplus or expm1; for roots and logarithms, abs or relu.",
    });
  }
}

/** Whether φ(λx) = λφ(x): effective-theory.md §3, step 1, at more points. */
function isHomogeneous(f: (x: number) => number, kinks: readonly number[]): boolean {
  const twice = (z: number) => Math.abs(f(2 * z) - 2 * f(z)) <= 1e-12 * Math.max(1, Math.abs(z));
  return (
    kinks.every((kink) => kink === 0) && [0, 1e-3, 0.3, 1.7, 40, 1e3].every((z) => twice(z) && twice(-z))
  );
}
