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
export type { CovarianceOp } from "./covariance.ts";
export { defineLayer, gaussian, type LayerRecord, type ParameterRule } from "./define.ts";
export { type Variances, withInput, withVariances } from "./edit.ts";
export { applyModel, type Forward, parameterInputs } from "./forward.ts";
export { initialise } from "./initialise.ts";
export { buildModel, countParameters, type Model, type Tap } from "./model.ts";
export { parseNet, parseNetText, printNet } from "./parse.ts";
export { findLayer, layerRecords } from "./registry.ts";
export type { ModelLayer, ParameterSpec } from "./resolve.ts";
export { covarianceProgram, type MeanFieldPlace, meanFieldPlaces } from "./rules.ts";
export { netSchema } from "./schema.ts";
export type { NetShape, ShapeKind } from "./shapes.ts";
export type { DenseSpec, Init, LayerSpec, Net, Parameterisation, ResidualSpec } from "./spec.ts";
