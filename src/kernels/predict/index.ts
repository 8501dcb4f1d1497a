/**
 * @file Prediction with kernels (kernels.md §9), the public face: Gaussian processes, ensembles of trained networks, gradient
 * descent in function space, learning rates, classes. Inside: `dense` and `kernel-product` multiply, `spectrum` takes a kernel
 * apart, `outputs` says how it acts on several outputs, `checks` and `regularisation` stand at the door.
 */
export { type ClassScores, classScores, type ScoreOptions } from "./classes.ts";
export { leadingColumns, product, transposedProduct } from "./dense.ts";
export {
  type Ensemble,
  type EnsembleOptions,
  type EnsembleTest,
  gradientDescentMseEnsemble,
  type Trained,
} from "./ensemble.ts";
export {
  type FlowBeginning,
  type FlowPath,
  type FlowState,
  type GradientDescentOptions,
  type GradientFlow,
  gradientDescent,
} from "./gradient-descent.ts";
export {
  type FlowOutputs,
  type FlowStart,
  type GradientDescentMseOptions,
  gradientDescentMse,
  type MseFlow,
} from "./gradient-descent-mse.ts";
export {
  GpPosterior,
  gpInference,
  type InferenceOptions,
  NtkEnsemble,
  type NtkTestKernels,
  ntkInference,
  type TestKernels,
} from "./inference.ts";
export { type KernelMatrix, kernelProduct } from "./kernel-product.ts";
export { type LearningRateOptions, largestEigenvalue, maxLearningRate } from "./learning-rate.ts";
export { classTargets, crossEntropyLoss, type FunctionSpaceLoss, squaredLoss } from "./losses.ts";
export type { TraceAxes } from "./outputs.ts";
export type { GaussianPrediction } from "./prediction.ts";
export type { RegularisationOptions } from "./regularisation.ts";
export { mostSpectrumRows } from "./spectrum.ts";
