/** @file Operators of ONNX that act element by element: arithmetic, activations, comparisons, choices. */
import {
  abs,
  add,
  atan,
  cast,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  type Operand,
  pow,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  sub,
  type Tensor,
  tanh,
  where,
} from "../../../expr/index.ts";
import type { OnnxNode } from "../node.ts";
import type { Operator, OperatorTable } from "./operator.ts";

function unary(f: (x: Tensor) => Tensor): Operator {
  return (node) => f(node.tensor(0));
}

function binary(f: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (node) => f(node.tensor(0), node.tensor(1));
}

function variadic(f: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (node) => node.tensors().reduce(f);
}

/** The quotient of integers is cut towards zero; exact below 2^53. */
function divide(a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== "int32" && a.dtype !== "int64") return div(a, b);
  return cast(div(cast(a, "float64"), cast(b, "float64")), a.dtype);
}

/** a − ⌊a/b⌋ b, with the sign of b; with `fmod` the quotient is cut towards zero. */
function modulo(node: OnnxNode): Tensor {
  const [a, b] = [node.tensor(0), node.tensor(1)];
  const quotient = div(cast(a, "float64"), cast(b, "float64"));
  const whole = node.int("fmod", 0) !== 0 ? mul(sign(quotient), floor(abs(quotient))) : floor(quotient);
  return sub(a, cast(mul(whole, cast(b, "float64")), a.dtype));
}

/** An exponent that is known stays a number, so that small powers become products. */
function power(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  const exponent = node.number(1);
  if (exponent !== undefined && node.shape(1).length <= x.shape.length) return pow(x, exponent);
  return pow(x, cast(node.tensor(1), x.dtype));
}

/** The bound of Clip as a number where it is known; undefined where there is none. */
function bound(node: OnnxNode, operand: number, attribute: string): Operand | undefined {
  if (node.opset < 11) return node.hasAttribute(attribute) ? node.float(attribute, 0) : undefined;
  if (!node.has(operand)) return undefined;
  return node.number(operand) ?? node.tensor(operand);
}

function clip(node: OnnxNode): Tensor {
  const [low, high] = [bound(node, 1, "min"), bound(node, 2, "max")];
  const raised = low === undefined ? node.tensor(0) : maximum(node.tensor(0), low);
  return high === undefined ? raised : minimum(raised, high);
}

/** α(eˣ − 1) below 0, x above; the exponential is kept from overflowing where it is not chosen. */
function elu(x: Tensor, alpha: number): Tensor {
  return where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha));
}

/** α(e^{x/α} − 1) below 0, x above. */
function celu(x: Tensor, alpha: number): Tensor {
  return add(relu(x), mul(expm1(div(minimum(x, 0), alpha)), alpha));
}

/** Gaussian error linear unit, exact or in the form with tanh. */
function geluOf(node: OnnxNode): Tensor {
  const x = node.tensor(0);
  if (node.text("approximate", "none") !== "tanh") return gelu(x);
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

function hardSigmoid(x: Tensor, alpha: number, beta: number): Tensor {
  return maximum(minimum(add(mul(x, alpha), beta), 1), 0);
}

/** The identity, its mask true everywhere: so it is in inference, and in training on average (findings.ts tells of it). */
function dropout(node: OnnxNode): readonly Tensor[] {
  const training = node.opset >= 12 && node.has(2) && Number(node.fixed(2, "mode").data[0]) !== 0;
  if (training && node.number(1) !== 0) node.remark("dropout");
  const x = node.tensor(0);
  return node.wants(1) ? [x, equal(x, x)] : [x];
}

function castTo(node: OnnxNode): Tensor {
  return cast(node.tensor(0), node.dtype(node.int("to", 0)));
}

function exclusiveOr(a: Tensor, b: Tensor): Tensor {
  return logicalAnd(logicalOr(a, b), logicalNot(logicalAnd(a, b)));
}

function mean(node: OnnxNode): Tensor {
  return div(node.tensors().reduce(add), node.operands.length);
}

export const elementwiseOperators: OperatorTable = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(divide),
  Mod: modulo,
  Pow: power,
  Neg: unary(neg),
  Abs: unary(abs),
  Sign: unary(sign),
  Sqrt: unary(sqrt),
  Reciprocal: unary((x) => div(1, x)),
  Exp: unary(exp),
  Log: unary(log),
  Erf: unary(erf),
  Sin: unary(sin),
  Cos: unary(cos),
  Tan: unary((x) => div(sin(x), cos(x))),
  Atan: unary(atan),
  Floor: unary(floor),
  Ceil: unary((x) => neg(floor(neg(x)))),
  Max: variadic(maximum),
  Min: variadic(minimum),
  Sum: variadic(add),
  Mean: mean,
  Relu: unary(relu),
  LeakyRelu: (node) => {
    const x = node.tensor(0);
    return where(less(x, 0), mul(x, node.float("alpha", 0.01)), x);
  },
  PRelu: binary((x, slope) => where(less(x, 0), mul(x, slope), x)),
  ThresholdedRelu: (node) => {
    const x = node.tensor(0);
    return where(greater(x, node.float("alpha", 1)), x, 0);
  },
  Elu: (node) => elu(node.tensor(0), node.float("alpha", 1)),
  Celu: (node) => celu(node.tensor(0), node.float("alpha", 1)),
  // Defaults as onnx.ai states them for Selu, in float32.
  Selu: (node) =>
    mul(
      elu(node.tensor(0), node.float("alpha", 1.6732631921768188)),
      node.float("gamma", 1.0507010221481323),
    ),
  Gelu: geluOf,
  Sigmoid: unary(sigmoid),
  Tanh: unary(tanh),
  Softplus: unary(softplus),
  Softsign: unary((x) => div(x, add(abs(x), 1))),
  HardSigmoid: (node) => hardSigmoid(node.tensor(0), node.float("alpha", 0.2), node.float("beta", 0.5)),
  HardSwish: unary((x) => mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Swish: (node) => mul(node.tensor(0), sigmoid(mul(node.tensor(0), node.float("alpha", 1)))),
  Mish: unary((x) => mul(x, tanh(softplus(x)))),
  Clip: clip,
  Equal: binary(equal),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  And: binary(logicalAnd),
  Or: binary(logicalOr),
  Xor: binary(exclusiveOr),
  Not: unary(logicalNot),
  IsNaN: unary((x) => notEqual(x, x)),
  Where: (node) => where(node.tensor(0), node.tensor(1), node.tensor(2)),
  Identity: unary((x) => x),
  Dropout: dropout,
  Cast: castTo,
  CastLike: binary((x, like) => cast(x, like.dtype)),
};
