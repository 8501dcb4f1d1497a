/** @file The question `fathom criticality` asks: theory of a network without data, and sampled networks where wanted. */
import { buildModel, type Model, type ModelLayer, type Net, takesIds, withInput } from "../../net/index.ts";
import { Key, type NdArray, ndarray, normal, uniform } from "../../tensor/index.ts";
import type { InputMoments } from "../../theory/index.ts";
import { sectionOf } from "../analysis.ts";
import { adviseInitialisation } from "../candidates.ts";
import { describeNet } from "../describe.ts";
import type { Advice, Outcome, Progress } from "../document.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { theoryAdvice } from "./advice.ts";
import { concludeCriticality, criticality as record } from "./criticality.ts";
import { betterStart, startAdvice } from "./first-layer.ts";
import { type CriticalityMeasurement, measureCriticality } from "./measure.ts";
import { type CriticalityPrediction, predictCriticality } from "./predict.ts";

/** Inputs of the measurement, and as many as make a batch where examples act on each other. */
const fewInputs = 4;
const mostInputs = 64;

export interface CriticalityQuestion extends Asked {
  /** Without data, inputs have second moment 1. */
  readonly net: Net;
  /** Sample networks too. */
  readonly measure?: { readonly seeds: number };
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Criticality of a network without data: inputs are independent normal numbers, or token ids.
 * @example await criticality({ net, seed: 0, command: "fathom criticality …", measure: { seeds: 8 } })
 */
export async function criticality(asked: CriticalityQuestion): Promise<Outcome> {
  const start = performance.now();
  const net = closed(asked.net);
  const model = buildModel(net);
  const predicted = predictCriticality(model, starts);
  const measured = asked.measure && (await measureOn(model, asked, asked.measure.seeds));
  const conclusion = concludeCriticality(predicted, measured);
  const advice = adviceOn(net, predicted);
  return {
    json: { ...conclusion.json, advice },
    document: {
      title: record.title,
      subject: describeNet(asked.net),
      facts: [["inputs", inputsText(model)]],
      verdict: conclusion.verdict,
      advice,
      sections: [sectionOf(record, conclusion)],
      notApplicable: [],
      ...(conclusion.profiles === undefined ? {} : { profiles: conclusion.profiles }),
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** Inputs of second moment 1 that are unlike each other. */
const starts: readonly InputMoments[] = [{ K: 1, mean: 0, batch: 0 }];

/** The critical initialisation, or else the scale of the first layer alone. */
function adviceOn(net: Net, predicted: CriticalityPrediction): Advice[] {
  const advised = adviseInitialisation({ net, predicted, secondMoment: () => 1, starts: () => starts });
  if (advised !== undefined) return [theoryAdvice(advised)];
  const start = betterStart(predicted);
  return start === undefined ? [] : [startAdvice(start, predicted.hidden)];
}

/** Vectors of this length stand in for the data of a network that leaves its input open; J and K do not depend on it. */
const openInput = 256;

function closed(net: Net): Net {
  return net.input === undefined ? withInput(net, [openInput]) : net;
}

function inputsText(model: Model): string {
  const kind = takesIds(model) ? "random token ids" : "independent normal numbers of second moment 1";
  return model.mixesBatch ? `${kind}, ${mostInputs} of them as one batch` : kind;
}

/** Gaussian inputs of E x² = 1, as theory assumes without data; token ids are drawn from all that every table knows. */
function drawInputs(model: Model, key: Key): NdArray {
  const shape = [model.mixesBatch ? mostInputs : fewInputs, ...model.inputShape];
  if (!takesIds(model)) return normal(key, "float32", shape);
  const vocabulary = Math.min(...vocabularies(model.layers));
  const ids = uniform(key, "float64", shape).data.map((u) => Math.floor(u * vocabulary));
  return ndarray("int32", shape, Int32Array.from(ids));
}

/** Sizes of the tables that ids are looked up in. */
function vocabularies(layers: readonly ModelLayer[]): number[] {
  return layers.flatMap(({ spec, chains }) => [
    ...(spec.kind === "embedding" ? [spec.vocabulary] : []),
    ...vocabularies(Object.values(chains).flat()),
  ]);
}

function measureOn(model: Model, asked: CriticalityQuestion, seeds: number): Promise<CriticalityMeasurement> {
  asked.onProgress?.({ label: "sampling networks", done: 0, total: null });
  const key = Key.fromSeed(asked.seed).split("criticality");
  return measureCriticality({
    model,
    inputs: drawInputs(model, key.split("inputs")),
    seeds,
    key,
    ...(asked.options === undefined ? {} : { options: asked.options }),
  });
}
