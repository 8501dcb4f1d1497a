/**
 * @file Whether a `custom` activation is a number everywhere: its value and derivative in float64 up to |x| = 10⁶, and in float32 up
 * to |x| = 100, as networks compute them. There 0 times Infinity is NaN: the derivative of 1/(1 + exp(-x)) is lost at x = -100, that
 * of sqrt(x^2) at 0.
 */
import { evaluate, input, orZeros, reduceSum, Scope, vjp, withScope } from "../../../expr/index.ts";
import { FathomError, ndarray, toNumbers } from "../../../tensor/index.ts";
import type { Expression } from "./ast.ts";
import { tensorOf } from "./tensor.ts";

type RealFunction = (x: number) => number;

/** Values are checked up to here. */
export const CHECKED = 1e6;
/** Beyond the overflow of exp in float32, at 88.7; preactivations that large mean a network that explodes. */
const CHECKED_IN_NETWORKS = 100;
const points = [0, 0.013, 0.7, 1, 3, 10, 40, 100, 300, 1000, 1e4, CHECKED].flatMap((x) => [x, -x]);
const networkPoints = points.filter((x) => Math.abs(x) <= CHECKED_IN_NETWORKS);
/** What is larger may overflow in float32. */
const LARGE = 1e38;

/**
 * Refuses an expression that is not a number somewhere.
 * @param halves Its value and derivative in float64.
 * @throws FathomError bad-input with the point.
 */
export function requireNumbers(
  text: string,
  expression: Expression,
  { f, df }: { readonly f: RealFunction; readonly df: RealFunction },
): void {
  for (const x of points) {
    if (Number.isNaN(f(x)) || (x === 0 && !Number.isFinite(f(x)))) throw noNumber(`"${text}"`, x);
    if (Number.isNaN(df(x))) throw noNumber(`The derivative of "${text}"`, x);
  }
  const [values, slopes] = inFloat32(expression);
  for (const [i, x] of networkPoints.entries()) {
    if (isLost(values[i]!, f(x))) throw noNumber(`In float32 "${text}"`, x);
    if (isLost(slopes[i]!, df(x))) throw noNumber(`In float32 the derivative of "${text}"`, x);
  }
}

function isLost(value: number, reference: number): boolean {
  return !Number.isFinite(value) && Math.abs(reference) < LARGE;
}

/** Values and derivatives at `networkPoints`, by the forward expression. */
function inFloat32(expression: Expression): readonly [values: readonly number[], slopes: readonly number[]] {
  const shape = [networkPoints.length];
  return withScope(new Scope(), () => {
    const x = input("x", shape);
    const y = tensorOf(expression, x);
    const [slope] = vjp([reduceSum(y)], [x]);
    const feeds = { x: ndarray("float32", shape, networkPoints) };
    const [values, slopes] = evaluate([y, orZeros(slope, x)], feeds).map((array) => [...toNumbers(array)]);
    return [values!, slopes!];
  });
}

function noNumber(what: string, x: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `${what} is not a finite number at x = ${x}.`,
    where: "custom.expression",
    hint: "Activations see every x. Where exp overflows, use sigmoid, tanh, softplus or expm1; for roots and logarithms, abs or relu.",
  });
}
