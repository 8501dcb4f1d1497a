/** @file Plain arrays, seeded random streams and small dense linear algebra: the ground floor. */
export * from "./array.ts";
export * from "./errors.ts";
export { haar } from "./haar.ts";
export { Key } from "./key.ts";
export { cholesky, eigenSymmetric, leastSquares, qr, solve, svd } from "./linalg.ts";
export { normalQuantile } from "./normal-quantile.ts";
export {
  categorical,
  type NormalOptions,
  normal,
  permutation,
  rademacher,
  type StreamOptions,
  type UniformOptions,
  uniform,
} from "./random.ts";
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from "./safetensors.ts";
