/**
 * @file One training step as expressions: gather the batch from the whole data set, scale it, take the loss and its
 * gradient, update. Everything that differs between runs (weights, rates, order of rows) is an input, so one compiled
 * loop serves every run of an architecture.
 */
import { answersOf, type Dataset, outputsOf, taskOf } from "../data/index.ts";
import { cast, choose, gather, input, inputName, mul, reshape, type Tensor } from "../expr/index.ts";
import {
  type Model,
  type Noise,
  noiseInputs,
  type ParameterSpec,
  parameterInputs,
  takesIds,
  trainableParameters,
} from "../net/index.ts";
import {
  FathomError,
  type FloatDType,
  type NdArray,
  type Shape,
  showShape,
  sizeOf,
  zeros,
} from "../tensor/index.ts";
import { ascentDraws } from "./ascent.ts";
import { type AugmentationSpec, augmenter } from "./augment.ts";
import { carriedAverages } from "./averaging.ts";
import { forwardOf } from "./batch.ts";
import { givenGradient } from "./gradient.ts";
import { type GroupSpec, groupSettings, parseGroups } from "./groups.ts";
import { type LabelSmoothing, trainingLoss } from "./label-smoothing.ts";
import { lookState } from "./look.ts";
import type { LossKind } from "./losses.ts";
import { mapTensors, only, type Tensors } from "./norms.ts";
import type { Optimizer } from "./optimisers.ts";
import { badOption, parseRates } from "./options.ts";
import type { SamOptions } from "./sam-options.ts";
import type { SamStep } from "./sharpness.ts";

export { averageInput, averageRateInput } from "./averaging.ts";
export { GRADIENT_NORM, LOSS, SAM_GRADIENT_NORM, SHARPNESS, SKIPPED } from "./gradient.ts";

/** Names of the inputs that are neither parameters nor optimiser state. */
export const DATA = "data";
export const LABELS = "labels";
export const ROWS = "rows";
export const LEARNING_RATE = "learningRate";
/** ρ of SAM. */
export const RHO = "rho";
/** Whether the step takes SAM's second gradient. */
export const SAM_STEP = "samStep";

export interface StepGraph {
  /** Trained parameters, buffers, optimiser state, then averages. */
  readonly carry: readonly Tensor[];
  /** What the carry becomes, in the same order. */
  readonly next: readonly Tensor[];
  /**
   * ROWS [batch] int32, LEARNING_RATE [] and `noise`; with SAM RHO [], and SAM_STEP [] bool where some steps are without; `averageRate:…` [] for each
   * average.
   */
  readonly perStep: readonly Tensor[];
  /** Those of them that are uniform in [0, 1): of training mode, [batch, ...shape] each, and of ESAM. */
  readonly noise: readonly Noise[];
  /** DATA [N, ...], LABELS [N] (targets: [N, outputs]) and the frozen parameters. */
  readonly shared: readonly Tensor[];
  /** Scalars of each step: LOSS; GRADIENT_NORM with clipping; with SAM also SAM_GRADIENT_NORM, SHARPNESS and SKIPPED. */
  readonly collect: Readonly<Record<string, Tensor>>;
  /** All arrays of the model by name: trained parameters, frozen ones and buffers. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Names of the trained parameters. */
  readonly trained: readonly string[];
  /** Names of the parameters that no step changes. */
  readonly frozen: readonly string[];
  /** What is carried beside the weights, before the first step: optimiser state and averages, by name. */
  readonly initial: () => Record<string, NdArray>;
}

export interface StepDescription {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly loss: LossKind;
  readonly labelSmoothing?: LabelSmoothing | undefined;
  /** What is done to the examples, checked; nothing unless given. */
  readonly augmentation?: readonly AugmentationSpec[] | undefined;
  readonly optimizer: Optimizer;
  /** Factors on the learning rate by name of a trained parameter; 1 where left out. */
  readonly rates?: Readonly<Record<string, number>> | undefined;
  readonly groups?: readonly GroupSpec[] | undefined;
  /** The base optimiser alone unless given. */
  readonly sam?: SamOptions | undefined;
  /** The largest norm of a gradient that the base optimiser is given. */
  readonly clip?: number | undefined;
  /** Names of the averages carried along. */
  readonly averages?: readonly string[] | undefined;
  readonly batch: number;
  readonly dtype: FloatDType;
}

