/** @file The question `fathom criticality` asks: theory of a network without data, and sampled networks where wanted. */
import { buildModel, type Model, type Net, withInput } from "../../net/index.ts";
import { Key, normal } from "../../tensor/index.ts";
import { sectionOf } from "../analysis.ts";
import { describeNet } from "../describe.ts";
import type { Outcome, Progress } from "../document.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { concludeCriticality, criticality as record } from "./criticality.ts";
import { type CriticalityMeasurement, measureCriticality } from "./measure.ts";
import { predictCriticality } from "./predict.ts";

export interface CriticalityQuestion extends Asked {
  /** Without data, inputs have second moment 1. */
  readonly net: Net;
  /** Sample networks too. */
  readonly measure?: { readonly seeds: number };
  readonly onProgress?: (progress: Progress) => void;
}

/** Gaussian inputs of the measurement: E x² = 1, as theory assumes without data. */
const inputs = 4;

/**
 * Criticality of a network without data.
 * @throws FathomError unsupported where a layer has no mean-field rule.
 * @example await criticality({ net, seed: 0, command: "fathom criticality …", measure: { seeds: 8 } })
 */
export async function criticality(asked: CriticalityQuestion): Promise<Outcome> {
  const start = performance.now();
  const model = buildModel(closed(asked.net));
  const predicted = predictCriticality(model, { K: 1, mean: 0 });
  const measured = asked.measure && (await measureOn(model, asked, asked.measure.seeds));
  const conclusion = concludeCriticality(predicted, measured);
  return {
    json: conclusion.json,
    document: {
      title: record.title,
      subject: describeNet(asked.net),
      facts: [["inputs", "second moment 1"]],
      verdict: conclusion.verdict,
      advice: [],
      sections: [sectionOf(record, conclusion)],
      notApplicable: [],
      ...(conclusion.profiles === undefined ? {} : { profiles: conclusion.profiles }),
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** Vectors of this length stand in for the data of a network that leaves its input open; J and K do not depend on it. */
const openInput = 256;

function closed(net: Net): Net {
  return net.input === undefined ? withInput(net, [openInput]) : net;
}

function measureOn(model: Model, asked: CriticalityQuestion, seeds: number): Promise<CriticalityMeasurement> {
  asked.onProgress?.({ label: "sampling networks", done: 0, total: null });
  const key = Key.fromSeed(asked.seed).split("criticality");
  return measureCriticality({
    model,
    inputs: normal(key.split("inputs"), "float32", [inputs, ...model.inputShape]),
    seeds,
    key,
    ...(asked.options === undefined ? {} : { options: asked.options }),
  });
}
