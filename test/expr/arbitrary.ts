/**
 * @file Random graphs for property tests: programs of movement operations, products, reductions and a few smooth functions.
 * A program is plain data (so failures shrink and print well); it runs as one graph, or step by step on arrays, where no
 * simplification can happen because every step sees inputs only.
 */
import fc from "fast-check";
import {
  add,
  broadcastTo,
  concat,
  constant,
  evaluate,
  flip,
  gather,
  input,
  layerNorm,
  matmul,
  maximum,
  mul,
  neg,
  pad,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  softmax,
  sub,
  type Tensor,
  tanh,
  transpose,
} from "../../src/expr/index.ts";
import { type FloatDType, Key, type NdArray, normal, type Shape, sizeOf } from "../../src/tensor/index.ts";

/** One operation on tensors made so far; the numbers choose operands, axes and lengths, modulo what is possible. */
export interface Step {
  readonly kind: keyof typeof operations;
  readonly choices: readonly number[];
}

export interface RandomProgram {
  readonly shapes: readonly Shape[];
  readonly steps: readonly Step[];
}

/** Results beyond this size are not built, so that a program stays small however long it is. */
const sizeLimit = 400;
const rankLimit = 4;

/** Draws from the numbers of a step, one after the other. */
class Chooser {
  #next = 0;
  readonly #choices: readonly number[];

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  /** A whole number below `count`. */
  below(count: number): number {
    const choice = this.#choices[this.#next++ % this.#choices.length]!;
    return choice % count;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  some<T>(items: readonly T[]): T[] {
    return items.filter(() => this.below(2) === 1);
  }
}

const axesOf = (x: Tensor) => x.shape.map((_, axis) => axis);

function fits(shape: Shape): boolean {
  return sizeOf(shape) <= sizeLimit && shape.length <= rankLimit;
}

/** `y` brought to a shape that broadcasts with `x`: its own where possible, else a sum of it. */
function meeting(x: Tensor, y: Tensor): Tensor {
  const shift = y.shape.length - x.shape.length;
  const clashing = axesOf(y).filter((axis) => {
    const other = x.shape[axis - shift];
    return other !== undefined && other !== y.shape[axis] && other !== 1 && y.shape[axis] !== 1;
  });
  return reduceMean(y, { axes: clashing, keepDims: true });
}

function elementwise(op: (a: Tensor, b: Tensor) => Tensor) {
  return (choose: Chooser, pool: readonly Tensor[]): Tensor => {
    const x = choose.of(pool);
    return op(x, meeting(x, choose.of(pool)));
  };
}

function split(choose: Chooser, size: number): Shape {
  const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);
  const first = choose.of(divisors);
  const second = choose.of(divisors.filter((d) => (size / first) % d === 0));
  const shape = [first, second, size / first / second];
  return choose.below(2) === 1 ? shape.filter((n) => n !== 1) : shape;
}

function product(choose: Chooser, pool: readonly Tensor[]): Tensor {
  const wide = (x: Tensor) => (x.shape.length < 2 ? reshape(x, [-1, 1]) : x);
  const a = wide(choose.of(pool));
  const b = wide(choose.of(pool));
  const transposeA = choose.below(2) === 1;
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  const batches = a.shape.slice(0, -2);
  if (b.shape.at(-1) === inner && sameBatches(b, batches))
    return matmul(a, b, { transposeA, transposeB: true });
  if (b.shape.at(-2) === inner && sameBatches(b, batches)) return matmul(a, b, { transposeA });
  return matmul(a, a, { transposeA, transposeB: !transposeA });
}

function sameBatches(b: Tensor, batches: Shape): boolean {
  return b.shape.length === 2 || `${b.shape.slice(0, -2)}` === `${batches}`;
}

type Operation = (choose: Chooser, pool: readonly Tensor[]) => Tensor;

