/**
 * @file Fathom as a library: what a program needs, one list a room. Where two rooms use one word, that of the higher floor
 * is exported with a longer name: `cholesky` and `svd` act on arrays, `choleskyFactor` and `svdFactors` on
 * expressions; `layerNorm` is an operation, `layerNormStep` a mean-field rule.
 */

export * from "./exports/analyses.ts";
export * from "./exports/data.ts";
export * from "./exports/expr.ts";
export * from "./exports/kernels.ts";
export * from "./exports/net.ts";
export * from "./exports/probes.ts";
export * from "./exports/report.ts";
export * from "./exports/runtime.ts";
export * from "./exports/tensor.ts";
export * from "./exports/theory.ts";
export * from "./exports/train.ts";
