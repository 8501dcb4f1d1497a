/** @file Sampled networks beside the predicted spectrum: what is sampled, and what it showed. */
import { buildModel, type Model, type Net } from "../../net/index.ts";
import {
  type EigenvalueLaw,
  inputOfMoment,
  measureSpectrum,
  type SpectrumMeasurement,
} from "../../probes/index.ts";
import { Key, type NdArray } from "../../tensor/index.ts";
import { closedNet, standInInputs } from "../criticality/stand-in.ts";
import type { Finding, NumberRow, Progress } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { hiddenTaps } from "../readout.ts";
import type { Asked } from "../reproduction.ts";
import { counted, logarithm, percent, significant } from "../words.ts";
import type { SpectrumQuestion, UniformSubject } from "./question.ts";
import { heldMoment, squareModel } from "./sampled-network.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** How many networks are sampled, and how wide. */
export interface SamplingOptions {
  /** Units of the layers of networks that are made for the purpose; a NET keeps its own. */
  readonly width?: number;
  readonly seeds?: number;
}

/** What every sampling question is asked with. */
export interface SamplingAsked extends Asked {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export const defaultSeeds = 4;
/** Deep networks are sampled narrower, so that four of them take seconds. */
const deepFrom = 100;

/** 200 units, 100 for more than a hundred layers. */
function defaultWidth(depth: number): number {
  return depth > deepFrom ? 100 : 200;
}

/** What is sampled: networks, their input, and the stretch of taps. */
interface Sampled {
  readonly model: Model;
  readonly inputs: NdArray;
  readonly from: number;
  readonly to: number;
}

/** A measured spectrum with the law that theory has for it, if it has one. */
export interface MeasuredSpectrum {
  readonly measurement: SpectrumMeasurement;
  readonly law?: EigenvalueLaw;
  readonly width: number;
  readonly seeds: number;
}

/**
 * Samples the networks that a prediction is about.
 * @throws FathomError unsupported where no network holds q, as `heldMoment`; as `measureSpectrum`.
 */
export async function measuredSpectrum(
  asked: SamplingAsked & Pick<SpectrumQuestion, "net" | "uniform">,
  { width, seeds = defaultSeeds }: SamplingOptions,
  predicted: SpectrumPrediction | undefined,
): Promise<MeasuredSpectrum> {
  const key = Key.fromSeed(asked.seed).split("spectrum");
  const label = "sampling networks";
  asked.onProgress?.({ label, done: 0, total: seeds });
  const sampled =
    asked.uniform === undefined ? networkSample(asked.net!, key) : uniformSample(asked.uniform, key, width);
  const law = lawOf(predicted);
  const measurement = await measureSpectrum({
    network: sampled.model,
    inputs: sampled.inputs,
    from: sampled.from,
    to: sampled.to,
    seeds,
    key,
    ...(law === undefined ? {} : { law }),
    ...(asked.options === undefined ? {} : { options: asked.options }),
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
    onSample: (done, total) => asked.onProgress?.({ label, done, total }),
  });
  return { measurement, width: measurement.shape[1], seeds, ...(law === undefined ? {} : { law }) };
}

/** The law to compare samples with: none where it lies outside of float64. */
export function lawOf(
  predicted: SpectrumPrediction | undefined,
): (EigenvalueLaw & { mean: number }) | undefined {
  if (predicted === undefined) return undefined;
  const { mean } = predicted.spectrum;
  return mean > 0 && Number.isFinite(mean) ? { ...predicted.spectrum.distribution(), mean } : undefined;
}

/** From the first preactivation to that of the readout: one factor W D for every layer. */
function uniformSample(subject: UniformSubject, key: Key, given: number | undefined): Sampled {
  const { depth, weights } = subject;
  const width = given ?? defaultWidth(depth);
  const held = heldMoment(subject);
  return {
    model: squareModel(held, { hidden: depth, width, weights }),
    inputs: inputOfMoment(key.split("input"), width, held.inputMoment),
    from: 1,
    to: depth + 1,
  };
}

/** The hidden layers; all preactivations where there are fewer than two. */
function networkSample(net: Net, key: Key): Sampled {
  const model = buildModel(closedNet(net));
  const hidden = hiddenTaps(model);
  const inputs = standInInputs(model, key.split("input"), 1);
  return { model, inputs, from: 1, to: hidden < 2 ? model.taps.length : hidden };
}

/** `measured{ks, max, …}`: distances are null where there is no law to compare with. */
export function measuredJson({ measurement, width, seeds }: MeasuredSpectrum) {
  const { from, to, shape, samples, mean, max, inactive, ks } = measurement;
  return {
    from,
    to,
    shape,
    width,
    seeds,
    ks: ks?.normalised ?? null,
    ksRaw: ks?.raw ?? null,
    max: finiteOrNull(Math.exp(max.lnMean)),
    logMax: finiteOrNull(max.lnMean),
    mean: finiteOrNull(Math.exp(mean.lnMean)),
    logMean: finiteOrNull(mean.lnMean),
    logMeanSe: finiteOrNull(mean.se),
    inactive,
    ...(mean.status === undefined ? {} : { status: mean.status }),
    samples: samples.map((sample) => ({
      seed: sample.seed,
      ks: sample.ks?.normalised ?? null,
      ksRaw: sample.ks?.raw ?? null,
      logMean: finiteOrNull(sample.lnMean),
      logMax: finiteOrNull(sample.lnMax),
      inactive: sample.inactive,
      ...(sample.status === undefined ? {} : { status: sample.status }),
    })),
  };
}

/** A distance below this is what networks of some hundred units show (criticality.md §9). */
function agrees(ks: number, width: number): boolean {
  return ks < 0.03 + 6 / width;
}

export function measuredFindings({ measurement, width, seeds }: MeasuredSpectrum): Finding[] {
  const { ks, mean, max, inactive } = measurement;
  const what = `${counted(seeds, "network")} of width ${width}`;
  if (mean.status !== undefined) {
    const word = mean.status === "dead" ? "nothing passes through some of them" : "signals leave float64";
    return [{ text: `Of ${what} no spectrum is known: ${word}.`, tone: "bad" }];
  }
  const distance = ks?.normalised;
  const found: Finding[] = [];
  if (typeof distance === "number") {
    const fine = agrees(distance, width);
    found.push({
      text: `${what}, scaled to theory's mean, ${fine ? "follow" : "do not follow"} the predicted spectrum: Kolmogorov distance ${significant(distance, 2)}.`,
      tone: fine ? "good" : "warn",
    });
  }
  const se = mean.se === undefined ? "" : ` ± ${significant(mean.se, 2)}`;
  found.push({
    text: `Measured: ln of the mean eigenvalue ${logarithm(mean.lnMean)}${se}, largest singular value ${largestText(max.lnMean / 2)}.`,
    tone: "neutral",
  });
  if (inactive > 0)
    found.push({
      text: `In the layer with most of them, ${percent(inactive)} of the units are inactive: at finite width that many directions are lost.`,
      tone: "neutral",
    });
  return found;
}

function largestText(ln: number): string {
  return Math.abs(ln) < 200 ? significant(Math.exp(ln)) : `exp(${significant(ln)})`;
}

export function measuredNumbers({ measurement, seeds }: MeasuredSpectrum): NumberRow[] {
  const { ks, mean, max, inactive } = measurement;
  const row = (name: string, value: number | null | undefined, note?: string, se?: number): NumberRow => ({
    name,
    value: finiteOrNull(value),
    ...(finiteOrNull(value) === null ? { status: mean.status ?? "undefined" } : {}),
    ...(se === undefined ? {} : { se }),
    n: seeds,
    kind: "measured",
    ...(note === undefined ? {} : { note }),
  });
  return [
    ...(ks === undefined
      ? []
      : [
          row("Kolmogorov distance", ks.normalised, "samples scaled to theory's mean"),
          row("Kolmogorov distance, raw", ks.raw),
        ]),
    row("ln of the mean eigenvalue", mean.lnMean, undefined, mean.se),
    row("largest singular value", Math.exp(max.lnMean / 2), "mean over networks"),
    row("largest inactive fraction", inactive, "over layers and networks"),
  ];
}
