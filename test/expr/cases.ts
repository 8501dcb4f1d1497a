/**
 * @file One or more examples for every primitive: what the tests of derivatives and batching here, and the comparison of
 * the interpreter with ONNX Runtime in `test/runtime`, run through.
 */
import {
  abs,
  add,
  argmax,
  argsort,
  atan,
  broadcastTo,
  cast,
  choose,
  concat,
  constant,
  cos,
  customDerivative,
  div,
  equal,
  erf,
  exp,
  expm1,
  flip,
  floor,
  gather,
  gelu,
  greaterEqual,
  iota,
  layerNorm,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logSoftmax,
  logSumExp,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  pad,
  pow,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  relu,
  reshape,
  scatterAdd,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sort,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
  takeAlong,
  tanh,
  transpose,
  where,
} from "../../src/expr/index.ts";
import { type Case, drawn, example, n, rough } from "./case.ts";
import { convolutions } from "./cases-convolution.ts";
import { linearAlgebra } from "./cases-linear-algebra.ts";
import { poolings } from "./cases-pooling.ts";
import { signals } from "./cases-signals.ts";

export { type Case, draw, feedsOfCase, inputsOfCase } from "./case.ts";

const unary = [
  example("neg", [n(2, 3)], neg),
  example("exp", [n(2, 3)], exp),
  example("log", [drawn("positive", 2, 3)], log),
  example("log1p", [drawn("positive", 2, 3)], log1p),
  example("log1p", [n(2, 3)], (x) => log1p(mul(tanh(x), 0.9)), "near 0 and −1"),
  example("log1p", [n(2, 3)], (x) => log1p(mul(x, 1e-6)), "tiny"),
  example("expm1", [drawn("wide", 2, 3)], expm1),
  example("expm1", [n(2, 3)], (x) => expm1(mul(x, 1e-6)), "tiny"),
  example("sqrt", [drawn("positive", 2, 3)], sqrt),
  example("abs", [drawn("nonzero", 2, 3)], abs),
  rough("sign", [n(2, 3)], sign),
  rough("floor", [drawn("wide", 2, 3)], floor),
  example("sin", [drawn("wide", 2, 3)], sin),
  example("cos", [drawn("wide", 2, 3)], cos),
  example("atan", [drawn("wide", 4, 5)], atan),
  example("atan", [n(2, 3)], (x) => atan(mul(x, 1e4)), "far out"),
  example("erf", [drawn("wide", 4, 10)], erf),
  example("erf", [n(4, 5)], (x) => erf(mul(x, 0.4)), "near 0"),
  example("tanh", [drawn("wide", 4, 5)], tanh),
  example("sigmoid", [drawn("wide", 4, 5)], sigmoid),
  example("sigmoid", [drawn("wide", 4, 5)], (x) => sigmoid(mul(x, 8)), "in its tails"),
  example("relu", [drawn("nonzero", 4, 5)], relu),
  example("gelu", [drawn("wide", 4, 10)], gelu),
  example("softplus", [drawn("wide", 4, 5)], softplus),
];

const binary = [
  example("add", [n(2, 3), n(2, 3)], add),
  example("add", [n(2, 1, 4), n(3, 1)], add, "broadcast both ways"),
  rough("add", [drawn("int32", 3), drawn("int32", 2, 3)], add, "integers"),
  example("sub", [n(3), n(2, 3)], sub, "row minus matrix"),
  example("sub", [n(2, 3)], (x) => sub(1, x), "number minus tensor"),
  example("mul", [n(2, 3), n(2, 1)], mul),
  example("mul", [n(2, 3)], square, "square"),
  rough("mul", [drawn("int32", 4)], (x) => mul(x, 3), "integers"),
  example("div", [n(2, 3), drawn("positive", 3)], div),
  example("pow", [drawn("positive", 2, 3), n(3)], pow),
  example("pow", [drawn("positive", 2, 3)], (x) => pow(x, -1.5), "constant power"),
  example("maximum", [n(2, 3), n(3)], maximum),
  example("minimum", [n(2, 3), n(2, 1)], minimum),
  rough("maximum", [drawn("int32", 6), drawn("int32", 6)], maximum, "integers"),
  example("choose", [drawn("bool"), n(2, 3), n(3)], choose),
  example("choose", [drawn("bool"), n(2, 4)], (c, x) => choose(c, 0, x), "of a number"),
  example("where", [drawn("bool", 2, 1), n(2, 3), n(3)], where),
  example("where", [drawn("bool", 4), n(2, 4)], (c, x) => where(c, 0, x), "of a number"),
  rough("where", [drawn("bool", 4), drawn("int32", 4), drawn("int32", 4)], where, "integers"),
];

