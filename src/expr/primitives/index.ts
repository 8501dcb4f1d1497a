/** @file The operations, and the list of all primitives behind them. */
import type { Primitive } from "../primitive.ts";
import * as activations from "./activations.ts";
import * as binary from "./binary.ts";
import * as casts from "./cast.ts";
import * as choice from "./choice.ts";
import * as compare from "./compare.ts";
import * as convolutions from "./conv.ts";
import * as custom from "./custom.ts";
import * as eigen from "./eigen.ts";
import * as factorise from "./factorise.ts";
import * as fourier from "./fourier.ts";
import * as indexing from "./indexing.ts";
import * as join from "./join.ts";
import * as leaf from "./leaf.ts";
import * as matrix from "./matmul.ts";
import * as maxima from "./max-pool.ts";
import * as movement from "./movement.ts";
import * as normalise from "./normalise.ts";
import * as order from "./order.ts";
import * as poolings from "./pool.ts";
import * as reductions from "./reduce.ts";
import * as scan from "./scan.ts";
import * as select from "./select.ts";
import * as slices from "./slice.ts";
import * as sparse from "./sparse.ts";
import * as singular from "./svd.ts";
import * as unary from "./unary.ts";

export { erf, gelu, relu, sigmoid, softplus, tanh } from "./activations.ts";
export { add, div, mul, neg, type Operand, pow, square, sub } from "./binary.ts";
export { cast, stopGradient } from "./cast.ts";
export { choose } from "./choice.ts";
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
} from "./compare.ts";
export {
  type ConvFilterOptions,
  type ConvInputOptions,
  conv,
  convFilter,
  convInput,
} from "./conv.ts";
export type { ConvOptions } from "./conv-geometry.ts";
export { customDerivative } from "./custom.ts";
export type { DerivativeRule } from "./custom-batch.ts";
export { type Eigen, eigh } from "./eigen.ts";
export { cholesky, type TriangularSolveOptions, triangularSolve } from "./factorise.ts";
export { type IrfftOptions, irfft, type RfftOptions, rfft } from "./fourier.ts";
export { gather, oneHot, scatterAdd, takeAlong } from "./indexing.ts";
export { interpolate2d } from "./interpolate.ts";
export { concat, flip, type PadOptions, pad } from "./join.ts";
export {
  constant,
  constantValue,
  input,
  inputName,
  iota,
  type NestedNumbers,
  scalarConstant,
} from "./leaf.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export { maxPool } from "./max-pool.ts";
export { broadcastTo, reshape, transpose, zerosLike } from "./movement.ts";
export { type LogSumExpOptions, layerNorm, logSoftmax, logSumExp, softmax } from "./normalise.ts";
export { type ArgmaxOptions, argmax, argsort, type SortOptions, sort } from "./order.ts";
export { type AvgPoolOptions, avgPool, sumPool, sumPoolInput } from "./pool.ts";
export type { PoolOptions } from "./pool-geometry.ts";
export { type ReduceOptions, reduceMax, reduceMean, reduceMin, reduceProd, reduceSum } from "./reduce.ts";
export { type CumsumOptions, cumsum } from "./scan.ts";
export { maximum, minimum, where } from "./select.ts";
export { type SliceOptions, slice } from "./slice.ts";
export { spmm } from "./sparse.ts";
export { type SingularDecomposition, svd } from "./svd.ts";
export { abs, atan, cos, exp, expm1, floor, log, log1p, sign, sin, sqrt } from "./unary.ts";

const families = [
  activations,
  binary,
  casts,
  choice,
  compare,
  convolutions,
  custom,
  eigen,
  factorise,
  fourier,
  indexing,
  join,
  leaf,
  matrix,
  maxima,
  movement,
  normalise,
  order,
  poolings,
  reductions,
  scan,
  select,
  slices,
  singular,
  sparse,
  unary,
];

/** Every primitive, by the name of its record. */
export const primitives: readonly Primitive[] = families.flatMap((family) =>
  Object.entries(family as Record<string, unknown>)
    .filter(([name]) => name.endsWith("Primitive"))
    .map(([, record]) => record as Primitive),
);
