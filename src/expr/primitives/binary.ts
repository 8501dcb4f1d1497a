/** @file Arithmetic: add, sub, mul, div, neg, pow, and the identities that simplify them. */
import { type DType, sameShape } from "../../tensor/index.ts";
import { broadcastShapes, isInteger, requireFloat, requireNumeric, requireSameDType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { greater } from "./compare.ts";
import { elementwise, elementwisePrimitive, splatValue } from "./elementwise.ts";
import { asTensor } from "./leaf.ts";
import { broadcastTo } from "./movement.ts";
import { where } from "./select.ts";
import { log, sqrt } from "./unary.ts";

/** A number takes the dtype of the tensor beside it. */
export type Operand = Tensor | number;

/** The common dtype of numbers (floats or integers). */
export function numeric(name: string, operands: readonly Tensor[]): DType {
  for (const x of operands) requireNumeric(name, x);
  return requireSameDType(name, operands);
}

/** The common dtype of floats. */
export function float(name: string, operands: readonly Tensor[]): DType {
  for (const x of operands) requireFloat(name, x);
  return requireSameDType(name, operands);
}

/** Both operands as tensors. */
export function lift(a: Operand, b: Operand): [Tensor, Tensor] {
  return [asTensor(a, b), asTensor(b, a)];
}

/** `x` when it already has the shape of the result, else its broadcast: for `x + 0` and the like. */
function unchanged(name: string, x: Tensor, neutral: Tensor): Tensor {
  return sameShape(x.shape, neutral.shape)
    ? x
    : broadcastTo(x, broadcastShapes(name, [x.shape, neutral.shape]));
}

export const addPrimitive = elementwisePrimitive({
  name: "add",
  dtype: numeric,
  f: (a, b) => a + b,
  partials: [(v) => v, (v) => v],
  onnx: "Add",
});

/**
 * a + b.
 * @throws FathomError bad-shape or bad-input when shapes or dtypes do not meet (so do all operations of this file).
 * @example add(matmul(x, w), b) // [N, M] + [M]
 */
export function add(a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  numeric("add", [x, y]);
  if (splatValue(y) === 0) return unchanged("add", x, y);
  if (splatValue(x) === 0) return unchanged("add", y, x);
  if (y.op === negPrimitive) return sub(x, y.inputs[0]!);
  if (x.op === negPrimitive) return sub(y, x.inputs[0]!);
  return elementwise(addPrimitive, [x, y]);
}

export const subPrimitive = elementwisePrimitive({
  name: "sub",
  dtype: numeric,
  f: (a, b) => a - b,
  partials: [(v) => v, (v) => neg(v)],
  onnx: "Sub",
});

/** a − b. @example sub(x, reduceMean(x)) */
export function sub(a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  numeric("sub", [x, y]);
  if (splatValue(y) === 0) return unchanged("sub", x, y);
  if (splatValue(x) === 0) return unchanged("sub", neg(y), x);
  if (y.op === negPrimitive) return add(x, y.inputs[0]!);
  return elementwise(subPrimitive, [x, y]);
}

export const mulPrimitive = elementwisePrimitive({
  name: "mul",
  dtype: numeric,
  f: (a, b) => a * b,
  partials: [
    (v, { inputs: [a, b] }) => (a === b ? mul(v, mul(b!, 2)) : mul(v, b!)),
    (v, { inputs: [a, b] }) => (a === b ? undefined : mul(v, a!)),
  ],
  onnx: "Mul",
});

/** a · b, element by element. @example mul(x, 2) */
export function mul(a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  numeric("mul", [x, y]);
  // Constants are kept on the right, so that equal products are one node.
  if (splatValue(x) !== undefined && splatValue(y) === undefined) return mul(y, x);
  const factor = splatValue(y);
  if (factor === 1) return unchanged("mul", x, y);
  if (factor === -1) return unchanged("mul", neg(x), y);
  if (x.op === negPrimitive)
    return y.op === negPrimitive ? mul(x.inputs[0]!, y.inputs[0]!) : neg(mul(x.inputs[0]!, y));
  if (y.op === negPrimitive) return neg(mul(x, y.inputs[0]!));
  const scaled = factor === undefined || x.op !== mulPrimitive ? undefined : splatValue(x.inputs[1]!);
  if (
    scaled !== undefined &&
    canHold(x.dtype, scaled * factor!) &&
    sameShape(x.inputs[0]!.shape, broadcastShapes("mul", [x.shape, y.shape]))
  ) {
    return mul(x.inputs[0]!, scaled * factor!);
  }
  return elementwise(mulPrimitive, [x, y]);
}

/** Whether one factor may stand for two: their product must neither overflow nor vanish where they did not. */
function canHold(dtype: DType, product: number): boolean {
  const magnitude = Math.abs(product);
  if (isInteger(dtype)) return magnitude < 2 ** 31;
  const limit = dtype === "float32" ? 2 ** 126 : 2 ** 1022;
  return magnitude >= 1 / limit && magnitude <= limit;
}

/** x². @example reduceSum(square(x)) */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

export const divPrimitive = elementwisePrimitive({
  name: "div",
  dtype: float,
  f: (a, b) => a / b,
  partials: [(v, { inputs: [, b] }) => div(v, b!), (v, node) => neg(mul(v, div(node, node.inputs[1]!)))],
  onnx: "Div",
});

/** a / b; floats only. @example div(x, reduceSum(x)) */
export function div(a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  float("div", [x, y]);
  const divisor = splatValue(y);
  if (divisor === 1) return unchanged("div", x, y);
  if (divisor === -1) return unchanged("div", neg(x), y);
  if (x.op === negPrimitive) return neg(div(x.inputs[0]!, y));
  return elementwise(divPrimitive, [x, y]);
}

export const negPrimitive = elementwisePrimitive({
  name: "neg",
  dtype: numeric,
  f: (a) => -a,
  partials: [(v) => neg(v)],
  onnx: "Neg",
});

/** −x. @example neg(loss) */
export function neg(x: Tensor): Tensor {
  if (x.op === negPrimitive) return x.inputs[0]!;
  return elementwise(negPrimitive, [x]);
}

export const powPrimitive = elementwisePrimitive({
  name: "pow",
  dtype: float,
  f: (a, b) => a ** b,
  partials: [
    (v, { inputs: [a, b] }) => mul(v, mul(b!, pow(a!, sub(b!, 1)))),
    // ∂ aᵇ/∂b = aᵇ ln a, taken as 0 where a ≤ 0.
    (v, node) => {
      const base = node.inputs[0]!;
      return mul(v, mul(node, log(where(greater(base, 0), base, 1))));
    },
  ],
  onnx: "Pow",
});

/** aᵇ; floats only. Whole small powers become products. @example pow(x, 3) */
export function pow(a: Operand, b: Operand): Tensor {
  const [x, y] = lift(a, b);
  float("pow", [x, y]);
  switch (sameShape(y.shape, []) ? splatValue(y) : undefined) {
    case 0:
      return broadcastTo(asTensor(1, x), x.shape);
    case 1:
      return x;
    case 2:
      return square(x);
    case 3:
      return mul(square(x), x);
    case -1:
      return div(1, x);
    case 0.5:
      return sqrt(x);
    default:
      return elementwise(powPrimitive, [x, y]);
  }
}