/**
 * Builds the step.
 * @throws FathomError bad-shape when the data do not fit the model, bad-input when the model has nothing to train, for groups
 * of parameters that are not there and for smoothing without classes.
 */
export function buildStep(description: StepDescription): StepGraph {
  const { model, dataset, optimizer, batch, dtype, averages = [] } = description;
  checkFit(model, dataset);
  const { inputs } = dataset.train;
  const answers = answersOf(dataset, "train");
  const weights = parameterInputs(model, dtype);
  const { trained, buffers, frozen } = namesByRole(model);
  const settings = settingsFrom(description, trained);
  const parameters = only(trained, weights);
  const state = stateInputs(optimizer.initial(shapesOf(parameters), dtype));
  const noise = noiseInputs(model, batch, dtype);
  const data = input(DATA, inputs.shape, inputs.dtype);
  const labels = input(LABELS, answers.shape, answers.dtype);
  const rows = input(ROWS, [batch], "int32");
  const learningRate = input(LEARNING_RATE, [], dtype);
  const sam = description.sam && samStep(description.sam, parameters, dtype);

  const augmented = augmenter(description.augmentation ?? [], { dataset, batch, dtype });
  const x = asModelInput(gather(data, rows, { axis: 0 }), { model, dataset, dtype, change: augmented.apply });
  const forward = forwardOf(model, trainingLoss(description.loss, description.labelSmoothing));
  const given = givenGradient(
    { weights, trained, forward, settings },
    { x, targets: gather(labels, rows, { axis: 0 }), noise },
    { sam, clip: description.clip },
  );
  const updated = optimizer.update({ parameters, gradients: given.gradients, state, learningRate, settings });
  const statistics = only(buffers, { ...weights, ...given.updates });
  const before = { ...parameters, ...only(buffers, weights), ...state, ...sam?.state };
  const after = taken(
    given.sound,
    { ...updated.parameters, ...statistics, ...updated.state, ...given.state },
    before,
  );
  const kept = carriedAverages(averages, parameters, only(trained, after));
  const samInputs = [sam?.rho, sam?.active].filter((tensor) => tensor !== undefined);
  const drawn = [...Object.values(noise), ...augmented.inputs, ...Object.values(sam?.draws ?? {})];
  return {
    carry: [...Object.values(before), ...Object.values(kept.inputs)],
    next: [...Object.keys(before).map((name) => after[name]!), ...Object.values(kept.next)],
    perStep: [rows, learningRate, ...drawn, ...samInputs, ...kept.rates],
    noise: drawn.map((tensor) => ({ name: inputName(tensor), shape: tensor.shape })),
    shared: [data, labels, ...Object.values(only(frozen, weights))],
    collect: given.collect,
    weights,
    trained,
    frozen,
    initial: () => ({
      ...optimizer.initial(shapesOf(parameters), dtype),
      ...zerosOf({ ...sam?.state, ...kept.inputs }),
    }),
  };
}

/** The inputs of SAM. */
function samStep(sam: SamOptions, parameters: Tensors, dtype: FloatDType): SamStep {
  return {
    sam,
    rho: input(RHO, [], dtype),
    active: sam.every === 1 ? undefined : input(SAM_STEP, [], "bool"),
    draws: ascentDraws(sam, parameters, dtype),
    state: lookState(sam, parameters),
  };
}

/** What is carried on: as it was where the step is not sound. */
function taken(sound: Tensor | undefined, moved: Tensors, before: Tensors): Tensors {
  return sound === undefined ? moved : mapTensors(moved, (next, name) => choose(sound, next, before[name]!));
}

/** What holds for single parameters. */
function settingsFrom({ rates, groups, sam }: StepDescription, trained: readonly string[]) {
  const parsed = parseGroups(groups ?? [], trained);
  const settings = groupSettings(parsed, parseRates(rates ?? {}, trained), trained);
  if (sam !== undefined && Object.values(settings).every(({ rho }) => rho === 0)) {
    throw badOption("groups", groups, "groups that leave SAM at least one parameter");
  }
  return settings;
}

