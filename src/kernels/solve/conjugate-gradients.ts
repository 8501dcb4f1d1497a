/** @file `conjugateGradients`: solutions without a factor, in the memory of a few vectors. */
import { FathomError, type NdArray } from "../../tensor/index.ts";
import type { Attention, BlockMatrix } from "../types.ts";
import { type ApplyInverse, iterate } from "./iterate.ts";
import { columnsOf, rowsOf } from "./right-hand-sides.ts";
import { requireSquare } from "./square.ts";
import { streamedProduct } from "./streamed-product.ts";

/** Something near the inverse of the matrix, which makes the iterations few. */
export interface Preconditioner extends AsyncDisposable {
  readonly name: string;
  readonly apply: ApplyInverse;
}

/** How far to iterate, and with what help. */
export interface ConjugateGradientsOptions extends Attention {
  /** Of ‖b − A x‖ / ‖b‖ for the worst column; 1e-8 unless said. */
  readonly tolerance?: number;
  /** 1000 unless said. */
  readonly maxIterations?: number;
  /** Added to the diagonal (absolute); 0 unless said. */
  readonly jitter?: number;
  readonly preconditioner?: Preconditioner;
}

/** Solutions, and what they took. */
export interface ConjugateGradientsResult {
  /** [n, c] */
  readonly x: NdArray<"float64">;
  readonly iterations: number;
  /** ‖b − A x‖ / ‖b‖ of the worst column, by the recurrence of the method. */
  readonly residual: number;
}

/**
 * Solves (K + jitter · 1) x = b for all columns of b at once. Every iteration reads all blocks of the matrix once.
 * @param b - [n, c] or [n].
 * @throws FathomError bad-shape where b does not meet a square matrix, bad-input for entries that are not finite; failed when the
 * tolerance is not reached or the matrix is not positive definite; the signal's reason.
 * @example
 * await using preconditioner = await nystrom(matrix, { rank: 200 });
 * const { x, iterations } = await conjugateGradients(matrix, y, { preconditioner });
 */
export async function conjugateGradients(
  matrix: BlockMatrix,
  b: NdArray<"float64">,
  options: ConjugateGradientsOptions = {},
): Promise<ConjugateGradientsResult> {
  const { tolerance = 1e-8, maxIterations = 1000, jitter = 0, preconditioner, signal, onProgress } = options;
  requireSquare(matrix);
  const rows = rowsOf(b, matrix.rows);
  const operator = await streamedProduct(matrix, jitter);
  const limits = { tolerance, maxIterations, signal, onProgress };
  const result = await iterate(operator, Float64Array.from(rows), {
    ...limits,
    preconditioner: preconditioner?.apply,
  });
  const { x, iterations, residual, converged } = result;
  if (converged) return { x: columnsOf(x, b), iterations, residual };
  throw new FathomError({
    code: "failed",
    message: `Conjugate gradients are at a residual of ${residual.toExponential(1)} after ${iterations} iterations; ${tolerance} was wanted.`,
    where: "conjugate gradients",
    hint: "Use a preconditioner of a higher rank, a jitter, more iterations or a larger tolerance.",
  });
}
