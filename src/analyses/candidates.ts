/**
 * @file The two networks that are compared: the one given, and the one advised (its architecture at the critical point of
 * criticality.md §3-4, with the first layer's variance set for the data) or the one named by `--versus`.
 */
import { buildModel, type Model, type Net, withVariances } from "../net/index.ts";
import type { CriticalInitialisation, InputMoments, Limit } from "../theory/index.ts";
import type { SurveyContext } from "./context.ts";
import {
  type CriticalityPrediction,
  criticalFactor,
  predictCriticality,
  probeRows,
  surveyPrediction,
  theoryLogJ,
} from "./criticality/predict.ts";
import { inputMoments, sampleRows } from "./data-moments.ts";
import { inputStarts } from "./input-start.ts";
import { tunedAdvice } from "./tuned.ts";

export interface Candidate {
  readonly label: string;
  readonly net: Net;
  readonly model: Model;
}

/** What theory would change, and why. */
export interface InitialisationAdvice {
  readonly net: Net;
  readonly critical: CriticalInitialisation;
  /** Variances of the first layer, which give the data's mean K¹ its place. */
  readonly first: { readonly sw2: number; readonly sb2: number };
  /** Where the layers as given lead. */
  readonly reached: Limit;
  /** l of the last hidden layer, and ln J(1, l) of theory there. */
  readonly lastHidden: number;
  readonly lnJ: { readonly given: number; readonly advised: number };
}

/** Advice must bring J nearer to 1 by this factor at the last hidden layer. */
const leastGain = 2;

/**
 * The critical initialisation of the surveyed network; undefined where it has none (no uniform architecture, or one without
 * a critical point, or theory does not reach it), needs none (J stays within a factor 10 over its depth), or gains nothing by it (it is there already).
 */
export function initialisationAdvice(context: SurveyContext): InitialisationAdvice | undefined {
  return context.share("advice", () => {
    if (context.model.taps.length === 0) return undefined;
    const { name, count } = probeRows(context.model);
    return adviseInitialisation({
      net: context.net,
      predicted: surveyPrediction(context),
      secondMoment: () => inputMoments(context).secondMoment,
      starts: () => inputStarts(context.model, sampleRows(context, name, count).inputs),
    });
  });
}

/**
 * The same without a survey.
 * @param request - `secondMoment` is that of the inputs, which the first layer's variance is set for; `starts` their moments
 * one by one.
 */
export function adviseInitialisation(request: {
  readonly net: Net;
  readonly predicted: CriticalityPrediction;
  readonly secondMoment: () => number;
  readonly starts: () => readonly InputMoments[];
}): InitialisationAdvice | undefined {
  const { predicted } = request;
  const { uniform, hidden: lastHidden } = predicted;
  const given = theoryLogJ(predicted);
  if (uniform?.critical === undefined || !(Math.abs(given) > Math.log(criticalFactor))) return undefined;
  const { sw2, sb2, firstLayerK } = uniform.critical;
  const first =
    firstLayerK === undefined ? { sw2, sb2 } : { sw2: (firstLayerK - sb2) / request.secondMoment(), sb2 };
  const net = withVariances(request.net, { sw2, sb2, first });
  const advised = theoryLogJ(predictCriticality(buildModel(net), request.starts()));
  if (!(Math.abs(advised) < Math.abs(given) - Math.log(leastGain))) return undefined;
  const { reached } = uniform.fixedPoints;
  return { net, critical: uniform.critical, first, reached, lastHidden, lnJ: { given, advised } };
}

/** The network as given. */
export function given({ net, model }: SurveyContext): Candidate {
  return { label: "as given", net, model };
}

/**
 * The network to compare with: `--versus`, else the advised initialisation, of theory or of a sweep; undefined when there is
 * none. The criticality question comes first in a survey, so that its sweep is over when others ask.
 */
export function challenger(context: SurveyContext): Candidate | undefined {
  const net = context.versus ?? initialisationAdvice(context)?.net ?? tunedAdvice(context)?.net;
  if (net === undefined) return undefined;
  const label = context.versus === undefined ? "advised initialisation" : "other network";
  return { label, net, model: buildModel(net) };
}

/** All networks that are compared, the given one first. */
export function candidates(context: SurveyContext): readonly Candidate[] {
  const other = challenger(context);
  return [given(context), ...(other === undefined ? [] : [other])];
}
