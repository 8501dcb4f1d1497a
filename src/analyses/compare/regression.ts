/** @file Kernel regression on subsets of the training items: the learning curve as it is measured. */
import { type BlockMatrix, blockMatrix, factorise, product } from "../../kernels/index.ts";
import { type Key, type NdArray, permutation, zeros } from "../../tensor/index.ts";

type Float64 = NdArray<"float64">;

/** Kernels and targets of a network's regression. */
export interface RegressionData {
  /** `[N, N]` and `[M, N]`. */
  readonly train: Float64;
  readonly cross: Float64;
  /** `[N, C]` and `[M, C]`, +1 and −1; of two classes the second's alone, `[N, 1]`. */
  readonly targets: Float64;
  readonly testTargets: Float64;
  /** What is added to the diagonal. */
  readonly ridge: number;
}

/** Test items after a regression, one entry an item. */
export interface TestErrors {
  /** Mean over targets of the squared error. */
  readonly squared: readonly number[];
  /** 1 where the largest output is another class; of one target, where the output has the other sign. */
  readonly wrong: readonly number[];
}

/**
 * Rows of a subset of n of N items, the same for every network. The whole set is in its own order.
 * @param trial One of several subsets of this size.
 */
export function subsetOf(
  key: Key,
  { n, of, trial }: { readonly n: number; readonly of: number; readonly trial: number },
): Int32Array {
  if (n >= of) return first(of);
  return permutation(key.split("subset").split(n).split(trial), of).slice(0, n);
}

/**
 * Fits the items of a subset and looks at the test items.
 * @throws FathomError failed where the kernel of the subset is singular beyond the ladder of jitters; the signal's reason.
 */
export async function regress(
  { train, cross, targets, testTargets, ridge }: RegressionData,
  rows: Int32Array,
  { signal, threads }: { readonly signal: AbortSignal | undefined; readonly threads: number | undefined },
): Promise<TestErrors> {
  await using factor = await factorise(subMatrix(train, rows, ridge), { signal, threads });
  const alpha = await factor.solve(entriesAt(targets, rows, first(targets.shape[1]!)));
  return errorsOf(product(entriesAt(cross, first(cross.shape[0]!), rows), alpha), testTargets);
}

/** The kernel of a subset, `[n, n]`, with what is added to its diagonal. */
function subMatrix(train: Float64, rows: Int32Array, ridge: number): BlockMatrix {
  const n = rows.length;
  const part = entriesAt(train, rows, rows);
  for (let i = 0; i < n; i++) part.data[i * n + i]! += ridge;
  return blockMatrix(part, { symmetric: true });
}

/** The entries of some rows and columns, `[rows, columns]`. */
function entriesAt({ data, shape }: Float64, rows: Int32Array, columns: Int32Array): Float64 {
  const width = shape[1]!;
  const part = zeros("float64", [rows.length, columns.length]);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      part.data[i * columns.length + j] = data[row * width + column]!;
    });
  });
  return part;
}

/** 0, 1, …, count − 1. */
function first(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

function errorsOf(outputs: Float64, targets: Float64): TestErrors {
  const [items, classes] = outputs.shape as [number, number];
  const squared: number[] = [];
  const wrong: number[] = [];
  for (let i = 0; i < items; i++) {
    const [at, end] = [i * classes, (i + 1) * classes];
    const [output, target] = [outputs.data.subarray(at, end), targets.data.subarray(at, end)];
    squared.push(output.reduce((sum, value, c) => sum + (value - target[c]!) ** 2, 0) / classes);
    wrong.push(Number(classOf(output) !== classOf(target)));
  }
  return { squared, wrong };
}

/** The class of the largest output, the first of equal ones; of one target the second class where it is above 0. */
function classOf(outputs: Float64Array): number {
  if (outputs.length === 1) return Number(outputs[0]! > 0);
  return outputs.indexOf(Math.max(...outputs));
}
