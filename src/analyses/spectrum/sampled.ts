/** @file The question `fathom spectrum` asks with --measure, --freeness or --fisher: theory beside sampled networks. */
import { sectionOf } from "../analysis.ts";
import { describeNet } from "../describe.ts";
import type { Outcome } from "../document.ts";
import { reproduction } from "../reproduction.ts";
import { isUnsupported } from "../unsupported.ts";
import { counted } from "../words.ts";
import { spectrumAdvice } from "./advice.ts";
import { spectrumSource } from "./conclude.ts";
import { concludeSampled } from "./conclude-sampled.ts";
import { fisherJson, predictFisher, sampleFisher } from "./fisher.ts";
import { fisherSection } from "./fisher-section.ts";
import { freenessPart } from "./freeness.ts";
import {
  type MeasuredSpectrum,
  measuredJson,
  measuredSpectrum,
  type SamplingAsked,
  type SamplingOptions,
} from "./measure.ts";
import { type SpectrumQuestion, type SpectrumSubject, spectrumSubject } from "./question.ts";

export interface SampledSpectrumQuestion extends SpectrumQuestion, SamplingAsked {
  /** Singular values of sampled networks, and (with `fisher`) their Fisher matrices. */
  readonly measure?: SamplingOptions;
  /** The mixed-moment test; `nets` networks at each width. */
  readonly freeness?: { readonly nets?: number };
  /** The spectrum of the dual Fisher. */
  readonly fisher?: boolean;
}

/**
 * The spectrum of a Jacobian with sampled networks beside it, the test of freeness, the spectrum of the Fisher.
 * A network that theory has no spectrum for is measured alone.
 * @throws FathomError as `spectrum`, `measureSpectrum`, `freeness`, `fisherLaw`; the reason of `signal` when it is aborted.
 * @example
 * await sampledSpectrum({ uniform: { activation: { kind: "erf" }, depth: 10, q: 0.2, weights: "haar" }, measure: {}, seed: 0, command: "…" })
 */
export async function sampledSpectrum(asked: SampledSpectrumQuestion): Promise<Outcome> {
  const start = performance.now();
  const { subject, missing } = theoryOf(asked);
  const measured = asked.measure && (await measuredSpectrum(asked, asked.measure, subject?.predicted));
  const conclusion = concludeSampled({ predicted: subject?.predicted, measured, missing });
  const freeness = asked.freeness && freenessPart(asked, asked.freeness);
  const fisher = asked.fisher === true ? await fisherPart(asked) : undefined;
  return {
    json: {
      ...subject?.json,
      ...conclusion.json,
      ...(measured === undefined ? {} : { measured: measuredJson(measured) }),
      ...(freeness === undefined ? {} : { freeness: freeness.json }),
      ...(fisher === undefined ? {} : { fisher: fisher.json }),
    },
    document: {
      title: spectrumSource.title,
      subject: subject?.title ?? describeNet(asked.net!),
      facts: [...(subject?.facts ?? []), ...sampleFacts(measured)],
      verdict: conclusion.verdict,
      advice: subject === undefined ? [] : spectrumAdvice(subject),
      sections: [
        sectionOf(spectrumSource, conclusion),
        ...(freeness === undefined ? [] : [freeness.section]),
        ...(fisher === undefined ? [] : [fisher.section]),
      ],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** The prediction; what theory does not reach is measured alone, where measuring was asked for. */
function theoryOf(asked: SampledSpectrumQuestion): { subject?: SpectrumSubject; missing?: string } {
  try {
    return { subject: spectrumSubject(asked) };
  } catch (error) {
    const alone = asked.measure !== undefined && asked.net !== undefined;
    if (!alone || !isUnsupported(error)) throw error;
    return { missing: error.message };
  }
}

function sampleFacts(measured: MeasuredSpectrum | undefined): [string, string][] {
  if (measured === undefined) return [];
  const { seeds, width, measurement } = measured;
  return [
    [
      "sampled",
      `${counted(seeds, "network")}, from ${measurement.from} to ${measurement.to}, ${width} units`,
    ],
  ];
}

async function fisherPart(asked: SampledSpectrumQuestion) {
  const predicted = predictFisher(asked);
  const measured = asked.measure && (await sampleFisher(asked, asked.measure, predicted));
  return { json: fisherJson(predicted, measured), section: fisherSection(predicted, measured) };
}
