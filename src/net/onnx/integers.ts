/**
 * @file Shape arithmetic: operators on known integers, computed exactly (int64 as BigInt) while a model is read. A rule gives
 * undefined for what it does not cover; the operator is then computed as an expression.
 */
import { type NdArray, ndarray, type Shape, sizeOf, stridesOf } from "../../tensor/index.ts";
import type { OnnxNode } from "./node.ts";
import { positiveSlice } from "./operators/slices.ts";

type Fold = (node: OnnxNode, arrays: readonly NdArray[]) => NdArray | undefined;

/** Larger arrays are no shapes. */
const MAX_FOLDED = 2 ** 16;

const integerTypes: ReadonlySet<string> = new Set(["int32", "int64", "bool", "uint8"]);

/** Integers of an array, exactly. */
function bigints({ data }: NdArray): bigint[] {
  return Array.from(data as ArrayLike<number | bigint>, BigInt);
}

/** Integers stored in a dtype; they wrap around as the machine's do. */
function integerArray(dtype: NdArray["dtype"], shape: Shape, values: readonly bigint[]): NdArray {
  if (dtype === "int64") {
    return ndarray(
      "int64",
      shape,
      BigInt64Array.from(values, (value) => BigInt.asIntN(64, value)),
    );
  }
  const bits = dtype === "int32" ? 32 : 8;
  const wrap = dtype === "int32" ? BigInt.asIntN : BigInt.asUintN;
  return ndarray(
    dtype,
    shape,
    values.map((value) => Number(wrap(bits, value))),
  );
}

/** numpy's broadcast of two shapes; undefined when they do not meet. */
function commonShape(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, i: number) => shape[i - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) => (at(a, i) === 1 ? at(b, i) : at(a, i)));
  return shape.every((n, i) => [1, n].includes(at(a, i)) && [1, n].includes(at(b, i))) ? shape : undefined;
}

/** The elements of an array as they stand under a broadcast shape. */
function spread(array: NdArray, target: Shape): bigint[] {
  const values = bigints(array);
  const shift = target.length - array.shape.length;
  const strides = stridesOf(array.shape);
  const targetStrides = stridesOf(target);
  return Array.from({ length: sizeOf(target) }, (_, i) => {
    const offset = array.shape.reduce((sum, n, axis) => {
      const index = Math.floor(i / targetStrides[axis + shift]!) % target[axis + shift]!;
      return n === 1 ? sum : sum + index * strides[axis]!;
    }, 0);
    return values[offset]!;
  });
}

/** A rule for two broadcast operands. */
function pairwise(f: (a: bigint, b: bigint) => bigint, result?: "bool"): Fold {
  return (_, [a, b]) => {
    const shape = commonShape(a!.shape, b!.shape);
    if (shape === undefined || sizeOf(shape) > MAX_FOLDED || a!.dtype !== b!.dtype) return undefined;
    const [x, y] = [spread(a!, shape), spread(b!, shape)];
    return integerArray(
      result ?? a!.dtype,
      shape,
      x.map((value, i) => f(value, y[i]!)),
    );
  };
}

function variadic(f: (a: bigint, b: bigint) => bigint): Fold {
  const pair = pairwise(f);
  return (node, [first, ...rest]) =>
    rest.reduce<NdArray | undefined>((sum, next) => sum && pair(node, [sum, next]), first);
}

function pointwise(f: (a: bigint) => bigint): Fold {
  return (_, [x]) => integerArray(x!.dtype, x!.shape, bigints(x!).map(f));
}

