/**
 * @file The network language: one description that is parsed, run, initialised and handed to theory. To read it in order:
 * - a layer: `define` says what one states; `layers/dense` is the shortest; `registry` lists them and `spec` their types;
 * - text to network: `parse`, with `schema`, `guard` and `bounds`, `issues` (messages), `expand` (repetitions), `one-line`;
 * - network to model: `resolve` gives layers their places and `parameters` their arrays; `model` is the result;
 * - in use: `edit` and `scale-widths` (with `width-classes`) change a network; `mu-parameterisation` carries it over widths; `forward`, `initialise`, `operations`; `rules` and `theory-weights` for theory and kernels;
 * - what layers share: `shapes`, `options`, `chains` and `branches` (lists of layers), `affine`, `tokens`, `geometry`,
 *   `spatial` and `pooling` (windows), `graphs`, `intermediate`; `covariance`, `spatial-covariance` and `trained` are plain data;
 * - `activations/` by formula, `onnx/` to read models of others.
 */
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
export type { CovarianceOp, CovariancePlace, CovarianceRule } from "./covariance.ts";
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
export { type Variances, withInput, withVariances, withVariancesAt } from "./edit.ts";
export { type ApplyOptions, applyModel, type Forward, noiseInputs, parameterInputs } from "./forward.ts";
export { initialise } from "./initialise.ts";
export {
  buildModel,
  countParameters,
  type Model,
  type Noise,
  type Tap,
  takesIds,
  trainableParameters,
} from "./model.ts";
export {
  type MuParameterisation,
  type MuRule,
  muParameterisation,
  type WidthRole,
} from "./mu-parameterisation.ts";
export {
  type ImportedModel,
  type ImportOptions,
  importOnnx,
  type ModelFinding,
  type OnnxDimension,
  type OnnxInput,
  onnxInputs,
  readOnnxFile,
  readOnnxInputs,
} from "./onnx/index.ts";
export { countMultiplications, type Multiplications } from "./operations.ts";
export type { ParameterInit, ParameterOption } from "./options.ts";
export type { ParameterSpec } from "./parameters.ts";
export { parseNet, parseNetText, printNet } from "./parse.ts";
export { findLayer, layerRecords } from "./registry.ts";
export type { ModelLayer } from "./resolve.ts";
export { covarianceProgram, type MeanFieldPlace, meanFieldPlaces } from "./rules.ts";
export {
  type HiddenWidth,
  type RepeatedBlock,
  repeatedBlock,
  scalableWidths,
  scaleWidths,
  withDepth,
} from "./scale-widths.ts";
export { netSchema } from "./schema.ts";
export { channelAxis, channels, type NetShape, type ShapeKind } from "./shapes.ts";
export type { DenseSpec, Init, LayerSpec, Net, Parameterisation, ResidualSpec } from "./spec.ts";
export type { Tangent, Trained } from "./trained.ts";
