/**
 * @file What theory says of separation: K¹ over the data's inputs, the correlations of the data's mean pairs through depth
 * (the pair recursion), and how well they tell class at this width; as far as its layers have rules.
 */
import { type Model, takesIds } from "../../net/index.ts";
import { collapsedAbove, pairsByClass, scrambledBelow } from "../../probes/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import {
  type PairLayer,
  propagate,
  propagatePair,
  type RankingLayer,
  rankingByDepth,
} from "../../theory/index.ts";
import type { SurveyContext } from "../context.ts";
import { inputMoments, type Sample, sampleRows } from "../data-moments.ts";
import { pairStart } from "../input-start.ts";
import { type Reach, theoryReach } from "../reach.ts";
import { hiddenTaps } from "../readout.ts";
import { type DataPairs, dataPairs } from "./data-pairs.ts";

/** Rows of the probe's batch: about 200 pairs within classes and 2,000 between ten of them. */
export const pairRows = 64;

/** `layers` are the taps that the pair recursion reaches. */
export interface SeparationPrediction extends Reach<unknown> {
  readonly pairs: DataPairs;
  readonly within: readonly PairLayer[];
  readonly between: readonly PairLayer[];
  /** Chance that correlation ranks a pair of one class above one of two classes, by layer. */
  readonly ranking: readonly number[];
  /** K¹ at the 5th, 50th and 95th percentile of the inputs; undefined where theory does not reach the first tap. */
  readonly firstK: readonly [number, number, number] | undefined;
  /** Preactivations before the readout. */
  readonly hidden: number;
  /** Last hidden layer at which classes can be told apart, by the criterion of the measured one; undefined when all can. */
  readonly lostAfter: number | undefined;
}

/** Theory of the surveyed network on the data's pairs. */
export function predictSeparation(context: SurveyContext): SeparationPrediction {
  const { model } = context;
  const sample = sampleRows(context, "separation", pairRows);
  const pairs = dataPairs(model, sample);
  const within = through(model, sample, "within", pairs);
  const between = through(model, sample, "between", pairs);
  const reached = Math.min(within.layers.length, between.layers.length);
  const ranking = rankingByDepth({
    inputs: pairs,
    within: within.layers,
    between: between.layers,
    layers: rankingLayers(model).slice(0, reached),
  });
  const hidden = hiddenTaps(model);
  return {
    ...(within.layers.length === reached ? within : between),
    pairs,
    within: within.layers,
    between: between.layers,
    ranking,
    hidden,
    firstK: firstVariances(context),
    lostAfter: lostAfter(between.layers.slice(0, hidden), ranking),
  };
}

/** The recursion of a typical pair of one kind. */
function through(
  model: Model,
  { inputs, labels }: Sample,
  kind: keyof DataPairs,
  pairs: DataPairs,
): Reach<PairLayer> {
  const start = pairStart(model, inputs, {
    pairs: pairsByClass(labels.data)[kind],
    correlation: pairs[kind].mean,
  });
  return theoryReach(model, (places) => propagatePair(places, start));
}

/** K¹ of inputs of the 5th, 50th and 95th percentile of sizes; token ids have none. */
function firstVariances(context: SurveyContext): SeparationPrediction["firstK"] {
  if (takesIds(context.model)) return undefined;
  const { mean, meanSquares } = inputMoments(context);
  const sorted = meanSquares.toSorted();
  const found = [0.05, 0.5, 0.95].map((p) => {
    const K = sorted[Math.round(p * (sorted.length - 1))]!;
    const first = context.model.layers.findIndex(({ name }) => name === context.model.taps[0]!.name);
    const start = { ...context.model, layers: context.model.layers.slice(0, first + 1) };
    return theoryReach(start, (places) => propagate(places, { K, mean })).layers[0]?.K;
  });
  return found.every((K) => K !== undefined) ? (found as [number, number, number]) : undefined;
}

function rankingLayers({ layers, taps }: Model): RankingLayer[] {
  return taps.map(({ name, shape }) => {
    const spec = layers.find((layer) => layer.name === name)?.spec;
    return { units: sizeOf(shape), mu: spec?.kind === "residual" ? spec.mu : 0 };
  });
}

/** The first hidden layer where inputs collapse or are scrambled (probes/separation), less one. */
function lostAfter(between: readonly PairLayer[], ranking: readonly number[]): number | undefined {
  const advantage = ranking[0]! - 0.5;
  const lost = between.findIndex(
    ({ c }, l) => !(c <= collapsedAbove) || (advantage > 0 && ranking[l]! - 0.5 < scrambledBelow * advantage),
  );
  return lost < 0 ? undefined : lost;
}
