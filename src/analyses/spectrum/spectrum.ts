/**
 * @file Which directions grow and which are lost? The record of the survey: theory of the singular values of the hidden
 * layers' Jacobian at the second moments that this data gives (criticality.md §8-10).
 */
import { jacobianSpectrum } from "../../theory/index.ts";
import { type Applicability, applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { SurveyContext } from "../context.ts";
import { surveyPrediction } from "../criticality/predict.ts";
import { isUnsupported } from "../unsupported.ts";
import { concludeSpectrum, spectrumSource } from "./conclude.ts";
import { type HiddenPart, hiddenPart } from "./hidden.ts";
import { predictSpectrum, type SpectrumPrediction } from "./theory.ts";

/** Seconds for layers of one second moment, and more for every other one. */
const secondsAtLeast = 0.3;
const secondsALayer = 0.05;
const mostLayers = 48;

export const spectrum = defineAnalysis<SpectrumPrediction, undefined>({
  ...spectrumSource,
  applies: applicability,
  cost: ({ model }) => secondsAtLeast + secondsALayer * Math.min(mostLayers, model.taps.length),
  predict: (context) => predictSpectrum(jacobianSpectrum({ layers: surveyedPart(context).layers })),
  measure: () => undefined,
  conclude: (context, { predicted }) => conclusionOf(context, predicted),
});

/** The hidden part at the second moments that theory has for this data. */
function surveyedPart(context: SurveyContext): HiddenPart {
  return context.share("hiddenPart", () =>
    hiddenPart(
      context.model,
      surveyPrediction(context).layers.map(({ K }) => K),
    ),
  );
}

function applicability(context: SurveyContext): Applicability {
  try {
    const { layers } = surveyedPart(context);
    const dead = layers.findIndex(({ sw2 }) => sw2 === 0);
    return dead < 0 ? applies : doesNotApply("a hidden layer has σw² = 0: its Jacobian is 0");
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return doesNotApply(inSentence(error.message));
  }
}

/** As the reasons of a report are written: no capital, no full stop. */
function inSentence(message: string): string {
  return message.replace(/^The /, "the ").replace(/\.$/, "");
}

/** Without a verdict: that of the survey is about training. */
function conclusionOf(context: SurveyContext, predicted: SpectrumPrediction): Conclusion {
  const { verdict: _, json, ...shown } = concludeSpectrum(predicted);
  const { from, to, width, layers } = surveyedPart(context);
  return { ...shown, advice: [], json: { ...json, hidden: { from, to, width, layers: layers.length } } };
}
