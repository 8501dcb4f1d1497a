/** @file The parameter Jacobian: spectrum of the dual Fisher by depth, and the learning rate that it allows (§12). */
import { scalarHalf } from "../../net/index.ts";
import { type FisherSample, fisherDistance, inputOfMoment, measureFisher } from "../../probes/index.ts";
import { FathomError, Key } from "../../tensor/index.ts";
import {
  type Estimate,
  type FisherLaw,
  type FisherMoments,
  type FisherNetwork,
  fisherEdges,
  fisherLaw,
  fisherMoments,
  meanEstimate,
  secondMoment,
} from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";
import { defaultSeeds, type SamplingAsked, type SamplingOptions } from "./measure.ts";
import { type PlainSubject, plainSubject } from "./plain-subject.ts";
import type { SpectrumQuestion } from "./question.ts";
import { squareModel } from "./sampled-network.ts";

/** The dual Fisher as theory has it. */
export interface FisherPrediction {
  readonly depth: number;
  readonly subject: PlainSubject;
  readonly weights: "haar" | "gaussian";
  /** The last qhat: E φ² of the layer before the last. */
  readonly shift: number;
  /** At depths 1 … L. */
  readonly moments: readonly FisherMoments[];
  /** Largest eigenvalue at depths 1 … L. */
  readonly edges: readonly number[];
  readonly law: FisherLaw;
}

/** The same on sampled networks, at the depths that were measured. */
export interface FisherMeasured {
  readonly width: number;
  readonly seeds: number;
  readonly byDepth: readonly {
    readonly depth: number;
    readonly lambdaMax: Estimate;
    readonly m1: Estimate;
    readonly m2: Estimate;
  }[];
  /** Samples at the last depth. */
  readonly last: readonly FisherSample[];
  /** Kolmogorov distance at the last depth: mean over networks. */
  readonly ks: number;
}

/** Deeper ones take minutes. */
const deepestLaw = 200;
const sampledDepths = 8;
const sampledWidth = 200;
const deepestSample = 100;

/**
 * Moments, law and largest eigenvalue at every depth.
 * @throws FathomError as `plainSubject` and `fisherMoments`; too-large for more than 200 layers.
 */
export function predictFisher(
  asked: SamplingAsked & Pick<SpectrumQuestion, "net" | "uniform">,
): FisherPrediction {
  const subject = plainSubject(asked, "The Fisher spectrum");
  const { depth, sw2, weights, moments, inputMoment } = subject;
  if (depth > deepestLaw) {
    throw new FathomError({
      code: "too-large",
      where: "depth",
      message: `The Fisher spectrum of ${depth} layers would take minutes.`,
      hint: `Ask for at most ${deepestLaw} layers: at small q it grows in proportion to depth from there on.`,
    });
  }
  const activation = scalarHalf(subject.activation);
  const network: FisherNetwork = { activation, q: moments, sw2, weights, depth, inputMoment };
  const label = "Fisher spectrum by depth";
  const law = fisherLaw(network, {
    onLayer: (done) => {
      asked.signal?.throwIfAborted();
      asked.onProgress?.({ label, done, total: depth });
    },
  });
  return {
    depth,
    subject,
    weights,
    shift: depth > 1 ? secondMoment(activation, moments[depth - 2]!) : inputMoment,
    moments: fisherMoments(network),
    edges: fisherEdges(network),
    law,
  };
}

/** Samples networks of equal layers at a few depths up to L. @throws FathomError as `measureFisher`. */
export async function sampleFisher(
  asked: SamplingAsked,
  { width: given, seeds = defaultSeeds }: SamplingOptions,
  predicted: FisherPrediction,
): Promise<FisherMeasured> {
  const { subject, weights, shift } = predicted;
  const width = given ?? subject.width ?? sampledWidth;
  const depth = Math.min(predicted.depth, deepestSample);
  const key = Key.fromSeed(asked.seed).split("fisher");
  const label = "sampling Fisher matrices";
  asked.onProgress?.({ label, done: 0, total: seeds });
  const depths = spread(depth);
  const samples = await measureFisher({
    model: squareModel(subject, { hidden: depth - 1, width, weights }),
    input: inputOfMoment(key.split("input"), width, subject.inputMoment),
    depths,
    seeds,
    key,
    ...(asked.options === undefined ? {} : { options: asked.options }),
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
    onSeed: (done, total) => asked.onProgress?.({ label, done, total }),
  });
  const at = (l: number) => samples.filter((sample) => sample.depth === l && sample.eigenvalues.length > 0);
  const byDepth = depths
    .filter((l) => at(l).length > 0)
    .map((l) => ({
      depth: l,
      lambdaMax: meanEstimate(at(l).map(({ eigenvalues }) => eigenvalues[0]!)),
      m1: meanEstimate(at(l).map(({ m1 }) => m1)),
      m2: meanEstimate(at(l).map(({ m2 }) => m2)),
    }));
  const last = at(depth);
  const compared = depth === predicted.depth && depth > 1 ? last : [];
  const distances = compared.map((sample) =>
    fisherDistance(sample, { quantiles: predicted.law.quantiles, shift }),
  );
  const ks = distances.reduce((sum, value) => sum + value, 0) / distances.length;
  return { width, seeds, byDepth, last, ks };
}

/** Up to eight depths from 1 to L, evenly. */
function spread(depth: number): number[] {
  const count = Math.min(depth, sampledDepths);
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round(((i + 1) * depth) / count)))];
}

/** The largest stable learning rate: 2/λ_max, in the units that `lrMaxOf` names. */
export function fisherRate({ edges }: FisherPrediction): number {
  return 2 / edges.at(-1)!;
}

/** What the learning rate belongs to. */
export const fisherRateText =
  "gradient descent on ½|f − y|² of one input, on weights ω with W = ω/√N (of W itself: divided by N)";

/** The same in a finding. */
export const fisherRateInBrief = "½|f − y|² of one input, for ω = √N W; for W itself divide by N";

/** `fisher{m1, m2, lambdaMax[], lrMax, …}`. */
export function fisherJson(predicted: FisherPrediction, measured?: FisherMeasured) {
  const { depth, moments, edges } = predicted;
  const last = moments.at(-1)!;
  const estimate = ({ value, se }: Estimate) => ({ value, ...(se === undefined ? {} : { se }) });
  return {
    depth,
    m1: finiteOrNull(last.m1),
    m2: finiteOrNull(last.m2),
    relativeStd: finiteOrNull(last.relativeStd),
    lambdaMax: edges.map(finiteOrNull),
    lrMax: finiteOrNull(fisherRate(predicted)),
    lrMaxOf: fisherRateText,
    ...(measured === undefined
      ? {}
      : {
          measured: {
            width: measured.width,
            seeds: measured.seeds,
            ks: finiteOrNull(measured.ks),
            depths: measured.byDepth.map(({ depth: l, lambdaMax, m1, m2 }) => ({
              depth: l,
              lambdaMax: estimate(lambdaMax),
              m1: estimate(m1),
              m2: estimate(m2),
            })),
          },
        }),
  };
}
