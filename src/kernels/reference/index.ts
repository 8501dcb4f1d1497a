/** @file The float64 reference interpreter of covariance programs: the oracle of the SIMD engine. */
export { referenceEngine } from "./engine.ts";
