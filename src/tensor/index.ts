/** @file Plain arrays, seeded random streams and small dense linear algebra: the ground floor. */
export * from "./array.ts";
export { crc32 } from "./crc32.ts";
export { type ElementType, elementTypes } from "./elements.ts";
export * from "./errors.ts";
export { haar } from "./haar.ts";
export { Key } from "./key.ts";
export {
  type LanczosRun,
  lanczos,
  type RitzPair,
  type RitzValues,
  type SymmetricOperator,
} from "./lanczos.ts";
export { cholesky, eigenSymmetric, leastSquares, qr, singularValues, solve, svd } from "./linalg.ts";
export { normalQuantile } from "./normal-quantile.ts";
export { decodeNpy, decodeNpyText, encodeNpy, type TextArray, toInt32 } from "./npy.ts";
export { decodeNpz, encodeNpz, type Npz } from "./npz.ts";
export { addScaled, dot, norm, orthogonalise } from "./orthogonalise.ts";
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
export {
  denseOfSparse,
  multiplySparse,
  type SparseEntries,
  type SparseMatrix,
  sparseFromEntries,
  sparseMatrix,
  transposedSparse,
} from "./sparse.ts";
