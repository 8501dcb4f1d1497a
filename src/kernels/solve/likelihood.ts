/** @file The log marginal likelihood of targets under a Gaussian process, from the factor of its kernel. */
import { FathomError, type NdArray, sameShape, showShape } from "../../tensor/index.ts";
import type { Factor } from "./types.ts";

/**
 * log p(Y) = −½ tr Yᵀ A⁻¹ Y − (C/2) log |A| − (n C/2) log 2π, with A the kernel and its jitter, and independent columns
 * (Rasmussen and Williams, Gaussian Processes for Machine Learning, eq. 2.30).
 * @param y - [n, C] or [n]. @param alpha - A⁻¹ y, as `factor.solve(y)` gives it.
 * @throws FathomError bad-shape when the shapes do not meet.
 * @example logMarginalLikelihood(factor, y, await factor.solve(y))
 */
export function logMarginalLikelihood(
  { n, logDet }: Pick<Factor, "n" | "logDet">,
  y: NdArray<"float64">,
  alpha: NdArray<"float64">,
): number {
  if (y.shape[0] !== n || y.shape.length > 2 || !sameShape(y.shape, alpha.shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `Targets ${showShape(y.shape)} and solutions ${showShape(alpha.shape)} do not belong to a factor of ${n} rows.`,
      where: "y",
      hint: `Give both as [${n}, classes].`,
    });
  }
  const [, columns = 1] = y.shape;
  let form = 0;
  for (let i = 0; i < y.data.length; i++) form += y.data[i]! * alpha.data[i]!;
  return -form / 2 - (columns * logDet) / 2 - (n * columns * Math.log(2 * Math.PI)) / 2;
}
