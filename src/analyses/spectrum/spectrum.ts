/**
 * @file Which directions grow and which are lost? The record of the survey: theory of the singular values of the hidden
 * layers' Jacobian at the second moments that this data gives, beside sampled networks at one input; where theory has no
 * spectrum, those alone (criticality.md §8-10).
 */
import { jacobianSpectrum } from "../../theory/index.ts";
import { type Applicability, applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { SurveyContext } from "../context.ts";
import { surveyPrediction } from "../criticality/predict.ts";
import { hiddenTaps } from "../readout.ts";
import { isUnsupported } from "../unsupported.ts";
import { spectrumSource } from "./conclude.ts";
import { concludeSampled } from "./conclude-sampled.ts";
import { type HiddenPart, hiddenPart } from "./hidden.ts";
import { type MeasuredSpectrum, measuredJson } from "./measure.ts";
import { samplePlan, sampleSurveyed } from "./survey-sample.ts";
import { predictSpectrum, type SpectrumPrediction } from "./theory.ts";

/** Seconds for layers of one second moment, and more for every other one. */
const secondsAtLeast = 0.3;
const secondsALayer = 0.05;
const mostLayers = 48;

export const spectrum = defineAnalysis<SpectrumPrediction | undefined, MeasuredSpectrum | undefined>({
  ...spectrumSource,
  applies: applicability,
  cost(context) {
    const plan = samplePlan(context);
    const layers = Math.min(mostLayers, context.model.taps.length);
    const theory = "missing" in surveyedPart(context) ? 0 : secondsAtLeast + secondsALayer * layers;
    return theory + ("seconds" in plan ? plan.seconds : 0);
  },
  predict(context) {
    const part = surveyedPart(context);
    return "missing" in part ? undefined : predictSpectrum(jacobianSpectrum({ layers: part.layers }));
  },
  async measure(context, predicted) {
    const plan = samplePlan(context);
    return "seeds" in plan ? await sampleSurveyed(context, { seeds: plan.seeds, predicted }) : undefined;
  },
  conclude: conclusionOf,
});

/** The hidden part at the second moments that theory has for this data, or why it has no spectrum. */
function surveyedPart(context: SurveyContext): HiddenPart | { readonly missing: string } {
  return context.share("hiddenPart", () => {
    try {
      return hiddenPart(
        context.model,
        surveyPrediction(context).layers.map(({ K }) => K),
      );
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return { missing: error.message };
    }
  });
}

function applicability(context: SurveyContext): Applicability {
  const part = surveyedPart(context);
  if ("missing" in part) {
    const plan = samplePlan(context);
    if ("seeds" in plan) return applies;
    const reason = inSentence(part.missing);
    if (hiddenTaps(context.model) < 2) return doesNotApply(reason);
    return doesNotApply(
      `theory has no spectrum here (${reason}), and no network is sampled: ${plan.because}`,
    );
  }
  const dead = part.layers.some(({ sw2 }) => sw2 === 0);
  return dead ? doesNotApply("a hidden layer has σw² = 0: its Jacobian is 0") : applies;
}

/** As the reasons of a report are written: no capital, no full stop. */
function inSentence(message: string): string {
  return message.replace(/^The /, "the ").replace(/\.$/, "");
}

/** Without a verdict: that of the survey is about training. */
function conclusionOf(
  context: SurveyContext,
  results: {
    readonly predicted: SpectrumPrediction | undefined;
    readonly measured: MeasuredSpectrum | undefined;
  },
): Conclusion {
  const part = surveyedPart(context);
  const missing = "missing" in part ? part.missing : undefined;
  const { verdict: _, json, notes = [], ...shown } = concludeSampled({ ...results, missing });
  const { measured } = results;
  return {
    ...shown,
    advice: [],
    notes: [...notes, sampleNote(context)],
    json: {
      ...json,
      ...("missing" in part ? { missing } : { hidden: hiddenJson(part) }),
      ...(measured === undefined ? {} : { measured: measuredJson(measured) }),
    },
  };
}

function hiddenJson({ from, to, width, layers }: HiddenPart) {
  return { from, to, width, layers: layers.length };
}

function sampleNote(context: SurveyContext): string {
  const plan = samplePlan(context);
  if ("because" in plan) return `No networks were sampled: ${plan.because}.`;
  return "Sampled at one training input whose mean square is the most ordinary of those theory starts from.";
}
