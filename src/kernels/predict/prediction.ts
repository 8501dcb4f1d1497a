/** @file What a Gaussian predictor says of items: a normal distribution of every output, all outputs with one covariance. */
import type { Float64 } from "./dense.ts";

/** A normal distribution of every output of M items, independent from output to output. */
export interface GaussianPrediction {
  /** [M, C]. */
  readonly mean: Float64;
  /** Of each item, the same for all outputs, [M]: where the diagonal of the kernel of test items was given. */
  readonly variance?: Float64;
  /** Of all items, the same for all outputs, [M, M]: where the kernel of test items was given. */
  readonly covariance?: Float64;
}
