/** @file The float64 reference interpreter of covariance programs: the oracle of the SIMD engine. */
export { referenceEngine } from "./engine.ts";
export { type NearDuplicate, type NearDuplicates, nearDuplicates } from "./near-duplicate.ts";
