/**
 * @file How well the correlation of two inputs tells whether they are of one class, layer by layer, at finite width: the
 * chance that a pair of one class is more correlated than a pair of two classes (the area under the ROC curve).
 *
 * Correlations of either kind of pair are taken as normal. Their means follow the pair recursion (criticality.md §1). Their
 * variances v follow it to first order, and every layer of N units adds what the correlation of N fresh pairs of normal
 * numbers scatters by: v' = s² v + (1 - c'²)² f/N, with s the slope of the correlation map between the two means. A skip of
 * weight mu brings the share k = mu² K/K' of the preactivations from the layer before, whose scatter is counted already:
 * f = 1 - k². Layers inside a branch count as one.
 */
import erf from "@stdlib/math-base-special-erf";
import type { PairLayer } from "./recursion.ts";

/** Correlations of the data's pairs of one kind. */
export interface CorrelationSpread {
  readonly mean: number;
  readonly variance: number;
}

/** What the scatter of a correlation depends on at one tap. */
export interface RankingLayer {
  /** Units N of the preactivation. */
  readonly units: number;
  /** Weight mu of the skip around the step into this tap; 0 without one. */
  readonly mu: number;
}

export interface RankingOptions {
  /** Correlations of the inputs themselves. */
  readonly inputs: { readonly within: CorrelationSpread; readonly between: CorrelationSpread };
  /** The pair recursion from the two means, `propagatePair`. */
  readonly within: readonly PairLayer[];
  readonly between: readonly PairLayer[];
  /** One record a tap, in the same order. */
  readonly layers: readonly RankingLayer[];
}

/**
 * The ranking at every tap.
 * @returns [taps], each in [0, 1]; 0.5 where correlation says nothing of class, also where signals died or became one.
 * @example rankingByDepth({ inputs, within, between, layers: taps.map(() => ({ units: 128, mu: 0 })) })[16]
 */
export function rankingByDepth({ inputs, within, between, layers }: RankingOptions): number[] {
  let gap = inputs.within.mean - inputs.between.mean;
  let variances = [inputs.within.variance, inputs.between.variance];
  return layers.map(({ units, mu }, l) => {
    const pairs = [within[l]!, between[l]!];
    const before = within[l - 1];
    const kept = before === undefined ? 0 : (mu * mu * before.Ka) / pairs[0]!.Ka;
    const next = pairs[0]!.c - pairs[1]!.c;
    const slope = gap === 0 ? 0 : next / gap;
    gap = next;
    variances = variances.map(
      (variance, kind) =>
        slope * slope * variance + ((1 - pairs[kind]!.c ** 2) ** 2 * (1 - kept * kept)) / units,
    );
    const z = gap / Math.sqrt(variances[0]! + variances[1]!);
    return Number.isNaN(z) ? 0.5 : (1 + erf(z / Math.SQRT2)) / 2;
  });
}