const comparison = [
  rough("less", [n(2, 3), n(3)], less),
  rough("less", [drawn("int32", 8), drawn("int32", 8)], less, "integers"),
  rough("lessEqual", [drawn("int32", 8), drawn("int32", 8)], lessEqual),
  rough("lessEqual", [n(2, 3)], (x) => greaterEqual(x, 0), "turned round"),
  rough("equal", [drawn("int32", 8), drawn("int32", 8)], equal),
  rough("equal", [drawn("bool", 8), drawn("bool", 8)], equal, "booleans"),
  rough("logicalAnd", [drawn("bool", 8), drawn("bool", 2, 8)], logicalAnd),
  rough("logicalOr", [drawn("bool", 8), drawn("bool", 8)], logicalOr),
  rough("logicalNot", [drawn("bool", 8)], logicalNot),
];

const transposed = [
  { transposeA: true },
  { transposeB: true },
  { transposeA: true, transposeB: true },
] as const;

const products = [
  example("matmul", [n(2, 3), n(3, 4)], (a, b) => matmul(a, b)),
  example("matmul", [n(5, 2, 3), n(3, 4)], (a, b) => matmul(a, b), "batch by matrix"),
  example("matmul", [n(2, 3), n(5, 3, 4)], (a, b) => matmul(a, b), "matrix by batch"),
  example("matmul", [n(5, 1, 2, 3), n(4, 3, 2)], (a, b) => matmul(a, b), "batches that broadcast"),
  ...transposed.flatMap((flags) => {
    const { transposeA = false, transposeB = false } = flags as {
      transposeA?: boolean;
      transposeB?: boolean;
    };
    const a = transposeA ? [3, 2] : [2, 3];
    const b = transposeB ? [4, 3] : [3, 4];
    const note = `${transposeA ? "Aᵀ" : "A"}${transposeB ? "Bᵀ" : "B"}`;
    const build = (x: Tensor, y: Tensor) => matmul(x, y, flags);
    return [
      example("matmul", [n(...a), n(...b)], build, note),
      example("matmul", [n(5, ...a), n(...b)], build, `${note} batch by matrix`),
      example("matmul", [n(...a), n(5, ...b)], build, `${note} matrix by batch`),
      example("matmul", [n(5, ...a), n(5, ...b)], build, `${note} batch by batch`),
    ];
  }),
];

const reductions = [
  example("reduceSum", [n(2, 3, 4)], (x) => reduceSum(x)),
  example("reduceSum", [n(2, 3, 4)], (x) => reduceSum(x, { axes: [0, -1] }), "two axes"),
  example("reduceSum", [n(2, 3, 4)], (x) => reduceSum(x, { axes: [1], keepDims: true }), "axis kept"),
  rough("reduceSum", [drawn("int32", 2, 3)], (x) => reduceSum(x, { axes: [1] }), "integers"),
  example("reduceMean", [n(2, 3, 4)], (x) => reduceMean(x)),
  example("reduceMean", [n(2, 3, 4)], (x) => reduceMean(x, { axes: [1], keepDims: true }), "axis kept"),
  example("reduceMax", [n(2, 3, 4)], (x) => reduceMax(x, { axes: [1] })),
  example("reduceMax", [n(2, 3)], (x) => reduceMax(x), "of everything"),
  example("reduceMin", [n(2, 3, 4)], (x) => reduceMin(x, { axes: [0, 2], keepDims: true })),
  example("reduceProd", [n(2, 3, 5)], (x) => reduceProd(x, { axes: [-1] })),
  example("reduceProd", [n(2, 3)], (x) => reduceProd(mul(x, constant([1, 0, 1], x.dtype))), "with zeros"),
];

const movement = [
  example("reshape", [n(2, 6)], (x) => reshape(x, [3, -1])),
  example("transpose", [n(2, 3, 4)], (x) => transpose(x)),
  example("transpose", [n(2, 3, 4)], (x) => transpose(x, [1, 2, 0]), "cyclic"),
  example("broadcastTo", [n(3, 1)], (x) => broadcastTo(x, [2, 3, 4])),
  example("slice", [n(4, 6)], (x) => slice(x, { starts: [1, -4], ends: [3, 99] })),
  example("slice", [n(5, 7)], (x) => slice(x, { starts: [0, 1], ends: [5, 7], steps: [2, 3] }), "with steps"),
  example(
    "slice",
    [n(4, 6)],
    (x) => slice(x, { starts: [0, 0], ends: [4, 6], steps: [3, 4] }),
    "steps past the end",
  ),
  example("pad", [n(2, 3)], (x) => pad(x, { low: [1, 0], high: [0, 2] })),
  example("pad", [n(2, 3)], (x) => pad(x, { high: [1, 1], value: 7 }), "with a value"),
  example("concat", [n(2, 3), n(2, 1), n(2, 2)], (...xs) => concat(xs, { axis: -1 })),
  example("concat", [n(2, 3), n(1, 3)], (...xs) => concat(xs, { axis: 0 }), "rows"),
  example("flip", [n(2, 3)], (x) => flip(x)),
  example("flip", [n(2, 3, 4)], (x) => flip(x, { axes: [1] }), "one axis"),
];

