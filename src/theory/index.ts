/** @file What mean-field theory predicts, as plain float64 numbers: activations, layer rules, recursions, criticality. */
export type { GaussianMoments, ParameterValue, ScalarActivation } from "./activation.ts";
export { arcCosineCoefficients } from "./activations/arc-cosine.ts";
export { activationConstants } from "./activations/constants.ts";
export { activationFromFunction, type FunctionActivation } from "./activations/from-function.ts";
export { activationFromKernel, type GivenKernel } from "./activations/from-kernel.ts";
export { type ActivationSpec, activationKinds, scalarActivation } from "./activations/index.ts";
export {
  type Norm,
  norms,
  propagateUniform,
  type UniformLayer,
  uniformStart,
  uniformStep,
} from "./architecture.ts";
export { type Branch, concatenate, multiply, type ResidualOptions, residual, sum } from "./branches.ts";
export { nearestName, requireVariance } from "./checks.ts";
export { sequence } from "./combine.ts";
export * from "./contour.ts";
export {
  type ConvolutionOptions,
  convolution,
  localConvolution,
  transposedConvolution,
} from "./convolution.ts";
export * from "./critical.ts";
export {
  criticalLine,
  type LineOf,
  type LinePoint,
  type LineRange,
  linePoint,
} from "./critical-line.ts";
export { type DualKernel, dualKernel } from "./dual.ts";
export * from "./estimate.ts";
export * from "./exponents.ts";
export {
  type FisherLaw,
  type FisherMoments,
  type FisherNetwork,
  fisherEdges,
  fisherLaw,
  fisherMoments,
} from "./fisher/index.ts";
export * from "./fixed-points.ts";
export { expect, type QuadratureOptions } from "./gaussian.ts";
export { expect2, type PairQuadratureOptions } from "./gaussian-pair.ts";
export {
  type HermiteSeries,
  type HermiteTerms,
  hermiteRow,
  hermiteSeries,
  hermiteTable,
  seriesDual,
  seriesDualDerivative,
} from "./hermite-series.ts";
export { type LayerMap, layerMap } from "./layer-map.ts";
export * from "./moments.ts";
export { batchNorm, type L2NormalizeOptions, l2Normalize, layerNorm, rmsNorm } from "./normalise.ts";
export type { Covariance } from "./pair-geometry.ts";
export * from "./phase.ts";
export {
  dropout,
  embedding,
  flatten,
  invertedDropout,
  positional,
  selectPositions,
  withoutTangentKernel,
} from "./places.ts";
export * from "./ranking.ts";
export * from "./recursion.ts";
export { spaced } from "./roots.ts";
export * from "./spectrum/index.ts";
export * from "./state.ts";
export { type AffineOptions, activation, affine, identity, type Step, scale, unitStep } from "./step.ts";
export * from "./universality.ts";
export * from "./weight-search.ts";
export type { WindowAxis } from "./windows.ts";
