/** @file The smallest eigenvalue of a symmetric operator: how much must be added to a diagonal for a matrix to be positive definite. */

import { FathomError, Key, lanczos, normal, type RitzValues } from "../../tensor/index.ts";
import type { Attention } from "../types.ts";
import type { RowOperator } from "./streamed-product.ts";

/** Products at most: a negative eigenvalue that defeats the jitters of the ladder stands out sooner. */
const mostSteps = 60;
/** Part of the largest |eigenvalue| to which the smallest is wanted. */
const tolerance = 1e-7;

/**
 * A value from which no eigenvalue is far below: the smallest Ritz value less its residual.
 * @throws FathomError failed where products leave float64; the signal's reason.
 * @example await leastEigenvalue(await streamedProduct(matrix, 0))
 */
export async function leastEigenvalue(
  { n, apply }: RowOperator,
  { signal, onProgress }: Attention = {},
): Promise<number> {
  const total = Math.min(n, mostSteps);
  let done = 0;
  const found = await lanczos(
    (v) => {
      onProgress?.({ label: "estimating the smallest eigenvalue", done: done++, total });
      return apply(v, signal);
    },
    {
      start: normal(Key.fromSeed(0).split("least eigenvalue"), "float64", [n]).data,
      most: mostSteps,
      enough: ({ smallest, largest }: RitzValues) =>
        smallest.residual <= tolerance * Math.max(Math.abs(smallest.value), Math.abs(largest.value)),
    },
  );
  if (found !== undefined) return found.smallest.value - found.smallest.residual;
  throw new FathomError({
    code: "failed",
    message: "Products with the matrix leave the numbers of float64.",
    where: "matrix",
    hint: "Scale the matrix to entries near 1.",
  });
}
