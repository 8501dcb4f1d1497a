/**
 * @file The two networks that are compared: the one given, and the one advised (its architecture at the critical point of
 * criticality.md §3-4, with the first layer's variance set for the data) or the one named by `--versus`.
 */
import { buildModel, type Model, type Net, withVariances } from "../net/index.ts";
import { type CriticalInitialisation, phaseOf } from "../theory/index.ts";
import type { SurveyContext } from "./context.ts";
import {
  type CriticalityPrediction,
  criticalFactor,
  surveyPrediction,
  theoryLogJ,
} from "./criticality/predict.ts";
import { inputMoments } from "./data-moments.ts";

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
}

/**
 * The critical initialisation of the surveyed network; undefined where it has none (no uniform architecture, or one without
 * a critical point) or needs none.
 */
export function initialisationAdvice(context: SurveyContext): InitialisationAdvice | undefined {
  return context.share("advice", () => {
    const predicted = surveyPrediction(context);
    const critical = predicted.uniform?.critical;
    if (critical === undefined || needsNoAdvice(predicted)) return undefined;
    const { sw2, sb2, firstLayerK } = critical;
    const { secondMoment } = inputMoments(context);
    const first = firstLayerK === undefined ? { sw2, sb2 } : { sw2: (firstLayerK - sb2) / secondMoment, sb2 };
    return { net: withVariances(context.net, { sw2, sb2, first }), critical, first };
  });
}

/** Critical already (residual networks with power laws too), or so shallow that J stays within a factor 10. */
function needsNoAdvice(predicted: CriticalityPrediction): boolean {
  const chiJ = predicted.uniform?.fixedPoints.reached.chiJ;
  const critical = chiJ !== undefined && phaseOf(chiJ) === "critical";
  return critical || Math.abs(theoryLogJ(predicted)) <= Math.log(criticalFactor);
}

/** The network as given. */
export function given(context: SurveyContext): Candidate {
  return { label: "as given", net: context.net, model: context.model };
}

/** The network to compare with: `--versus`, else the advised initialisation; undefined when there is neither. */
export function challenger(context: SurveyContext): Candidate | undefined {
  const net = context.versus ?? initialisationAdvice(context)?.net;
  if (net === undefined) return undefined;
  const label = context.versus === undefined ? "advised initialisation" : "the other network";
  return { label, net, model: buildModel(net) };
}
