/**
 * @file Learning rates of a network without data, for `fathom criticality`: random inputs of second moment 1 with random labels.
 * Such inputs are unlike each other, so their kernel has no common direction and the rates are larger than on data whose inputs
 * are alike; a survey measures on the data.
 */
import type { Dataset } from "../../data/index.ts";
import { type Model, takesIds } from "../../net/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { Key, type NdArray, ndarray, uniform } from "../../tensor/index.ts";
import { standInInputs } from "../criticality/stand-in.ts";
import type { Progress } from "../document.ts";
import { isUnsupported } from "../unsupported.ts";
import { type KnownRates, largestRateJson } from "./largest.ts";
import { type NtkRate, ntkRate } from "./ntk-rate.ts";
import { layerRates, predictedShares, trainedLayers } from "./per-layer.ts";
import {
  measureBlocks,
  measureRates,
  mostBlocks,
  type RateOptions,
  type RateStage,
  stageNames,
} from "./rates.ts";
import { rateSection } from "./section.ts";

export interface StandInQuestion {
  readonly seed: number;
  /** Measure too. */
  readonly measure?: { readonly seeds: number };
  readonly options?: CompileOptions;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The part of `fathom criticality` that tells of learning rates: fields of the JSON, and a section of the report. */
export async function standInRates(model: Model, asked: StandInQuestion) {
  const { seed, measure, options, onProgress, signal } = asked;
  const key = Key.fromSeed(seed).split("learning-rate");
  const inputs = standInInputs(model, key.split("inputs"), standInBatch);
  const onStage = (stage: RateStage, done: number, total: number | null) =>
    onProgress?.({ label: stageNames[stage], done, total });
  const given = { signal, onStage, ...(options === undefined ? {} : { options }) };
  const known =
    measure === undefined
      ? predictStandInRates(model, inputs)
      : await measureStandInRates({ model, inputs, key, seeds: measure.seeds, ...given });
  const { parameterisation } = model.net;
  const on = { batch: standInBatch, loss: standInLoss(model), parameterisation };
  return { json: largestRateJson(known, on), section: rateSection(model, known, on) };
}

/** Inputs of a batch, and networks whose rates are measured at most. */
const standInBatch = 64;
const mostSeeds = 3;

/** What theory says of the largest stable rate. */
function predictStandInRates(model: Model, inputs: NdArray): KnownRates {
  const perLayer = layerRates(undefined, predictedShares(model, inputs));
  return { ntk: standInNtk(model, inputs as NdArray<"float32">), perLayer };
}

/** A pair of inputs costs theory an integral over the plane in every layer. */
const mostPairLayers = 500;

function standInNtk(model: Model, inputs: NdArray<"float32">): NtkRate {
  if (model.outputShape.length !== 1)
    return { because: "the output has positions, and a loss is over the classes of one vector" };
  if (model.taps.length > mostPairLayers)
    return { because: `theory of pairs of inputs is left out beyond ${mostPairLayers} layers` };
  return ntkRate({ model, inputs, batch: inputs.shape[0]!, loss: standInLoss(model) });
}

/** Cross entropy of a single output is 0 whatever it is. */
function standInLoss(model: Model): "crossEntropy" | "mse" {
  return model.outputShape.at(-1) === 1 ? "mse" : "crossEntropy";
}

export interface StandInOptions {
  readonly model: Model;
  /** [standInBatch, ...inputShape] */
  readonly inputs: NdArray;
  readonly seeds: number;
  readonly key: Key;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: RateOptions["onStage"];
}

/** Theory with the curvature and the edge of descent of sampled networks beside it; theory alone where none can train on it. */
async function measureStandInRates(settings: StandInOptions): Promise<KnownRates> {
  const { model, inputs } = settings;
  const predicted = predictStandInRates(model, inputs);
  if (model.outputShape.length !== 1 || trainedLayers(model) === 0) return predicted;
  try {
    return await withMeasured(predicted, rateOptions(settings));
  } catch (error) {
    if (isUnsupported(error)) return predicted;
    throw error;
  }
}

async function withMeasured(predicted: KnownRates, options: RateOptions): Promise<KnownRates> {
  const measured = await measureRates(options);
  const kernel = new Map(predicted.perLayer.map(({ layer, share }) => [layer, share]));
  const few = trainedLayers(options.model) <= mostBlocks;
  const blocks = measured.fisher !== undefined && few ? await measureBlocks(options) : undefined;
  return { ...predicted, measured, perLayer: layerRates(blocks, kernel) };
}

function rateOptions({ model, inputs, seeds, key, options, signal, onStage }: StandInOptions): RateOptions {
  const batch = inputs.shape[0]!;
  return {
    model,
    dataset: standInDataset(model, inputs, key),
    rows: Int32Array.from({ length: batch }, (_, row) => row),
    loss: standInLoss(model),
    seeds: Math.min(Math.max(seeds, 2), mostSeeds),
    key: key.split("rates"),
    ...(options === undefined ? {} : { options }),
    signal,
    ...(onStage === undefined ? {} : { onStage }),
  };
}

function standInDataset(model: Model, inputs: NdArray, key: Key): Dataset {
  const classes = model.outputShape.at(-1)!;
  const batch = inputs.shape[0]!;
  const draws = uniform(key.split("labels"), "float64", [batch]).data;
  const split = {
    inputs: inputs as NdArray<"float32" | "int32">,
    labels: ndarray(
      "int32",
      [batch],
      Int32Array.from(draws, (u) => Math.floor(u * classes)),
    ),
  };
  return {
    name: "random inputs and labels",
    kind: kindOf(model),
    inputShape: model.inputShape,
    classes,
    scale: 1,
    train: split,
    test: split,
    source: "random",
  };
}

function kindOf(model: Model): Dataset["kind"] {
  if (takesIds(model)) return "ids";
  const kind = model.net.input?.kind;
  return kind === "image" || kind === "signal" ? kind : "vector";
}
