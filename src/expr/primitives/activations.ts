/**
 * @file Functions of one variable that networks use, each with its own stable derivative. Element by element: any shape,
 * floats; other dtypes are refused with bad-input.
 */
import erfOf from "@stdlib/math-base-special-erf";
import erfcOf from "@stdlib/math-base-special-erfc";
import { emitErf, emitGelu, emitSigmoid, emitSoftplus } from "../approximations.ts";
import type { Tensor } from "../tensor.ts";
import { emitUnary } from "../threads.ts";
import { add, float, mul, neg, square, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { greater } from "./compare.ts";
import { elementwise, elementwisePrimitive } from "./elementwise.ts";
import { exp } from "./unary.ts";

export const erfPrimitive = elementwisePrimitive({
  name: "erf",
  dtype: float,
  f: erfOf,
  // erf′(x) = 2/√π e^{−x²}
  partials: [(v, { inputs: [x] }) => mul(v, mul(exp(neg(square(x!))), 2 / Math.sqrt(Math.PI)))],
  onnx: (emit, [x], node) => emitErf(emit, x!, node),
});

/** The error function. @example erf(x) */
export function erf(x: Tensor): Tensor {
  return elementwise(erfPrimitive, [x]);
}

export const tanhPrimitive = elementwisePrimitive({
  name: "tanh",
  dtype: float,
  f: Math.tanh,
  partials: [(v, y) => mul(v, sub(1, square(y)))],
  onnx: (emit, [x], node) => emitUnary(emit, "Tanh", x!, node),
});

/** tanh x. @example tanh(add(matmul(x, w), b)) */
export function tanh(x: Tensor): Tensor {
  return elementwise(tanhPrimitive, [x]);
}

function sigmoidOf(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export const sigmoidPrimitive = elementwisePrimitive({
  name: "sigmoid",
  dtype: float,
  f: sigmoidOf,
  partials: [(v, y) => mul(v, mul(y, sub(1, y)))],
  onnx: (emit, [x], node) => emitSigmoid(emit, x!, node),
});

/** 1/(1 + e^{−x}). @example sigmoid(x) */
export function sigmoid(x: Tensor): Tensor {
  return elementwise(sigmoidPrimitive, [x]);
}

export const reluPrimitive = elementwisePrimitive({
  name: "relu",
  dtype: float,
  f: (x) => Math.max(x, 0),
  // The mask as a float, shared by all directions: a product runs in parallel, a choice (where) does not.
  partials: [(v, y) => mul(v, cast(greater(y, 0), y.dtype))],
  onnx: "Relu",
});

/** max(x, 0); the derivative at 0 is 0. @example relu(matmul(x, w)) */
export function relu(x: Tensor): Tensor {
  return elementwise(reluPrimitive, [x]);
}

export const geluPrimitive = elementwisePrimitive({
  name: "gelu",
  dtype: float,
  f: (x) => (x * erfcOf(-x * Math.SQRT1_2)) / 2,
  // gelu′(x) = Φ(x) + x φ(x)
  partials: [(v, { inputs: [x] }) => mul(v, add(normalCdf(x!), mul(x!, normalDensity(x!))))],
  onnx: (emit, [x], node) => emitGelu(emit, x!, node),
});

/** x Φ(x) with the exact normal distribution function Φ. @example gelu(x) */
export function gelu(x: Tensor): Tensor {
  return elementwise(geluPrimitive, [x]);
}

function normalCdf(x: Tensor): Tensor {
  return mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
}

function normalDensity(x: Tensor): Tensor {
  return mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}

export const softplusPrimitive = elementwisePrimitive({
  name: "softplus",
  dtype: float,
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  partials: [(v, { inputs: [x] }) => mul(v, sigmoid(x!))],
  onnx: (emit, [x], node) => emitSoftplus(emit, x!, node),
});

/** ln(1 + eˣ). @example softplus(x) */
export function softplus(x: Tensor): Tensor {
  return elementwise(softplusPrimitive, [x]);
}
