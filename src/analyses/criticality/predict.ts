/**
 * @file What theory says of a network's criticality (criticality.md §1-4): K, χ_J and J at every preactivation of this
 * network at this depth, and, where its hidden layers are alike, its fixed points and its critical initialisation. Behind a
 * layer without a mean-field rule theory says nothing, and says why.
 */
import { type LayerSpec, type Model, type ModelLayer, scalarHalf, type Tap } from "../../net/index.ts";
import { type Diagnosis, diagnose, growthRate } from "../../probes/index.ts";
import {
  type CriticalInitialisation,
  criticalInitialisation,
  type FixedPoints,
  fixedPoints,
  type InputMoments,
  type MeanFieldLayer,
  noCriticalReason,
  propagate,
  type UniformLayer,
  type Universality,
  universality,
} from "../../theory/index.ts";
import { type Architecture, recogniseArchitecture } from "../architecture.ts";
import type { SurveyContext } from "../context.ts";
import { sampleRows } from "../data-moments.ts";
import { inputStarts } from "../input-start.ts";
import { type Reach, theoryReach } from "../reach.ts";
import { hiddenTaps, pooledTaps } from "../readout.ts";
import { meanLayers } from "./mean-layers.ts";

/** `layers` are the preactivations h^1 … h^L that theory reaches. */
export interface CriticalityPrediction extends Reach<MeanFieldLayer> {
  /** All of them. */
  readonly taps: readonly Tap[];
  /** How many come before the readout. */
  readonly hidden: number;
  /** Names of those behind a pool. */
  readonly pooled: ReadonlySet<string>;
  /** Whether inputs act on each other, in a batch. */
  readonly mixesBatch: boolean;
  /** Whether networks can be sampled: an activation that is only a kernel has none. */
  readonly hasNetworks: boolean;
  /** The law of ln J(1, l); undefined for networks of fewer than three preactivations. */
  readonly diagnosis: Diagnosis | undefined;
  /** What holds where all hidden layers are alike. */
  readonly uniform: UniformPrediction | undefined;
}

export interface UniformPrediction {
  readonly architecture: Architecture;
  readonly layer: UniformLayer;
  /** Variances of the first layer, which may be its own. */
  readonly first: { readonly sw2: number; readonly sb2: number };
  readonly fixedPoints: FixedPoints;
  readonly universality: Universality;
  readonly critical: CriticalInitialisation | undefined;
  /** Why there is no critical initialisation. */
  readonly noCritical: string | undefined;
}

/** @param starts - moments of each input, or of all of them together. */
export function predictCriticality(model: Model, starts: readonly InputMoments[]): CriticalityPrediction {
  const { taps } = model;
  const reach = theoryReach(model, (places) => meanLayers(starts.map((start) => propagate(places, start))));
  const hidden = hiddenTaps(model);
  const uniform = reach.missing === undefined ? predictUniform(model, reach.layers[0]!.K) : undefined;
  return {
    ...reach,
    taps,
    hidden,
    pooled: pooledTaps(model),
    mixesBatch: model.mixesBatch,
    hasNetworks: !model.layers.some(isKernelOnly),
    diagnosis: diagnoseTheory(reach.layers, hidden),
    uniform,
  };
}

function isKernelOnly({ spec, chains }: ModelLayer): boolean {
  if (spec.kind === "activation") return scalarHalf(spec.activation).kernelOnly === true;
  return Object.values(chains).flat().some(isKernelOnly);
}

/** The inputs that a network is probed on, and whose moments theory starts from; batch statistics want a batch. */
export function probeRows({ mixesBatch }: Model): { readonly name: string; readonly count: number } {
  return { name: "probes", count: mixesBatch ? 64 : 8 };
}

/** The prediction for the surveyed network on its data. */
export function surveyPrediction(context: SurveyContext): CriticalityPrediction {
  return context.share("criticality", () => {
    const { name, count } = probeRows(context.model);
    return predictCriticality(
      context.model,
      inputStarts(context.model, sampleRows(context, name, count).inputs),
    );
  });
}

/** J within this factor of 1 from the first to the last hidden layer does no harm, whatever the phase. */
export const criticalFactor = 10;

type Propagated = Pick<CriticalityPrediction, "layers" | "hidden">;

/** Whether theory reaches the last hidden layer. */
export function reachesHidden({ layers, hidden }: Propagated): boolean {
  return layers.length >= hidden;
}

/** ln J(1, l) of theory at the last hidden layer; NaN where theory does not reach it. */
export function theoryLogJ({ layers, hidden }: Propagated): number {
  return layers[Math.max(hidden, 1) - 1]?.logJ ?? Number.NaN;
}

/** First layer of a fit of the slope over so many hidden layers: the first third is transient (criticality.md §6). */
export function slopeFrom(layers: number): number {
  return Math.min(Math.floor(layers / 3) + 1, Math.max(1, layers - 1));
}

/**
 * Theory's slope of ln J over the layers that the measured slope is fitted on; undefined where J dies or overflows, or theory
 * does not reach.
 */
export function theorySlope(predicted: Propagated): number | undefined {
  if (!reachesHidden(predicted)) return undefined;
  const { layers, hidden } = predicted;
  const profile = layers
    .slice(slopeFrom(hidden) - 1, hidden)
    .map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }));
  const finite = profile.every(({ lnJ }) => Number.isFinite(lnJ[0]));
  return profile.length > 1 && finite ? growthRate(profile).value : undefined;
}

/** Over the hidden layers: the readout is a layer of its own kind, without skip in a residual network. */
function diagnoseTheory(layers: readonly MeanFieldLayer[], hidden: number): Diagnosis | undefined {
  if (layers.length < hidden) return undefined;
  const profile = layers.slice(0, hidden).map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }));
  const usable = profile.every(({ lnJ }) => !Number.isNaN(lnJ[0]) && lnJ[0] !== Number.POSITIVE_INFINITY);
  return profile.length >= 3 && usable ? diagnose(profile) : undefined;
}

function hasVariances(layer: LayerSpec): layer is Extract<LayerSpec, { sw2: number; sb2: number }> {
  return "sw2" in layer && "sb2" in layer;
}

function predictUniform(model: Model, K1: number): UniformPrediction | undefined {
  const architecture = recogniseArchitecture(model.net);
  if (architecture === undefined) return undefined;
  const { norm, mu, sw2, sb2 } = architecture;
  const activation = scalarHalf(architecture.activation);
  const layer = { activation, norm, mu, sw2, sb2 };
  const found = Number.isFinite(K1) ? { K1 } : {};
  const { sw2: firstWeights, sb2: firstBiases } = model.net.layers.find(hasVariances)!;
  return {
    architecture,
    layer,
    first: { sw2: firstWeights, sb2: firstBiases },
    fixedPoints: fixedPoints(layer, found),
    universality: universality(activation),
    critical: criticalInitialisation({ activation, norm, mu }),
    noCritical: noCriticalReason({ activation, norm, mu }),
  };
}
