/**
 * @file The initialisation that a sweep finds (criticality.md §7.3), for a survey of a network that measuring shows to vanish
 * or explode, over its depth or in single layers, and that theory has no critical point for. The criticality question asks for it once it has measured; whoever
 * comes later reads what was found.
 */
import type { Model, Net } from "../net/index.ts";
import {
  checkTuning,
  isTunable,
  type JacobianMeasurement,
  type LayerGain,
  type StretchResult,
  tuneBySweep,
} from "../probes/index.ts";
import type { NdArray } from "../tensor/index.ts";
import type { SurveyContext } from "./context.ts";
import { probeSeconds } from "./probe-cost.ts";
import { hiddenTaps } from "./readout.ts";

/** A network tuned by measurement, and ln J(1, l) at the last hidden layer as given and tuned, both measured. */
export interface TunedAdvice {
  readonly net: Net;
  readonly gains: readonly LayerGain[];
  readonly stretches: readonly StretchResult[];
  /** l of the last hidden layer. */
  readonly lastHidden: number;
  readonly lnJ: { readonly given: number; readonly advised: number };
}

export interface TuneForSurvey {
  readonly measured: JacobianMeasurement;
  readonly inputs: NdArray;
  /** ln J(1, l) within this of 0 does no harm. */
  readonly harmless: number;
  /** Whether single layers do harm although J(1, l) of the last may not. */
  readonly isUneven: (measured: JacobianMeasurement) => boolean;
}

const name = "tuned";
const seeds = 4;
/** A sweep and its checks, in probes of `checkedSeeds` networks: measured on the examples, rounded up. */
const probesOfSweep = 4;
const checkedSeeds = 8;
/** Share of a budget that a sweep may take: what it finds is worth as much as training has time to show. */
const share = 0.15;

/**
 * Tunes the surveyed network where J is not harmless and the budget reaches it; afterwards `tunedAdvice` has the result. A
 * tuned network that is not harmless either is no advice.
 */
export async function tuneForSurvey(context: SurveyContext, asked: TuneForSurvey): Promise<void> {
  const lastHidden = Math.max(1, hiddenTaps(context.model));
  const given = logJ(asked.measured, lastHidden);
  const harmless = Math.abs(given) <= asked.harmless && !asked.isUneven(asked.measured);
  if (harmless || context.versus !== undefined || !isTunable(context.net)) return;
  const cost = sweepSeconds(context.model, asked.inputs);
  if (cost > share * context.budget.seconds || context.budget.refusal(cost) !== undefined) return;
  context.budget.spend(cost);
  const found = await sweep(context, asked.inputs);
  const advised = logJ(found.check, lastHidden);
  if (!(Math.abs(advised) <= asked.harmless) || asked.isUneven(found.check)) return;
  const { net, gains, stretches } = found.tuning;
  context.share(name, (): TunedAdvice => ({ net, gains, stretches, lastHidden, lnJ: { given, advised } }));
}

/** What `tuneForSurvey` found; undefined where it did not tune, or has not yet. */
export function tunedAdvice(context: SurveyContext): TunedAdvice | undefined {
  return context.has(name) ? context.share<TunedAdvice | undefined>(name, () => undefined) : undefined;
}

async function sweep(context: SurveyContext, inputs: NdArray) {
  const { net, options, signal } = context;
  const key = context.key.split(name);
  const tuning = await tuneBySweep({
    net,
    inputs,
    seeds,
    key,
    options,
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ label, done, total }) => context.progress(label, done, total),
  });
  const check = await checkTuning(tuning.net, { inputs, key, options, seeds: checkedSeeds, stream: "after" });
  return { tuning, check };
}

/** ln J(1, l); infinite where J overflowed. */
function logJ({ layers }: JacobianMeasurement, l: number): number {
  const { lnMean, status } = layers[l - 1]!.J;
  return status === "overflow" || Number.isNaN(lnMean) ? Number.POSITIVE_INFINITY : lnMean;
}

/** Predicted seconds. */
function sweepSeconds(model: Model, { shape: [rows = 1] }: NdArray): number {
  return probesOfSweep * probeSeconds(model, { seeds: checkedSeeds, rows: checkedSeeds * rows });
}
