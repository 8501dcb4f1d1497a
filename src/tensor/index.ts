/** @file Plain arrays, seeded random streams and small dense linear algebra: the ground floor. */
export * from "./array.ts";
export * from "./errors.ts";
export { Key } from "./key.ts";
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