const indexed = [
  example("gather", [n(5, 3), drawn({ below: 5 }, 4)], (x, i) => gather(x, i, { axis: 0 })),
  example(
    "gather",
    [n(2, 5, 3), drawn({ below: 5 }, 2, 2)],
    (x, i) => gather(x, i, { axis: 1 }),
    "inner axis",
  ),
  example("gather", [n(2, 5), drawn({ below: 5 })], (x, i) => gather(x, i, { axis: -1 }), "scalar index"),
  rough(
    "gather",
    [drawn("int32", 5), drawn({ below: 5 }, 3)],
    (x, i) => gather(x, cast(i, "int64"), { axis: 0 }),
    "of integers by int64",
  ),
  example("scatterAdd", [drawn({ below: 4 }, 6), n(6, 3)], (i, x) => scatterAdd(i, x, { size: 4 })),
  example(
    "scatterAdd",
    [drawn({ below: 4 }, 2, 3), n(2, 2, 3, 2)],
    (i, x) => scatterAdd(i, x, { axis: 1, size: 5 }),
    "inner axis",
  ),
  example(
    "gather",
    [n(3, 4, 2), drawn({ below: 4 }, 3, 3, 2)],
    (x, i) => takeAlong(x, i, { axis: 1 }),
    "along lines",
  ),
  rough("argmax", [n(3, 4)], (x) => argmax(x, { axis: -1 })),
  rough("argmax", [n(3, 4)], (x) => argmax(x, { axis: 0 }), "of columns"),
  rough("argsort", [n(3, 4)], (x) => argsort(x)),
  rough("argsort", [drawn("int32", 3, 4)], (x) => argsort(x, { axis: 0, order: "descending" }), "descending"),
  example("argsort", [n(3, 4)], (x) => sort(x, { axis: 0 }), "as sort"),
  rough("iota", [drawn("int32", 3)], (x) => add(x, iota(3))),
];

const normalised = [
  example("softmax", [n(3, 4)], (x) => softmax(x)),
  example("softmax", [n(2, 3, 4)], (x) => softmax(mul(x, 6), { axis: 1 }), "peaked, inner axis"),
  example("logSumExp", [n(3, 4)], (x) => logSumExp(x, { axis: -1 })),
  example("logSumExp", [n(3, 4)], (x) => logSumExp(add(x, 200), { axis: 0, keepDims: true }), "far from 0"),
  example("logSumExp", [n(3, 4)], (x) => logSoftmax(x), "as logSoftmax"),
  example("logSumExp", [n(3, 4), drawn({ below: 4 }, 3)], softmaxCrossEntropy, "as cross-entropy"),
  example("layerNorm", [n(3, 8)], (x) => layerNorm(x)),
  example(
    "layerNorm",
    [n(3, 8)],
    (x) => layerNorm(add(mul(x, 0.1), 5), { epsilon: 1e-5 }),
    "off centre, with epsilon",
  ),
];

const doubled = customDerivative((x) => floor(mul(x, 2)), { vjp: (ct) => [mul(ct, 2)] });
const bilinear = customDerivative((a, b) => mul(a, b), {
  jvp: ([ta, tb], [a, b]) => {
    const first = ta && mul(ta, b!);
    const second = tb && mul(a!, tb);
    return first && second ? add(first, second) : (first ?? second);
  },
});

const others = [
  rough("constant", [n(2, 3)], (x) => add(x, constant([1, 2, 3], x.dtype))),
  rough("cast", [drawn("wide", 2, 3)], (x) => cast(x, "int32"), "to integers"),
  rough("cast", [drawn("int32", 6)], (x) => cast(x, "bool"), "to booleans"),
  rough("cast", [drawn("bool", 6)], (x) => cast(x, "float32"), "from booleans"),
  rough("cast", [drawn("int32", 6)], (x) => cast(x, "int64"), "to long integers"),
  rough("stopGradient", [n(2, 3)], (x) => mul(stopGradient(x), 2)),
  rough("custom", [n(2, 3)], doubled, "straight through"),
  example("custom", [n(2, 3), n(2, 3)], bilinear, "by its jvp"),
];

export const cases: readonly Case[] = [
  ...unary,
  ...binary,
  ...comparison,
  ...products,
  ...reductions,
  ...movement,
  ...indexed,
  ...normalised,
  ...convolutions,
  ...poolings,
  ...linearAlgebra,
  ...signals,
  ...others,
];