function truth(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

const divide: Fold = (node, arrays) => {
  if (bigints(arrays[1]!).includes(0n)) throw node.error("integers are divided by zero.");
  return pairwise((a, b) => a / b)(node, arrays);
};

const modulo: Fold = (node, arrays) => {
  if (bigints(arrays[1]!).includes(0n)) throw node.error("integers are divided by zero.");
  const truncates = node.int("fmod", 0) === 1;
  return pairwise((a, b) => (truncates ? a % b : ((a % b) + b) % b))(node, arrays);
};

const where: Fold = (_, [condition, a, b]) => {
  const inner = commonShape(a!.shape, b!.shape);
  const shape = inner && commonShape(condition!.shape, inner);
  if (shape === undefined || sizeOf(shape) > MAX_FOLDED || a!.dtype !== b!.dtype) return undefined;
  const [c, x, y] = [spread(condition!, shape), spread(a!, shape), spread(b!, shape)];
  return integerArray(
    a!.dtype,
    shape,
    c.map((value, i) => (value !== 0n ? x[i]! : y[i]!)),
  );
};

const cast: Fold = (node, [x]) => {
  const dtype = node.dtype(node.int("to", 0));
  if (dtype === "float32" || dtype === "float64") return ndarray(dtype, x!.shape, bigints(x!).map(Number));
  return integerArray(
    dtype,
    x!.shape,
    bigints(x!).map((value) => (dtype === "bool" ? truth(value !== 0n) : value)),
  );
};

/** Lists, or nothing: the joins of shapes. */
const concat: Fold = (node, arrays) => {
  const first = arrays[0]!;
  if (arrays.some(({ shape, dtype }) => shape.length !== 1 || dtype !== first.dtype)) return undefined;
  node.axis(node.int("axis", 0), 1);
  const values = arrays.flatMap(bigints);
  return integerArray(first.dtype, [values.length], values);
};

const gather: Fold = (node, [x, indices]) => {
  if (x!.shape.length !== 1 || indices!.shape.length > 1) return undefined;
  node.axis(node.int("axis", 0), 1);
  const values = bigints(x!);
  const chosen = bigints(indices!).map((index) => {
    const value = values[Number(index < 0n ? index + BigInt(values.length) : index)];
    if (value === undefined) throw node.error(`the index ${index} is outside a list of ${values.length}.`);
    return value;
  });
  return integerArray(x!.dtype, indices!.shape, chosen);
};

const slice: Fold = (node, [x]) => {
  if (x!.shape.length !== 1) return undefined;
  const [box] = positiveSlice(node, x!.shape);
  if (box === undefined) return x;
  const values = box.reversed ? bigints(x!).reverse() : bigints(x!);
  const kept = values.slice(box.start, box.end).filter((_, i) => i % box.step === 0);
  return integerArray(x!.dtype, [kept.length], kept);
};

function reduction(f: (a: bigint, b: bigint) => bigint, start?: bigint): Fold {
  return (node, [x]) => {
    const axes = node.axes(1, node.op === "ReduceSum" ? 13 : 18);
    if (x!.shape.length !== 1 || node.int("noop_with_empty_axes", 0) === 1) return undefined;
    for (const axis of axes ?? []) node.axis(axis, 1);
    const values = start === undefined ? bigints(x!) : [start, ...bigints(x!)];
    if (values.length === 0) throw node.error("an empty list has no extreme.");
    return integerArray(x!.dtype, node.int("keepdims", 1) === 1 ? [1] : [], [values.reduce(f)]);
  };
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

const folds: Readonly<Record<string, Fold>> = {
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: divide,
  Mod: modulo,
  Max: variadic(larger),
  Min: variadic(smaller),
  Neg: pointwise((a) => -a),
  Abs: pointwise((a) => (a < 0n ? -a : a)),
  Sign: pointwise((a) => truth(a > 0n) - truth(a < 0n)),
  Not: pointwise((a) => 1n - a),
  And: pairwise((a, b) => a & b),
  Or: pairwise((a, b) => a | b),
  Xor: pairwise((a, b) => a ^ b),
  Equal: pairwise((a, b) => truth(a === b), "bool"),
  Less: pairwise((a, b) => truth(a < b), "bool"),
  LessOrEqual: pairwise((a, b) => truth(a <= b), "bool"),
  Greater: pairwise((a, b) => truth(a > b), "bool"),
  GreaterOrEqual: pairwise((a, b) => truth(a >= b), "bool"),
  Where: where,
  Cast: cast,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  ReduceProd: reduction((a, b) => a * b, 1n),
  ReduceSum: reduction((a, b) => a + b, 0n),
  ReduceMax: reduction(larger),
  ReduceMin: reduction(smaller),
};

/** The result of a node on known integers, where a rule covers it. @throws FathomError naming the node. */
export function foldIntegers(node: OnnxNode): NdArray | undefined {
  const fold = Object.hasOwn(folds, node.op) ? folds[node.op] : undefined;
  if (fold === undefined || node.operands.length === 0) return undefined;
  const arrays: NdArray[] = [];
  for (const [i, operand] of node.operands.entries()) {
    const array = operand && node.known(i);
    if (operand === undefined) continue;
    if (array === undefined || !integerTypes.has(array.dtype) || array.data.length > MAX_FOLDED)
      return undefined;
    arrays.push(array);
  }
  return arrays.length === 0 ? undefined : fold(node, arrays);
}
