/** @file Theory's quantities measured on finite networks: Jacobians, correlations, curvature, the edge of stability. */
export { type AllPairsMeasurement, apjnAllPairs } from "./all-pairs.ts";
export { type Tap, type TapChain, tapChain } from "./chain.ts";
export {
  type CorrelationLayer,
  type CorrelationMeasurement,
  type CorrelationOptions,
  measureCorrelations,
  type PairSummary,
} from "./correlations.ts";
export { type CulpritFinding, culprit, type Segment } from "./culprit.ts";
export {
  type ChainCurvatureOptions,
  type CurvatureKind,
  type CurvatureOptions,
  type CurvatureProbe,
  type CurvatureRunOptions,
  compileChainCurvature,
  compileCurvature,
  stableRate,
} from "./curvature.ts";
export { defaultProbes, probesForUnits } from "./default-probes.ts";
export {
  type Diagnosis,
  type DiagnosisOptions,
  diagnose,
  type ProfileLayer,
  type Verdict,
} from "./diagnosis.ts";
export { type Distribution, distribution } from "./distribution.ts";
export {
  blownAbove,
  descends,
  descentSteps,
  type EdgeMeasurement,
  type EdgeOptions,
  type EdgeRunOptions,
  type EdgeTrialOptions,
  isStable,
  measureEdge,
  measureEdgeOf,
  measureEdgeWith,
  type StabilityCriterion,
  type StartRun,
  survives,
  unstableAbove,
} from "./edge.ts";
export { bracketEdge, type EdgeBracket, type EdgeSearchOptions } from "./edge-search.ts";
export { type FisherOptions, type FisherSample, fisherDistance, measureFisher } from "./fisher.ts";
export * from "./foreign/index.ts";
export {
  type FreenessMoment,
  type FreenessOptions,
  type FreenessReport,
  type FreenessSlope,
  type FreenessWord,
  freeness,
  freenessWords,
} from "./freeness.ts";
export {
  type GradientNoise,
  type GradientNoiseOptions,
  measureGradientNoise,
} from "./gradient-noise.ts";
export { type InvarianceReport, invariance, rotationFixing } from "./invariance.ts";
export {
  type JacobianLayer,
  type JacobianMeasurement,
  type JacobianOptions,
  measureJacobians,
  seedKey,
} from "./jacobian.ts";
export {
  compileJacobianMatrix,
  type JacobianMatrix,
  type JacobianMatrixOptions,
  type JacobianMatrixProgram,
  jacobianMatrix,
} from "./jacobian-matrix.ts";
export {
  type ChainProgramOptions,
  compileChain,
  compileJacobians,
  drawProbes,
  type JacobianPart,
  type JacobianProgram,
  type JacobianRun,
  type ProbeFeeds,
  probeName,
} from "./jacobian-program.ts";
export { type EigenvalueLaw, kolmogorovDistance } from "./kolmogorov.ts";
export { type ExtremeEigenvalues, extremeEigenvalues, type LanczosOptions } from "./lanczos.ts";
export * from "./landscape/index.ts";
export {
  chooseLaw,
  type Errors,
  fewestForChoice,
  fitLaw,
  type Law,
  type LawFit,
  laws,
  rankLaws,
} from "./laws.ts";
export { type LayerKernel, type LayerKernelOptions, measureLayerKernels } from "./layer-kernels.ts";
export type { LogEstimate } from "./log-estimate.ts";
export { type Pair, type PairsByClass, pairsByClass, rankingAccuracy } from "./pairs.ts";
export { inputOfMoment } from "./plain-layers.ts";
export { type SeedEstimate, seedEstimate } from "./seed-estimate.ts";
export {
  type Confusion,
  collapsedAbove,
  confusion,
  type Separation,
  scrambledBelow,
  separation,
} from "./separation.ts";
export { growthRate, growthShift } from "./slope.ts";
export {
  measureSpectrum,
  type SampleDistance,
  type SampledSpectrum,
  type SpectrumMeasurement,
  type SpectrumOptions,
} from "./spectrum.ts";
export type { TapName } from "./stretch.ts";
export {
  checkTuning,
  type GivenTuneOptions,
  type GivenTuning,
  isTunable,
  type LayerGain,
  type StretchResult,
  type TuneOptions,
  type Tuning,
  tuneByObjective,
  tuneByScalars,
  tuneBySweep,
  tuneGiven,
  tuningSeeds,
  variancesByLayer,
  type WeightGain,
} from "./tune/index.ts";
export { type CoordinateLayer, type CoordinateOptions, measureCoordinates } from "./widths.ts";
