/** @file The question `fathom criticality` asks: theory of a network without data, and sampled networks where wanted. */
import { buildModel, type Model, type Net } from "../../net/index.ts";
import { measureLayerKernels } from "../../probes/index.ts";
import { Key } from "../../tensor/index.ts";
import { sectionOf } from "../analysis.ts";
import { adviseInitialisation } from "../candidates.ts";
import { describeNet } from "../describe.ts";
import type { Advice, Outcome, Progress } from "../document.ts";
import { standInRates } from "../learning-rate/stand-in.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { theoryAdvice } from "./advice.ts";
import { concludeCriticality, criticality as record } from "./criticality.ts";
import { betterStart, startAdvice } from "./first-layer.ts";
import { type CriticalityMeasurement, measureCriticality } from "./measure.ts";
import { type CriticalityPrediction, predictCriticality } from "./predict.ts";
import { closedNet, standInInputs, standInStarts, standInText } from "./stand-in.ts";
import { sweepAdvice } from "./unlike.ts";

export interface CriticalityQuestion extends Asked {
  /** Without data, inputs have second moment 1. */
  readonly net: Net;
  /** Sample networks too. */
  readonly measure?: { readonly seeds: number };
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Criticality of a network without data: inputs are independent normal numbers, or token ids.
 * @throws the reason of `signal` when it is aborted.
 * @example await criticality({ net, seed: 0, command: "fathom criticality …", measure: { seeds: 8 } })
 */
export async function criticality(asked: CriticalityQuestion): Promise<Outcome> {
  const start = performance.now();
  const net = closedNet(asked.net);
  const model = buildModel(net);
  const predicted = predictCriticality(model, standInStarts);
  const measured = asked.measure && (await measureOn(model, asked, asked.measure.seeds));
  const conclusion = concludeCriticality(predicted, measured);
  const advice = adviceOn(net, predicted, measured);
  const rates = await standInRates(model, asked);
  return {
    json: { ...conclusion.json, advice, learningRate: rates.json },
    document: {
      title: record.title,
      subject: describeNet(asked.net),
      facts: [["inputs", standInText(model)]],
      verdict: conclusion.verdict,
      advice,
      sections: [sectionOf(record, conclusion), rates.section],
      notApplicable: [],
      ...(conclusion.profiles === undefined ? {} : { profiles: conclusion.profiles }),
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** The critical initialisation, or else the scale of the first layer alone, or else a sweep. */
function adviceOn(net: Net, predicted: CriticalityPrediction, measured?: CriticalityMeasurement): Advice[] {
  const advised = adviseInitialisation({
    net,
    predicted,
    secondMoment: () => 1,
    starts: () => standInStarts,
  });
  if (advised !== undefined) return [theoryAdvice(advised)];
  const start = betterStart(predicted);
  if (start !== undefined) return [startAdvice(start, predicted.hidden)];
  return predicted.uniform === undefined ? sweepAdvice(net, predicted, measured) : [];
}

async function measureOn(
  model: Model,
  asked: CriticalityQuestion,
  seeds: number,
): Promise<CriticalityMeasurement> {
  const key = Key.fromSeed(asked.seed).split("criticality");
  const settings = {
    model,
    inputs: standInInputs(model, key.split("inputs")),
    seeds,
    key,
    signal: asked.signal,
    ...(asked.options === undefined ? {} : { options: asked.options }),
  };
  const telling = (label: string) => ({
    ...settings,
    onSeed: (done: number, total: number) => asked.onProgress?.({ label, done, total }),
  });
  const measured = await measureCriticality(telling("sampling networks"));
  return { ...measured, kernels: await measureLayerKernels(telling("tangent kernel by layer")) };
}
