/** @file The evidence of a Gaussian process for its targets (kernels.md §14). */
import type { Factor } from "../solve/index.ts";
import type { Float64 } from "./dense.ts";

/** −½ tr YᵀK⁻¹Y − (C/2) log|K| − (N C/2) log 2π, with α = K⁻¹ Y. */
export function logMarginalLikelihood(factor: Factor, y: Float64, alpha: Float64): number {
  const fit = y.data.reduce((sum, value, at) => sum + value * alpha.data[at]!, 0);
  return -0.5 * (fit + y.shape[1]! * factor.logDet + y.data.length * Math.log(2 * Math.PI));
}
