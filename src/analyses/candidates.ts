/**
 * @file The two networks that are compared: the one given, and the one advised (its architecture at the critical point of
 * criticality.md §3-4, with the first layer's variance set for the data) or the one named by `--versus`.
 */
import { buildModel, type Model, type Net, scalarHalf, withVariances } from "../net/index.ts";
import { type CriticalInitialisation, criticalInitialisation } from "../theory/index.ts";
import { type Architecture, recogniseArchitecture } from "./architecture.ts";
import type { SurveyContext } from "./context.ts";
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

/** The row of criticality.md §4 that the surveyed network belongs to. */
export function architectureOf(context: SurveyContext): Architecture | undefined {
  return context.share("architecture", () => recogniseArchitecture(context.net));
}

/**
 * The critical initialisation of the surveyed network; undefined where it has none (no uniform architecture, or one that
 * has no critical point), or is at it already.
 */
export function initialisationAdvice(context: SurveyContext): InitialisationAdvice | undefined {
  return context.share("advice", () => {
    const architecture = architectureOf(context);
    if (architecture === undefined) return undefined;
    const { activation, norm, mu } = architecture;
    const critical = criticalInitialisation({ activation: scalarHalf(activation), norm, mu });
    if (critical === undefined) return undefined;
    const { sw2, sb2 } = critical;
    const q0 = inputMoments(context).secondMoment;
    const first =
      critical.firstLayerK === undefined ? { sw2, sb2 } : { sw2: (critical.firstLayerK - sb2) / q0, sb2 };
    return { net: withVariances(context.net, { sw2, sb2, first }), critical, first };
  });
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
