/** @file Kernel regression on subsets of the training items: the learning curve as it is measured. */
import { type BlockMatrix, blockMatrix, factorise } from "../../kernels/index.ts";
import { type Key, type NdArray, ndarray, permutation, zeros } from "../../tensor/index.ts";

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
  if (n >= of) return Int32Array.from({ length: of }, (_, i) => i);
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
  await using factor = await factorise(subMatrix(train, rows, ridge), {
    signal,
    ...(threads === undefined ? {} : { threads }),
  });
  const classes = targets.shape[1]!;
  const y = new Float64Array(rows.length * classes);
  rows.forEach((row, i) => {
    y.set(targets.data.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  const alpha = await factor.solve(ndarray("float64", [rows.length, classes], y));
  return errorsOf(outputsOf(cross, rows, alpha), testTargets);
}

function subMatrix({ data, shape }: Float64, rows: Int32Array, ridge: number): BlockMatrix {
  const n = shape[0]!;
  const size = rows.length;
  const part = zeros("float64", [size, size]);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) part.data[i * size + j] = data[rows[i]! * n + rows[j]!]!;
    part.data[i * size + i]! += ridge;
  }
  return blockMatrix(part, { symmetric: true });
}

/** K* α over the columns of a subset, `[M, C]`. */
function outputsOf({ data, shape }: Float64, rows: Int32Array, alpha: Float64): Float64 {
  const [items, n] = shape as [number, number];
  const classes = alpha.shape[1]!;
  const outputs = zeros("float64", [items, classes]);
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < rows.length; j++) {
      const entry = data[i * n + rows[j]!]!;
      for (let c = 0; c < classes; c++)
        outputs.data[i * classes + c]! += entry * alpha.data[j * classes + c]!;
    }
  }
  return outputs;
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
