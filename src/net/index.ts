/** @file The network language: one description that is parsed, run, initialised and handed to theory. */
export {
  type ActivationSpec,
  activationKinds,
  activationText,
  applyActivation,
  defineActivation,
  defineParametricActivation,
  findActivation,
  parseActivation,
  scalarHalf,
} from "./activations/index.ts";
export { MAX_LAYERS, MAX_NESTING, MAX_PARAMETERS } from "./bounds.ts";
export { chainList } from "./chains.ts";
export type { CovarianceOp } from "./covariance.ts";
export {
  type ApplyContext,
  type BufferRule,
  constantRule,
  defineLayer,
  gaussian,
  type LayerRecord,
  type Mode,
  type ParameterRule,
} from "./define.ts";
export { type Variances, withInput, withVariances } from "./edit.ts";
export { type ApplyOptions, applyModel, type Forward, noiseInputs, parameterInputs } from "./forward.ts";
export { initialise } from "./initialise.ts";
export {
  buildModel,
  countParameters,
  type Model,
  type Noise,
  type Tap,
  trainableParameters,
} from "./model.ts";
export { type ImportedModel, type ImportOptions, importOnnx, readOnnxFile } from "./onnx/index.ts";
export { countMultiplications, type Multiplications } from "./operations.ts";
export type { ParameterInit, ParameterOption } from "./options.ts";
export type { ParameterSpec } from "./parameters.ts";
export { parseNet, parseNetText, printNet } from "./parse.ts";
export { findLayer, layerRecords } from "./registry.ts";
export type { ModelLayer } from "./resolve.ts";
export { covarianceProgram, type MeanFieldPlace, meanFieldPlaces } from "./rules.ts";
export { netSchema } from "./schema.ts";
export type { NetShape, ShapeKind } from "./shapes.ts";
export type { DenseSpec, Init, LayerSpec, Net, Parameterisation, ResidualSpec } from "./spec.ts";