const operations = {
  add: elementwise(add),
  sub: elementwise(sub),
  mul: elementwise(mul),
  maximum: elementwise(maximum),
  neg: (choose, pool) => neg(choose.of(pool)),
  tanh: (choose, pool) => tanh(choose.of(pool)),
  scale: (choose, pool) => mul(choose.of(pool), choose.of([0.5, 1, -1, 2])),
  shift: (choose, pool) => {
    const x = choose.of(pool);
    return add(x, choose.of([0, 1, constant([[0.25]], x.dtype)]));
  },
  square: (choose, pool) => {
    const x = choose.of(pool);
    return mul(x, x);
  },
  matmul: product,
  reduceSum: reduced(reduceSum),
  reduceMean: reduced(reduceMean),
  reduceMax: reduced(reduceMax),
  productSum: (choose, pool) => {
    const x = choose.of(pool);
    const both = mul(x, meeting(x, choose.of(pool)));
    return reduceSum(both, { axes: choose.some(axesOf(both)), keepDims: choose.below(2) === 1 });
  },
  outerSum: (choose, pool) => {
    const flat = (x: Tensor) => reshape(x, [-1]);
    const [a, b] = [flat(choose.of(pool)), flat(choose.of(pool))];
    const both = mul(reshape(a, [-1, 1]), b);
    return reduceSum(both, { axes: choose.some([0, 1]) });
  },
  reshape: (choose, pool) => {
    const x = choose.of(pool);
    return reshape(x, split(choose, sizeOf(x.shape)));
  },
  transpose: (choose, pool) => {
    const x = choose.of(pool);
    const axes = axesOf(x);
    const perm: number[] = [];
    while (axes.length > 0) perm.push(...axes.splice(choose.below(axes.length), 1));
    return transpose(x, perm);
  },
  broadcastTo: (choose, pool) => {
    const x = choose.of(pool);
    const longer = x.shape.map((n) => (n === 1 ? choose.of([1, 3]) : n));
    return broadcastTo(x, choose.below(2) === 1 ? [2, ...longer] : longer);
  },
  slice: (choose, pool) => {
    const x = choose.of(pool);
    const starts = x.shape.map((n) => choose.below(n));
    const ends = x.shape.map((n, axis) => starts[axis]! + 1 + choose.below(n - starts[axis]!));
    return slice(x, { starts, ends, steps: x.shape.map(() => choose.of([1, 1, 2])) });
  },
  pad: (choose, pool) => {
    const x = choose.of(pool);
    return pad(x, {
      low: x.shape.map(() => choose.of([0, 0, 1])),
      high: x.shape.map(() => choose.of([0, 2])),
    });
  },
  concat: (choose, pool) => {
    const x = choose.of(pool);
    if (x.shape.length === 0) return x;
    const axis = choose.below(x.shape.length);
    const others = pool.filter(
      (y) => y.shape.length === x.shape.length && `${y.shape.with(axis, 1)}` === `${x.shape.with(axis, 1)}`,
    );
    return concat([x, choose.of(others.length > 0 ? others : [x]), x], { axis });
  },
  flip: (choose, pool) => {
    const x = choose.of(pool);
    return flip(x, { axes: choose.some(axesOf(x)) });
  },
  gather: (choose, pool) => {
    const x = choose.of(pool);
    if (x.shape.length === 0) return x;
    const axis = choose.below(x.shape.length);
    const indices = [choose.below(x.shape[axis]!), choose.below(x.shape[axis]!), 0];
    return gather(x, constant(indices, "int32"), { axis });
  },
  softmax: (choose, pool) => {
    const x = choose.of(pool);
    return x.shape.length === 0 ? x : softmax(x, { axis: choose.below(x.shape.length) });
  },
  layerNorm: (choose, pool) => {
    const x = choose.of(pool);
    return x.shape.length === 0 ? x : layerNorm(x, { epsilon: 0.1 });
  },
} satisfies Record<string, Operation>;

function reduced(op: typeof reduceSum): Operation {
  return (choose, pool) => {
    const x = choose.of(pool);
    return op(x, { axes: choose.some(axesOf(x)), keepDims: choose.below(2) === 1 });
  };
}

/** A result, or `undefined` when the step would make it too large. */
function attempt({ kind, choices }: Step, pool: readonly Tensor[]): Tensor | undefined {
  const result = (operations[kind] as Operation)(new Chooser(choices), pool);
  return fits(result.shape) ? result : undefined;
}

/** The inputs a0, a1, … of a program. */
export function programInputs({ shapes }: RandomProgram, dtype: FloatDType): Tensor[] {
  return shapes.map((shape, i) => input(`a${i}`, shape, dtype));
}

export function programFeeds(
  { shapes }: RandomProgram,
  dtype: FloatDType,
  stream = "values",
): Record<string, NdArray> {
  const key = Key.fromSeed(3).split(stream);
  return Object.fromEntries(
    shapes.map((shape, i) => [`a${i}`, normal(key.split(i), dtype, shape, { std: 0.5 })]),
  );
}

/** All results of a program as one graph, the first inputs included. */
export function programGraph(program: RandomProgram, inputs: readonly Tensor[]): Tensor[] {
  const pool = [...inputs];
  for (const step of program.steps) {
    const result = attempt(step, pool);
    if (result !== undefined) pool.push(result);
  }
  return pool;
}

/** The same results, each step evaluated by itself on the values of those before. */
export function programValues(program: RandomProgram, feeds: readonly NdArray[]): NdArray[] {
  const values = [...feeds];
  for (const step of program.steps) {
    const pool = values.map(({ shape, dtype }, i) => input(`v${i}`, shape, dtype));
    const result = attempt(step, pool);
    if (result === undefined) continue;
    values.push(evaluate([result], Object.fromEntries(values.map((value, i) => [`v${i}`, value])))[0]!);
  }
  return values;
}

const arbitraryShape = fc.array(fc.constantFrom(1, 2, 3, 4), { minLength: 0, maxLength: 3 });

const arbitraryStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...(Object.keys(operations) as Step["kind"][])),
  choices: fc.array(fc.nat({ max: 2 ** 20 }), { minLength: 6, maxLength: 10 }),
});

/** Programs of up to `maxSteps` steps on one to three small inputs. */
export function arbitraryProgram({ maxSteps = 12 } = {}): fc.Arbitrary<RandomProgram> {
  return fc.record({
    shapes: fc.array(arbitraryShape, { minLength: 1, maxLength: 3 }),
    steps: fc.array(arbitraryStep, { minLength: 1, maxLength: maxSteps }),
  });
}
