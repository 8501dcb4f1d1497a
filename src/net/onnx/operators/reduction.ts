/** @file Reductions of ONNX; axes are an attribute in older operator sets and an operand in newer ones. */
import {
  abs,
  argmax,
  cast,
  log,
  logSumExp,
  neg,
  type ReduceOptions,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reshape,
  sqrt,
  square,
  type Tensor,
} from "../../../expr/index.ts";
import type { Operator, OperatorTable } from "./operator.ts";

type Reduce = (x: Tensor, options: ReduceOptions) => Tensor;

/** @param since The operator set from which on axes are an operand. */
function reduction(f: Reduce, since = 18): Operator {
  return (node) => {
    const x = node.tensor(0);
    const named = node.axes(1, since) ?? [];
    if (named.length === 0 && node.int("noop_with_empty_axes", 0) === 1) return x;
    const axes =
      named.length === 0 ? [...x.shape.keys()] : named.map((axis) => node.axis(axis, x.shape.length));
    return f(x, { axes, keepDims: node.int("keepdims", 1) === 1 });
  };
}

/** One axis has a stable form of its own; for several, exponentials are taken relative to the largest. */
function logSumExpOf(x: Tensor, { axes = [], keepDims = false }: ReduceOptions): Tensor {
  const [axis] = axes;
  if (axis !== undefined && axes.length === 1) return logSumExp(x, { axis, keepDims });
  const inner = axes
    .toSorted((a, b) => b - a)
    .reduce((sum, at) => logSumExp(sum, { axis: at, keepDims: true }), x);
  if (keepDims) return inner;
  return reshape(
    inner,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

/** Positions of the largest (or smallest) elements, int64. */
function extreme(sign: (x: Tensor) => Tensor): Operator {
  return (node) => {
    const x = node.tensor(0);
    if (node.int("select_last_index", 0) !== 0)
      throw node.unsupported("it takes the last of equal elements.");
    const axis = node.axis(node.int("axis", 0), x.shape.length);
    const positions = cast(argmax(sign(x), { axis }), "int64");
    if (node.int("keepdims", 1) !== 1) return positions;
    return reshape(
      positions,
      x.shape.map((n, i) => (i === axis ? 1 : n)),
    );
  };
}

export const reductionOperators: OperatorTable = {
  ReduceSum: reduction(reduceSum, 13),
  ReduceMean: reduction(reduceMean),
  ReduceMax: reduction(reduceMax),
  ReduceMin: reduction(reduceMin),
  ReduceProd: reduction(reduceProd),
  ReduceL1: reduction((x, options) => reduceSum(abs(x), options)),
  ReduceL2: reduction((x, options) => sqrt(reduceSum(square(x), options))),
  ReduceSumSquare: reduction((x, options) => reduceSum(square(x), options)),
  ReduceLogSum: reduction((x, options) => log(reduceSum(x, options))),
  ReduceLogSumExp: reduction(logSumExpOf),
  ArgMax: extreme((x) => x),
  ArgMin: extreme(neg),
};
