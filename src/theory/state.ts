/**
 * @file What mean-field theory knows about one signal, or a pair of signals, at a place in a network (conventions.md,
 * "Mean-field state"). Quantities that a layer multiplies (logJ, chiK, chi) count from the last tap: `propagate` resets
 * them at every preactivation, so that products over depth are formed there, in logarithms. Where positions of an image or
 * a signal differ, each has a state of its own, and the numbers of the whole are means over them (positions.ts).
 */
import { requireCount, requireFinite, requireVariance } from "./checks.ts";
import { type Covariance, checkedPair, geometricMean } from "./pair-geometry.ts";
import { joinPairs, joinSingles } from "./positions.ts";

/** A single input's signal. */
export interface MeanFieldState {
  /** Uncentred second moment of the units here, E h². Infinity once it overflowed, 0 once it underflowed. */
  readonly K: number;
  /** Mean over the units, E h: what LayerNorm takes off. */
  readonly mean: number;
  /** ln of the averaged partial Jacobian norm from the last tap to here. */
  readonly logJ: number;
  /** dK here / dK at the last tap. */
  readonly chiK: number;
  /** d mean here / dK at the last tap. */
  readonly meanSlope: number;
  /** Whether the units here are Gaussian (an affine layer makes them so), as an activation requires. */
  readonly gaussian: boolean;
  /** Diagonal of the neural tangent kernel of everything so far, `ntk` parameterisation (criticality.md §5). */
  readonly theta: number;
  /** The same in the `standard` parameterisation; NaN once a layer of unknown fan-in has been passed. */
  readonly thetaStandard: number;
  /**
   * Mean covariance between the units of two different examples of a batch, which BatchNorm takes off; NaN when unknown.
   * That of a position is with the units at any position of the other example.
   */
  readonly batch: number;
  /** The states of the positions, row by row, where they differ; absent while all positions are alike. */
  readonly positions?: readonly MeanFieldState[];
}

/** A pair of inputs. */
export interface PairState {
  /** Second moments of the first and of the second signal. */
  readonly Ka: number;
  readonly Kb: number;
  /** E u v over units. */
  readonly C: number;
  readonly meanA: number;
  readonly meanB: number;
  readonly gaussian: boolean;
  /** Mean of (1/N) tr J_a J_bᵀ from the last tap to here: the factor that carries the NTK between the inputs. */
  readonly chi: number;
  /** Off-diagonal of the neural tangent kernel, `ntk` parameterisation. */
  readonly theta: number;
  /** The same in the `standard` parameterisation; NaN where a fan-in is unknown. */
  readonly thetaStandard: number;
  /** A typical example of the batch that the pair is normalised with; BatchNorm needs it. */
  readonly batch?: MeanFieldState;
  /** The pairs at each position, where they differ. */
  readonly positions?: readonly PairState[];
}

/** Moments of an input over its units. */
export interface InputMoments {
  /** |x|²/N_0. */
  readonly K: number;
  /** Mean of x over units. Default 0. */
  readonly mean?: number;
  /** Mean of x·x'/N_0 over pairs of different inputs; only BatchNorm needs it. */
  readonly batch?: number;
  /** The moments of each position (pixel, time), row by row, where they matter: then K is their mean. */
  readonly positions?: readonly { readonly K: number; readonly mean?: number; readonly batch?: number }[];
}

/**
 * The state of raw inputs: their second moment over pixels and their mean; not Gaussian.
 * @throws FathomError `bad-input` for a negative or non-finite moment, or an empty list of positions.
 * @example inputState({ K: 0.1 }).gaussian // false
 */
export function inputState({ K, mean = 0, batch, positions }: InputMoments): MeanFieldState {
  requireVariance(K, "K");
  requireFinite(mean, "mean");
  if (batch !== undefined) requireFinite(batch, "batch");
  if (positions !== undefined) {
    requireCount(positions.length, "positions");
    return joinSingles(positions.map((moments) => inputState(moments)));
  }
  return {
    K,
    mean,
    logJ: 0,
    chiK: 1,
    meanSlope: 0,
    gaussian: false,
    theta: 0,
    thetaStandard: 0,
    batch: batch ?? Number.NaN,
  };
}

/**
 * The state of a first layer's preactivations of variance K (Θ¹ = K¹, criticality.md §5), where a recursion without input
 * begins.
 * @throws FathomError `bad-input` for a negative or non-finite K.
 */
export function preactivationState(K: number): MeanFieldState {
  return { ...inputState({ K }), gaussian: true, theta: K, thetaStandard: Number.NaN };
}

export interface PairMoments extends Covariance {
  readonly meanA?: number;
  readonly meanB?: number;
  /** A typical example of the batch, with its covariance to others; only BatchNorm needs it. */
  readonly batch?: InputMoments;
  /** The moments of each position, row by row, where they matter. */
  readonly positions?: readonly PairMoments[];
}

/** The state of a pair of raw inputs. @throws FathomError `bad-input` for moments that no pair has. */
export function inputPairState({
  Ka,
  Kb,
  C,
  meanA = 0,
  meanB = 0,
  batch,
  positions,
}: PairMoments): PairState {
  requireFinite(meanA, "meanA");
  requireFinite(meanB, "meanB");
  const typical = batch === undefined ? {} : { batch: inputState(batch) };
  if (positions !== undefined) {
    requireCount(positions.length, "positions");
    return { ...joinPairs(positions.map((moments) => inputPairState(moments))), ...typical };
  }
  const moments = { ...checkedPair({ Ka, Kb, C }), meanA, meanB };
  return { ...moments, gaussian: false, chi: 1, theta: 0, thetaStandard: 0, ...typical };
}

/** The state of a pair of first preactivations with second moments Ka, Kb, C. */
export function preactivationPairState({ Ka, Kb, C }: PairMoments): PairState {
  return { ...inputPairState({ Ka, Kb, C }), gaussian: true, theta: C, thetaStandard: Number.NaN };
}

/** Correlation C / sqrt(Ka Kb); NaN when a signal vanished or overflowed. */
export function correlation({ Ka, Kb, C }: Covariance): number {
  return C / geometricMean(Ka, Kb);
}
