/** @file Infinite-width kernels and Gaussian-process prediction at scale: the public face of the room. */
export { type AssemblyBuild, type AssemblyModule, loadAssembly } from "./assembly.ts";
export { type KernelCost, kernelCost } from "./cost.ts";
export * from "./empirical/index.ts";
export { createEngine } from "./engine.ts";
export {
  blockMatrix,
  denseMatrix,
  type KernelMatrixOptions,
  type KernelOf,
  type KernelPlan,
  type KernelResult,
  kernelDiagonal,
  kernelMatrix,
  leadingMatrix,
  type StoreOptions,
} from "./gram/index.ts";
export {
  type ClassScores,
  classScores,
  classTargets,
  crossEntropyLoss,
  type Ensemble,
  type EnsembleOptions,
  type EnsembleTest,
  type FlowBeginning,
  type FlowOutputs,
  type FlowPath,
  type FlowStart,
  type FlowState,
  type FunctionSpaceLoss,
  type GaussianPrediction,
  type GpPosterior,
  type GradientDescentMseOptions,
  type GradientDescentOptions,
  type GradientFlow,
  gpInference,
  gradientDescent,
  gradientDescentMse,
  gradientDescentMseEnsemble,
  type InferenceOptions,
  type KernelMatrix,
  kernelProduct,
  largestEigenvalue,
  maxLearningRate,
  mostSpectrumRows,
  type NtkEnsemble,
  ntkInference,
  squaredLoss,
  type TestKernels,
  type TraceAxes,
} from "./predict/index.ts";
export { checkRequirements, type RequirementOptions } from "./requirements.ts";
export {
  type ConjugateGradientsOptions,
  type ConjugateGradientsResult,
  conjugateGradients,
  type Factor,
  type FactoriseOptions,
  factorBytes,
  factorise,
  jitterLadder,
  logMarginalLikelihood,
  type NystromOptions,
  nystrom,
  type Preconditioner,
} from "./solve/index.ts";
export { KernelStore, openKernelStore, type StoreAttributes } from "./store/index.ts";
export type {
  Attention,
  BlockMatrix,
  EngineSpec,
  ItemBlock,
  KernelProgress,
  KernelValue,
  Tile,
  TileEngine,
} from "./types.ts";
