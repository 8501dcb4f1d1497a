/**
 * @file The functions that `custom` expressions may call: value and first three derivatives in float64, and the forward
 * expression. At kinks the derivative is that of the expression language: abs, sign, relu and step have 0 there.
 */
import erfOf from "@stdlib/math-base-special-erf";
import erfcOf from "@stdlib/math-base-special-erfc";
import * as ops from "../../../expr/index.ts";
import { scalarActivation } from "../../../theory/index.ts";

/** f, f', f'', f''' at a point. */
export type Derivatives = readonly [number, number, number, number];

export interface CustomFunction {
  readonly derivatives: (x: number) => Derivatives;
  readonly tensor: (x: ops.Tensor) => ops.Tensor;
  /** True where f or a derivative jumps at 0. */
  readonly kinked?: true;
}

/** a b, where 0 times an overflow is 0: e^{-x²} has fallen faster than any power has grown. */
export function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

const logistic = scalarActivation("sigmoid").f;

function sigmoid(x: number): Derivatives {
  const s = logistic(x);
  const r = logistic(-x);
  const slope = s * r;
  return [s, slope, slope * (r - s), slope * (1 - 6 * slope)];
}

function gelu(x: number): Derivatives {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const below = 0.5 * erfcOf(-x * Math.SQRT1_2);
  const bend = times(density, 2 - x * x);
  return [x * below, below + times(density, x), bend, times(density, x * (x * x - 4))];
}

function tanh(x: number): Derivatives {
  const t = Math.tanh(x);
  const slope = (1 - t) * (1 + t);
  return [t, slope, -2 * t * slope, slope * (6 * t * t - 2)];
}

function atan(x: number): Derivatives {
  const slope = 1 / (1 + x * x);
  return [Math.atan(x), slope, -2 * times(slope * slope, x), slope * slope * (6 - 8 * slope)];
}

function erf(x: number): Derivatives {
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  return [erfOf(x), slope, -2 * times(slope, x), times(slope, 4 * x * x - 2)];
}

function sqrt(x: number): Derivatives {
  const root = Math.sqrt(x);
  return [root, 1 / (2 * root), -1 / (4 * root * x), 3 / (8 * root * x * x)];
}

const piecewise = (f: (x: number) => number, slope: (x: number) => number) => ({
  derivatives: (x: number): Derivatives => [f(x), slope(x), 0, 0],
  kinked: true as const,
});

/** Functions of one argument, by name. */
export const functions: Readonly<Record<string, CustomFunction>> = {
  abs: { ...piecewise(Math.abs, Math.sign), tensor: ops.abs },
  sign: { ...piecewise(Math.sign, () => 0), tensor: ops.sign },
  relu: {
    ...piecewise(
      (x) => Math.max(x, 0),
      (x) => (x > 0 ? 1 : 0),
    ),
    tensor: ops.relu,
  },
  step: {
    ...piecewise(
      (x) => (x >= 0 ? 1 : 0),
      () => 0,
    ),
    tensor: (x) => ops.cast(ops.greaterEqual(x, 0), x.dtype),
  },
  exp: { derivatives: same(Math.exp), tensor: ops.exp },
  expm1: { derivatives: (x) => [Math.expm1(x), Math.exp(x), Math.exp(x), Math.exp(x)], tensor: ops.expm1 },
  log: { derivatives: (x) => [Math.log(x), 1 / x, -1 / (x * x), 2 / (x * x * x)], tensor: ops.log },
  log1p: { derivatives: log1p, tensor: ops.log1p },
  sqrt: { derivatives: sqrt, tensor: ops.sqrt },
  sin: { derivatives: (x) => [Math.sin(x), Math.cos(x), -Math.sin(x), -Math.cos(x)], tensor: ops.sin },
  cos: { derivatives: (x) => [Math.cos(x), -Math.sin(x), -Math.cos(x), Math.sin(x)], tensor: ops.cos },
  atan: { derivatives: atan, tensor: ops.atan },
  tanh: { derivatives: tanh, tensor: ops.tanh },
  erf: { derivatives: erf, tensor: ops.erf },
  sigmoid: { derivatives: sigmoid, tensor: ops.sigmoid },
  gelu: { derivatives: gelu, tensor: ops.gelu },
  softplus: { derivatives: softplus, tensor: ops.softplus },
};

function same(f: (x: number) => number): (x: number) => Derivatives {
  return (x) => {
    const y = f(x);
    return [y, y, y, y];
  };
}

function log1p(x: number): Derivatives {
  const r = 1 / (1 + x);
  return [Math.log1p(x), r, -r * r, 2 * r * r * r];
}

function softplus(x: number): Derivatives {
  const [s, slope, bend] = sigmoid(x);
  return [scalarActivation("softplus").f(x), s, slope, bend];
}

/** Functions of two arguments; at ties the derivative goes to the first. */
export const choices: Readonly<
  Record<string, { readonly first: (a: number, b: number) => boolean; readonly tensor: typeof ops.maximum }>
> = {
  max: { first: (a, b) => a >= b, tensor: ops.maximum },
  min: { first: (a, b) => a <= b, tensor: ops.minimum },
};

/** Names that stand for numbers. */
export const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
