/**
 * @file What predictors refuse at the door (kernels.md §13): matrices that are not symmetric, shapes that do not meet,
 * numbers that are not finite, times before 0.
 */
import { FathomError, ndarray, sameShape, showShape, zeros } from "../../tensor/index.ts";
import type { Float64 } from "./dense.ts";

/** Largest asymmetry beside the largest entry that counts as the rounding of a float32 kernel (kernels.md §13). */
const symmetryTolerance = 1e-5;

export function badShape(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-shape", where, message, hint });
}

export function badInput(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}

/**
 * A symmetric matrix of [n, n] with the rounding between its triangles averaged.
 * @throws FathomError bad-shape unless it is square, bad-input where it is not finite or its triangles differ by more than
 * 1e-5 of its largest entry.
 */
export function checkedKernel(kernel: Float64, where: string): Float64 {
  const [n, columns] = kernel.shape;
  if (kernel.shape.length !== 2 || n !== columns) {
    throw badShape(
      where,
      `A kernel matrix is square, not ${showShape(kernel.shape)}.`,
      "Give the kernel of the training items with themselves, [N, N].",
    );
  }
  checkFinite(kernel, where);
  const data = Float64Array.from(kernel.data);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < n!; i++) {
    for (let j = 0; j < i; j++) {
      const [lower, upper] = [data[i * n! + j]!, data[j * n! + i]!];
      if (Math.abs(lower - upper) > symmetryTolerance * largest) {
        throw badInput(
          `${where}[${i}, ${j}]`,
          `The kernel is not symmetric: ${lower} against ${upper}.`,
          "Give the kernel of one set of items with itself, rows and columns in the same order.",
        );
      }
      const mean = lower + (upper - lower) / 2;
      data[i * n! + j] = mean;
      data[j * n! + i] = mean;
    }
  }
  return ndarray("float64", kernel.shape, data);
}

/** @throws FathomError bad-input naming the first entry that is not finite. */
export function checkFinite(array: Float64, where: string): void {
  const at = array.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const width = array.shape.length === 2 ? array.shape[1]! : array.data.length;
  const place = array.shape.length === 2 ? `${Math.floor(at / width)}, ${at % width}` : `${at}`;
  throw badInput(`${where}[${place}]`, `The array holds ${array.data[at]}.`, "Entries must be finite.");
}

/** Targets [N, C] for a kernel of n rows. @throws FathomError bad-shape where they do not meet, bad-input when not finite. */
export function checkTargets(y: Float64, n: number, where = "y"): void {
  if (y.shape.length !== 2 || y.shape[0] !== n || y.shape[1]! < 1) {
    throw badShape(
      where,
      `Targets ${showShape(y.shape)} do not meet a kernel of ${n} training items.`,
      `Give one row of outputs an item, [${n}, C].`,
    );
  }
  checkFinite(y, where);
}

/** K(test, train) [M, n]. @throws FathomError bad-shape, bad-input. */
export function checkCross(cross: Float64, n: number, where = "cross"): void {
  if (cross.shape.length !== 2 || cross.shape[1] !== n) {
    throw badShape(
      where,
      `The kernel of test and training items ${showShape(cross.shape)} does not meet ${n} training items.`,
      `Give [M, ${n}]: test items in rows, training items in columns.`,
    );
  }
  checkFinite(cross, where);
}

/** The kernel of test items: [M] its diagonal, [M, M] all of it. @throws FathomError bad-shape, bad-input. */
export function checkPrior(prior: Float64, tests: number, where = "prior"): void {
  if (!sameShape(prior.shape, [tests]) && !sameShape(prior.shape, [tests, tests])) {
    throw badShape(
      where,
      `The kernel of the test items ${showShape(prior.shape)} does not meet ${tests} test items.`,
      `Give its diagonal, [${tests}], for variances, or all of it, [${tests}, ${tests}], for covariances.`,
    );
  }
  checkFinite(prior, where);
}

/** Outputs at time 0, or zeros. @throws FathomError bad-shape, bad-input. */
export function checkedStart(start: Float64 | undefined, shape: readonly number[], where: string): Float64 {
  if (start === undefined) return zeros("float64", shape);
  if (!sameShape(start.shape, shape)) {
    throw badShape(
      where,
      `Outputs at time 0 have the shape ${showShape(start.shape)}.`,
      `Give ${showShape(shape)}.`,
    );
  }
  checkFinite(start, where);
  return start;
}

/** @throws FathomError bad-input unless the time is 0 or more; Infinity is a time. */
export function checkTime(t: number, where = "t"): void {
  if (t >= 0) return;
  throw badInput(where, `The time is ${t}.`, "Give 0 or more steps of training; Infinity for the end.");
}

/** @throws FathomError bad-input unless the momentum is in [0, 1). */
export function checkMomentum(momentum: number): void {
  if (momentum >= 0 && momentum < 1) return;
  throw badInput("momentum", `The momentum is ${momentum}.`, "Give 0 or more and less than 1.");
}

/** @throws FathomError bad-input unless it is a finite number above 0. */
export function checkPositive(value: number, where: string): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw badInput(where, `${where} is ${value}.`, "Give a finite number above 0.");
}