function zerosOf(tensors: Tensors): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, zeros(dtype, shape)]),
  );
}

/** The names of a model's arrays by what a step does with them. */
function namesByRole(model: Model): Record<"trained" | "buffers" | "frozen", string[]> {
  const names = (specs: readonly ParameterSpec[]) => specs.map(({ name }) => name);
  const trained = names(trainableParameters(model));
  if (trained.length === 0) {
    throw new FathomError({
      code: "bad-input",
      message: "The network has no trainable parameters, so there is nothing to train.",
      where: "layers",
      hint: 'Add a layer with parameters, or take "trainable": false off one of them.',
    });
  }
  return {
    trained,
    buffers: names(model.parameters.filter(({ role }) => role === "buffer")),
    frozen: names(model.parameters.filter(({ role, trainable }) => role === "parameter" && !trainable)),
  };
}

/**
 * Raw rows as the model's input: cast, scaled (×1/255 for pixels) and in the model's shape; token ids stay whole numbers.
 * @param raw [B, ...dataset.inputShape]
 * @param setting.change What is done to the scaled rows, [B, ...dataset.inputShape]; nothing unless given.
 * @returns [B, ...model.inputShape]
 */
export function asModelInput(
  raw: Tensor,
  {
    model,
    dataset,
    dtype,
    change = (x) => x,
  }: Pick<StepDescription, "model" | "dataset" | "dtype"> & { readonly change?: (x: Tensor) => Tensor },
): Tensor {
  if (takesIds(model)) {
    return reshape(cast(raw, "int32"), [raw.shape[0]!, ...model.inputShape]);
  }
  const values = cast(raw, dtype);
  const scaled = dataset.scale === 1 ? values : mul(values, dataset.scale);
  return reshape(change(scaled), [raw.shape[0]!, ...model.inputShape]);
}

/**
 * Checks that a model can be trained on a data set: as many inputs as the data have, and an output for each class or target.
 * @throws FathomError bad-shape naming both sides; bad-input for a vocabulary smaller than that of the data.
 */
export function checkFit(model: Model, dataset: Dataset): void {
  checkIds(model, dataset);
  if (sizeOf(model.inputShape) !== sizeOf(dataset.inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes inputs of shape ${showShape(model.inputShape)}, the data set "${dataset.name}" has ${showShape(dataset.inputShape)}.`,
      where: "input",
      hint: `Give the network the input shape ${showShape(dataset.inputShape)}.`,
    });
  }
  const outputs = model.outputShape[0]!;
  const wanted = outputsOf(dataset);
  const classes = taskOf(dataset) === "classes";
  if (model.outputShape.length !== 1 || (classes ? outputs < wanted : outputs !== wanted)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network's output has shape ${showShape(model.outputShape)}, the data set "${dataset.name}" has ${wanted} ${classes ? "classes" : wanted === 1 ? "target" : "targets"}.`,
      where: "layers",
      hint: `End the network with a dense layer of width ${wanted}.`,
    });
  }
}

/** Token ids need a network that takes them, with a row in its table for each of them. */
function checkIds(model: Model, { name, kind, vocabulary }: Dataset): void {
  if ((kind === "ids") !== takesIds(model)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The network takes an input of kind ${model.net.input?.kind}, the data set "${name}" is of kind ${kind}.`,
      where: "input",
      hint: "Token ids go into an embedding layer, and nothing else does.",
    });
  }
  const [first] = model.net.layers;
  if (vocabulary === undefined || first?.kind !== "embedding" || first.vocabulary >= vocabulary.size) return;
  throw new FathomError({
    code: "bad-input",
    message: `The network knows ${first.vocabulary} token ids, the data set "${name}" has ${vocabulary.size}.`,
    where: "layers[0].vocabulary",
    hint: `Set the vocabulary to ${vocabulary.size}, or read the data with a smaller one.`,
  });
}

/** Inputs that stand for the optimiser's state, one for each array it starts from. */
function stateInputs(initial: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(initial).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  );
}

/** The shapes of some arrays, under their names. */
export function shapesOf(
  parameters: Readonly<Record<string, { readonly shape: Shape }>>,
): Record<string, Shape> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
}
