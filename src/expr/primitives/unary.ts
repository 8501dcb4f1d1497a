/**
 * @file Elementary functions of one variable, element by element: any shape, floats (abs and sign also take integers; other
 * dtypes are refused with bad-input). Activations are in activations.ts.
 */
import { emitAtan64 } from "../approximations.ts";
import { emitScalar } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { emitUnary } from "../threads.ts";
import { add, div, float, mul, neg, numeric, square } from "./binary.ts";
import { elementwise, elementwisePrimitive } from "./elementwise.ts";

export const expPrimitive = elementwisePrimitive({
  name: "exp",
  dtype: float,
  f: Math.exp,
  partials: [(v, y) => mul(v, y)],
  onnx: (emit, [x], node) => emitUnary(emit, "Exp", x!, node),
});

/** eˣ. @example exp(neg(square(x))) */
export function exp(x: Tensor): Tensor {
  return elementwise(expPrimitive, [x]);
}

export const logPrimitive = elementwisePrimitive({
  name: "log",
  dtype: float,
  f: Math.log,
  partials: [(v, { inputs: [x] }) => div(v, x!)],
  onnx: (emit, [x], node) => emitUnary(emit, "Log", x!, node),
});

/** ln x. @example log(add(x, 1)) */
export function log(x: Tensor): Tensor {
  return elementwise(logPrimitive, [x]);
}

export const log1pPrimitive = elementwisePrimitive({
  name: "log1p",
  dtype: float,
  f: Math.log1p,
  partials: [(v, { inputs: [x] }) => div(v, add(x!, 1))],
  onnx: (emit, [x], node) => emitLog1p(emit, x!, node),
});

/**
 * ONNX has no log1p. With u = fl(1 + x) and d = fl(u − 1), ln(u)·x/d has full accuracy (Kahan); d = 0 means x itself,
 * and d = x means that u is exact (also at infinity).
 */
function emitLog1p(emit: Emitter, x: string, node: Tensor): string {
  const { dtype } = node;
  const one = emitScalar(emit, 1, dtype);
  const u = emit.node("Add", [x, one]);
  const d = emit.node("Sub", [u, one]);
  const logU = emitUnary(emit, "Log", u, node);
  const corrected = emit.node("Mul", [logU, emit.node("Div", [x, d])]);
  const exact = emit.node("Where", [emit.node("Equal", [d, x]), logU, corrected]);
  return emit.node("Where", [emit.node("Equal", [d, emitScalar(emit, 0, dtype)]), x, exact]);
}

/** ln(1 + x), accurate for small x. @example log1p(exp(x)) */
export function log1p(x: Tensor): Tensor {
  return elementwise(log1pPrimitive, [x]);
}

export const expm1Primitive = elementwisePrimitive({
  name: "expm1",
  dtype: float,
  f: Math.expm1,
  partials: [(v, y) => mul(v, add(y, 1))],
  // ONNX has no expm1; eˣ − 1 = tanh(x/2) (eˣ + 1) has no cancellation.
  onnx: (emit, [x], node) =>
    emit.node("Mul", [
      emitUnary(emit, "Tanh", emit.node("Mul", [x!, emitScalar(emit, 0.5, node.dtype)]), node),
      emit.node("Add", [emitUnary(emit, "Exp", x!, node), emitScalar(emit, 1, node.dtype)]),
    ]),
});

/** eˣ − 1, accurate for small x. @example expm1(x) */
export function expm1(x: Tensor): Tensor {
  return elementwise(expm1Primitive, [x]);
}

export const sqrtPrimitive = elementwisePrimitive({
  name: "sqrt",
  dtype: float,
  f: Math.sqrt,
  partials: [(v, y) => div(v, mul(y, 2))],
  onnx: "Sqrt",
});

/** √x. @example sqrt(reduceMean(square(x))) */
export function sqrt(x: Tensor): Tensor {
  return elementwise(sqrtPrimitive, [x]);
}

export const absPrimitive = elementwisePrimitive({
  name: "abs",
  dtype: numeric,
  f: Math.abs,
  partials: [(v, { inputs: [x] }) => mul(v, sign(x!))],
  onnx: "Abs",
});

/** |x|; the derivative at 0 is 0. @example abs(sub(a, b)) */
export function abs(x: Tensor): Tensor {
  return elementwise(absPrimitive, [x]);
}

export const signPrimitive = elementwisePrimitive({
  name: "sign",
  dtype: numeric,
  f: Math.sign,
  onnx: "Sign",
});

/** −1, 0 or 1; its derivative is zero everywhere. @example sign(x) */
export function sign(x: Tensor): Tensor {
  return elementwise(signPrimitive, [x]);
}

export const floorPrimitive = elementwisePrimitive({
  name: "floor",
  dtype: float,
  f: Math.floor,
  onnx: "Floor",
});

/** The largest whole number ≤ x; its derivative is zero. @example floor(mul(u, 10)) */
export function floor(x: Tensor): Tensor {
  return elementwise(floorPrimitive, [x]);
}

export const sinPrimitive = elementwisePrimitive({
  name: "sin",
  dtype: float,
  f: Math.sin,
  partials: [(v, { inputs: [x] }) => mul(v, cos(x!))],
  onnx: "Sin",
});

/** sin x, in radians. @example sin(x) */
export function sin(x: Tensor): Tensor {
  return elementwise(sinPrimitive, [x]);
}

export const cosPrimitive = elementwisePrimitive({
  name: "cos",
  dtype: float,
  f: Math.cos,
  partials: [(v, { inputs: [x] }) => neg(mul(v, sin(x!)))],
  onnx: "Cos",
});

/** cos x, in radians. @example cos(x) */
export function cos(x: Tensor): Tensor {
  return elementwise(cosPrimitive, [x]);
}

export const atanPrimitive = elementwisePrimitive({
  name: "atan",
  dtype: float,
  f: Math.atan,
  partials: [(v, { inputs: [x] }) => div(v, add(square(x!), 1))],
  onnx: (emit, [x], { dtype }) => (dtype === "float64" ? emitAtan64(emit, x!) : emit.node("Atan", [x!])),
});

/** arctan x, in (−π/2, π/2). @example atan(x) */
export function atan(x: Tensor): Tensor {
  return elementwise(atanPrimitive, [x]);
}
