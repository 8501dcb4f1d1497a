/**
 * @file What theory says of a network's criticality (criticality.md §1-4): K, χ_J and J at every preactivation of this
 * network at this depth, and, where its hidden layers are alike, its fixed points and its critical initialisation.
 */
import { type Model, meanFieldPlaces, scalarHalf } from "../../net/index.ts";
import { type Diagnosis, diagnose, growthRate } from "../../probes/index.ts";
import {
  type CriticalInitialisation,
  criticalInitialisation,
  type FixedPoints,
  fixedPoints,
  type MeanFieldLayer,
  noCriticalReason,
  propagate,
  type UniformLayer,
  type Universality,
  universality,
} from "../../theory/index.ts";
import { type Architecture, recogniseArchitecture } from "../architecture.ts";
import type { SurveyContext } from "../context.ts";
import { sampleMoments } from "../data-moments.ts";

/** Second moment and mean of the inputs' coordinates. */
export interface InputStart {
  readonly K: number;
  readonly mean: number;
}

export interface CriticalityPrediction {
  /** One record a preactivation h^1 … h^L. */
  readonly layers: readonly MeanFieldLayer[];
  /** The law of ln J(1, l); undefined for networks of fewer than three preactivations. */
  readonly diagnosis: Diagnosis | undefined;
  /** What holds where all hidden layers are alike. */
  readonly uniform: UniformPrediction | undefined;
}

export interface UniformPrediction {
  readonly architecture: Architecture;
  readonly layer: UniformLayer;
  readonly fixedPoints: FixedPoints;
  readonly universality: Universality;
  readonly critical: CriticalInitialisation | undefined;
  /** Why there is no critical initialisation. */
  readonly noCritical: string | undefined;
}

/** @throws FathomError unsupported where a layer has no mean-field rule, naming it. */
export function predictCriticality(model: Model, start: InputStart): CriticalityPrediction {
  const layers = propagate(meanFieldPlaces(model), start);
  return { layers, diagnosis: diagnoseTheory(layers), uniform: predictUniform(model, layers[0]!.K) };
}

/** The inputs that the network is probed on, and whose moments theory starts from. */
export const probeRows = { name: "probes", count: 8 } as const;

/** The prediction for the surveyed network on its data. */
export function surveyPrediction(context: SurveyContext): CriticalityPrediction {
  return context.share("criticality", () => {
    const { secondMoment, mean } = sampleMoments(context, probeRows.name, probeRows.count);
    return predictCriticality(context.model, { K: secondMoment, mean });
  });
}

/** J within this factor of 1 from the first to the last hidden layer does no harm, whatever the phase. */
export const criticalFactor = 10;

type Propagated = Pick<CriticalityPrediction, "layers">;

/** Preactivations before the readout. */
export function hiddenLayers({ layers }: Propagated): number {
  return layers.length - 1;
}

/** ln J(1, l) of theory at the last hidden layer. */
export function theoryLogJ({ layers }: Propagated): number {
  return (layers.at(-2) ?? layers.at(-1)!).logJ;
}

/** First layer of a fit of the slope over so many hidden layers: the first third is transient (criticality.md §6). */
export function slopeFrom(layers: number): number {
  return Math.min(Math.floor(layers / 3) + 1, Math.max(1, layers - 1));
}

/** Theory's slope of ln J over the layers that the measured slope is fitted on; undefined where J dies or overflows. */
export function theorySlope({ layers }: Propagated): number | undefined {
  const hidden = layers.slice(0, -1);
  const profile = hidden
    .slice(slopeFrom(hidden.length) - 1)
    .map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }));
  const finite = profile.every(({ lnJ }) => Number.isFinite(lnJ[0]));
  return profile.length > 1 && finite ? growthRate(profile).value : undefined;
}

/** Over the hidden layers: the readout is a layer of its own kind, without skip in a residual network. */
function diagnoseTheory(layers: readonly MeanFieldLayer[]): Diagnosis | undefined {
  const profile = layers.slice(0, -1).map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }));
  const usable = profile.every(({ lnJ }) => !Number.isNaN(lnJ[0]) && lnJ[0] !== Number.POSITIVE_INFINITY);
  return profile.length >= 3 && usable ? diagnose(profile) : undefined;
}

function predictUniform(model: Model, K1: number): UniformPrediction | undefined {
  const architecture = recogniseArchitecture(model.net);
  if (architecture === undefined) return undefined;
  const { norm, mu, sw2, sb2 } = architecture;
  const activation = scalarHalf(architecture.activation);
  const layer = { activation, norm, mu, sw2, sb2 };
  const found = Number.isFinite(K1) ? { K1 } : {};
  return {
    architecture,
    layer,
    fixedPoints: fixedPoints(layer, found),
    universality: universality(activation),
    critical: criticalInitialisation({ activation, norm, mu }),
    noCritical: noCriticalReason({ activation, norm, mu }),
  };
}
