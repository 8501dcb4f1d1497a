/** @file The question `fathom spectrum` asks: the singular values of the Jacobian of an activation at a depth, or of a network. */
import {
  type ActivationSpec,
  activationText,
  buildModel,
  type Net,
  scalarHalf,
  withInput,
} from "../../net/index.ts";
import {
  derivativeMoment,
  jacobianSpectrum,
  propagate,
  type SpectrumLayer,
  uniformSpectrum,
  type WeightEnsemble,
} from "../../theory/index.ts";
import { sectionOf } from "../analysis.ts";
import { describeNet } from "../describe.ts";
import type { Outcome } from "../document.ts";
import { theoryReach } from "../reach.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { counted, significant } from "../words.ts";
import { spectrumAdvice } from "./advice.ts";
import { concludeSpectrum, spectrumSource } from "./conclude.ts";
import { hiddenPart } from "./hidden.ts";
import { predictSpectrum, type SpectrumPrediction } from "./theory.ts";

/** Equal layers of one activation. */
export interface UniformSubject {
  readonly activation: ActivationSpec;
  readonly depth: number;
  /** Second moment of the preactivations. */
  readonly q: number;
  readonly weights: WeightEnsemble;
  /** χ_J = 1 unless given. */
  readonly sw2?: number;
}

export interface SpectrumQuestion extends Asked {
  /** One of the two: a network, whose inputs have second moment 1, or equal layers. */
  readonly net?: Net;
  readonly uniform?: UniformSubject;
}

/** What is asked about, in words and as JSON, with its prediction. */
export interface SpectrumSubject {
  readonly title: string;
  /** The factors W D of the Jacobian. */
  readonly layers: readonly SpectrumLayer[];
  readonly facts: readonly (readonly [string, string])[];
  readonly json: Readonly<Record<string, unknown>>;
  readonly predicted: SpectrumPrediction;
}

/**
 * The spectrum of a network's Jacobian in the limit of infinite width.
 * @throws FathomError unsupported where the network is no plain chain of square layers, naming the layer; bad-input for bad
 * options; failed where the density does not add up.
 * @example spectrum({ uniform: { activation: { kind: "erf" }, depth: 10, q: 0.2, weights: "haar" }, seed: 0, command: "…" })
 */
export function spectrum(asked: SpectrumQuestion): Outcome {
  const start = performance.now();
  const subject = spectrumSubject(asked);
  const conclusion = concludeSpectrum(subject.predicted);
  return {
    json: { ...subject.json, ...conclusion.json },
    document: {
      title: spectrumSource.title,
      subject: subject.title,
      facts: subject.facts,
      verdict: conclusion.verdict,
      advice: spectrumAdvice(subject),
      sections: [sectionOf(spectrumSource, conclusion)],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** The subject of a question. @throws FathomError as `spectrum`. */
export function spectrumSubject({
  net,
  uniform,
}: Pick<SpectrumQuestion, "net" | "uniform">): SpectrumSubject {
  if (uniform !== undefined) return uniformSubject(uniform);
  return networkSubject(net!);
}

function uniformSubject({ activation: spec, depth, q, weights, sw2 }: UniformSubject): SpectrumSubject {
  const activation = scalarHalf(spec);
  const variance = sw2 ?? 1 / derivativeMoment(activation, q);
  const spectrum = uniformSpectrum({ activation, depth, q, weights, ...(sw2 === undefined ? {} : { sw2 }) });
  const layers = `${counted(depth, "layer")} of ${activationText(spec)} with ${weightsText(weights)}`;
  return {
    layers: new Array(depth).fill({ activation, q, sw2: variance, weights }),
    title: `${layers}, q = ${significant(q)}, σw² = ${significant(variance)}`,
    facts: [],
    json: { activation: activationText(spec), depth, q, weights, sw2: variance },
    predicted: predictSpectrum(spectrum),
  };
}

/** Inputs as wide as this stand in for the data of a network that leaves its input open. */
const openInput = 256;

function networkSubject(net: Net): SpectrumSubject {
  const model = buildModel(net.input === undefined ? withInput(net, [openInput]) : net);
  const { layers } = theoryReach(model, (places) => propagate(places, { K: 1, mean: 0 }));
  const {
    from,
    to,
    width,
    layers: hidden,
  } = hiddenPart(
    model,
    layers.map(({ K }) => K),
  );
  return {
    layers: hidden,
    title: describeNet(net),
    facts: [
      ["Jacobian", `of h${to} with respect to h${from}: ${hidden.length} square layers of ${width} units`],
      ["inputs", "of second moment 1"],
    ],
    json: { hidden: { from, to, width, layers: hidden.map(layerJson) } },
    predicted: predictSpectrum(jacobianSpectrum({ layers: hidden })),
  };
}

function layerJson({ activation, q, sw2, weights }: SpectrumLayer) {
  return { activation: activation.kind, q, sw2, weights };
}

function weightsText(weights: WeightEnsemble): string {
  return weights === "haar" ? "orthogonal weights" : "Gaussian weights";
}
