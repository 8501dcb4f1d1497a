/** @file The table of the engine's primitives, grouped for the reader; a primitive without a group fails. */
import { primitives } from "../../src/expr/primitives/index.ts";
import { table } from "./markdown.ts";

interface Group {
  readonly name: string;
  readonly primitives: readonly string[];
  /** Operations that are compositions of them. */
  readonly composed?: string;
}

const groups: readonly Group[] = [
  {
    name: "arithmetic",
    primitives: ["add", "sub", "mul", "div", "neg", "pow", "maximum", "minimum"],
    composed: "`square`",
  },
  {
    name: "functions",
    primitives: [
      ...["exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "floor", "sin", "cos", "atan"],
      ...["erf", "tanh", "sigmoid", "softplus", "relu", "gelu"],
    ],
  },
  {
    name: "comparison and choice",
    primitives: ["equal", "less", "lessEqual", "logicalAnd", "logicalOr", "logicalNot", "where", "choose"],
    composed: "`greater`, `greaterEqual`, `notEqual`",
  },
  { name: "matrix products", primitives: ["matmul"] },
  { name: "convolution", primitives: ["conv", "convInput", "convFilter"] },
  {
    name: "pooling",
    primitives: ["maxPool", "maxPoolIndex", "planeGather", "planeScatter", "sumPool", "sumPoolInput"],
    composed: "`avgPool`",
  },
  {
    name: "reduction and scan",
    primitives: [
      ...["reduceSum", "reduceMean", "reduceMax", "reduceMin", "reduceProd", "logSumExp", "argmax", "cumsum"],
    ],
  },
  {
    name: "normalisation",
    primitives: ["softmax", "layerNorm"],
    composed: "`logSoftmax`, `softmaxCrossEntropy`",
  },
  {
    name: "movement",
    primitives: ["reshape", "transpose", "broadcastTo", "slice", "pad", "concat", "flip"],
  },
  {
    name: "indexing",
    primitives: ["gather", "scatterAdd"],
    composed: "`takeAlong`, `oneHot`, `interpolate2d`",
  },
  { name: "order", primitives: ["argsort"], composed: "`sort`" },
  { name: "linear algebra", primitives: ["cholesky", "triangularSolve", "eigh", "svd"] },
  { name: "Fourier transform", primitives: ["rfft", "irfft"] },
  { name: "sparse product", primitives: ["spmm"] },
  {
    name: "leaves and marks",
    primitives: ["input", "constant", "iota", "cast", "stopGradient", "custom"],
    composed: "`customDerivative`",
  },
];

/** Groups of primitives, what has no derivative, and where they run. */
export function primitiveTable(): string {
  const byName = new Map(primitives.map((primitive) => [primitive.name, primitive]));
  const placed = groups.flatMap((group) => group.primitives);
  const missing = [...byName.keys()].filter((name) => !placed.includes(name));
  if (missing.length > 0) throw new Error(`scripts/docs/primitive-tables.ts has no group for ${missing}`);
  const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = groups.map(({ name, primitives: names, composed = "–" }) => {
    const records = names.map((one) => {
      const record = byName.get(one);
      if (record === undefined) throw new Error(`There is no primitive ${one}`);
      return record;
    });
    const flat = records.filter(({ vjp }) => vjp === undefined).map((record) => record.name);
    const runs = records.every(({ host }) => host === true) ? "TypeScript" : "ONNX Runtime";
    const without = flat.length === names.length ? "none has one" : quoted(flat) || "–";
    return [name, quoted(names), composed, without, runs];
  });
  return table(["group", "primitives", "composed of them", "no derivative", "run by"], rows);
}
