/**
 * @file Solutions of float32 factors made exact: residuals in float64 from the matrix itself, corrected by the factor
 * (kernels.md §8). Where that stops to help, the factor goes on as the preconditioner of conjugate gradients.
 */

import { FathomError } from "../../tensor/index.ts";
import type { Attention } from "../types.ts";
import { type ApplyInverse, iterate } from "./iterate.ts";
import { rowNorms, worstRatio } from "./rows.ts";
import type { RowOperator } from "./streamed-product.ts";

/** ‖b − A x‖ / ‖b‖ of the worst column, at which a solution counts as exact. */
const refinedTo = 1e-10;
const mostSteps = 20;
/** A step that leaves more than this part of the residual tells that the factor alone is too rough. */
const stagnation = 0.5;
/** Conjugate gradients take a correction this far: their own residuals drift, those of the loop do not. */
const iteratedTo = 1e-4;
const mostIterations = 200;
/**
 * ‖b − A x‖ below this part of ‖A‖ ‖x‖ is what rounding of float64 leaves: the solution is that of a matrix as near to A as A is to
 * its own rounding, and no residual tells more (Higham, Accuracy and Stability, §7.1).
 */
const backwardError = 4 * Number.EPSILON;

interface Refinement extends Attention {
  readonly operator: RowOperator;
  /** ‖A‖₁. */
  readonly norm: number;
  /** Approximate solutions with A. */
  readonly factor: ApplyInverse;
}

/**
 * x with A x = b to `refinedTo`, or to the rounding of float64 where that is more, for rows [count, n].
 * @throws FathomError failed when it is not reached.
 */
export async function refine(
  b: Float64Array,
  { operator, norm, factor, signal, onProgress }: Refinement,
): Promise<Float64Array> {
  const limits = { signal, tolerance: iteratedTo, maxIterations: mostIterations, preconditioner: factor };
  const iterated: ApplyInverse = async (rows) => (await iterate(operator, rows, limits)).x;
  const norms = rowNorms(b, operator.n);
  let [x, r, residual, inverse] = [new Float64Array(b.length), b.slice(), worstRatio(norms, norms), factor];
  for (let step = 1; residual >= refinedTo; step++) {
    const correction = await inverse(r);
    const better = x.map((value, i) => value + correction[i]!);
    const product = await operator.apply(better, signal);
    const rest = b.map((value, i) => value - product[i]!);
    const now = worstRatio(rowNorms(rest, operator.n), norms);
    const stagnates = !(now < stagnation * residual);
    if (now < residual) [x, r, residual] = [better, rest, now];
    onProgress?.({
      label: "refining",
      detail: `residual ${residual.toExponential(1)}`,
      done: step,
      total: mostSteps,
    });
    if (residual >= refinedTo && (step === mostSteps || (stagnates && inverse === iterated))) {
      const floors = rowNorms(x, operator.n).map((size) => backwardError * norm * size);
      if (rowNorms(r, operator.n).every((size, c) => size <= floors[c]!)) return x;
      throw tooRough(residual);
    }
    if (stagnates) inverse = iterated;
  }
  return x;
}

function tooRough(residual: number): FathomError {
  return new FathomError({
    code: "failed",
    message: `Solutions by the float32 factor cannot be refined: the residual stays at ${residual.toExponential(1)}, not ${refinedTo}.`,
    where: "mode float32-refined",
    hint: 'Use the mode "float64", or a larger jitter.',
  });
}
