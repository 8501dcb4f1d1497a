/**
 * @file What theory says of separation: K¹ over the data's inputs, the correlations of the data's mean pairs through depth
 * (the pair recursion), and how well they tell class at this width.
 */
import { type Model, meanFieldPlaces } from "../../net/index.ts";
import { collapsedAbove, scrambledBelow } from "../../probes/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import {
  type PairLayer,
  propagate,
  propagatePair,
  type RankingLayer,
  rankingByDepth,
} from "../../theory/index.ts";
import type { SurveyContext } from "../context.ts";
import { inputMoments, sampleRows } from "../data-moments.ts";
import { type DataPairs, dataPairs } from "./data-pairs.ts";

/** Rows of the probe's batch: about 200 pairs within classes and 2,000 between ten of them. */
export const pairRows = 64;

export interface SeparationPrediction {
  readonly pairs: DataPairs;
  readonly within: readonly PairLayer[];
  readonly between: readonly PairLayer[];
  /** Chance that correlation ranks a pair of one class above one of two classes, by layer. */
  readonly ranking: readonly number[];
  /** K¹ at the 5th, 50th and 95th percentile of the inputs. */
  readonly firstK: readonly [number, number, number];
  /** Last hidden layer at which classes can be told apart, by the criterion of the measured one; undefined when all can. */
  readonly lostAfter: number | undefined;
}

/** @throws FathomError unsupported where a layer has no mean-field rule, naming it. */
export function predictSeparation(context: SurveyContext): SeparationPrediction {
  const { model } = context;
  const places = meanFieldPlaces(model);
  const { secondMoment, mean, meanSquares } = inputMoments(context);
  const pairs = dataPairs(sampleRows(context, "separation", pairRows));
  const through = (correlation: number) => {
    const C = correlation * secondMoment;
    return propagatePair(places, { Ka: secondMoment, Kb: secondMoment, C, meanA: mean, meanB: mean });
  };
  const [within, between] = [through(pairs.within.mean), through(pairs.between.mean)];
  const ranking = rankingByDepth({ inputs: pairs, within, between, layers: rankingLayers(model) });
  const sorted = meanSquares.toSorted();
  const firstK = [0.05, 0.5, 0.95].map((p) => {
    const K = sorted[Math.round(p * (sorted.length - 1))]!;
    return propagate(places, { K, mean })[0]!.K;
  }) as [number, number, number];
  return { pairs, within, between, ranking, firstK, lostAfter: lostAfter(between, ranking) };
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
  const lost = between
    .slice(0, -1)
    .findIndex(
      ({ c }, l) =>
        !(c <= collapsedAbove) || (advantage > 0 && ranking[l]! - 0.5 < scrambledBelow * advantage),
    );
  return lost < 0 ? undefined : lost;
}
