/**
 * @file What mean-field theory knows about one signal, or a pair of signals, at a place in a network (conventions.md,
 * "Mean-field state"). Quantities that a layer multiplies (logJ, chiK, chi) count from the last tap: `propagate` resets
 * them at every preactivation, so that products over depth are formed there, in logarithms.
 */
import { requireFinite, requireVariance } from "./checks.ts";
import { type Covariance, checkedPair, geometricMean } from "./pair-geometry.ts";

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
}

/**
 * The state of raw inputs: their second moment over pixels and their mean; not Gaussian.
 * `K` is |x|²/N_0, `mean` the mean of x.
 * @throws FathomError `bad-input` for a negative or non-finite moment.
 * @example inputState({ K: 0.1 }).gaussian // false
 */
export function inputState({ K, mean = 0 }: { readonly K: number; readonly mean?: number }): MeanFieldState {
  requireVariance(K, "K");
  requireFinite(mean, "mean");
  return { K, mean, logJ: 0, chiK: 1, meanSlope: 0, gaussian: false, theta: 0, thetaStandard: 0 };
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
}

/** The state of a pair of raw inputs. @throws FathomError `bad-input` for moments that no pair has. */
export function inputPairState({ Ka, Kb, C, meanA = 0, meanB = 0 }: PairMoments): PairState {
  requireFinite(meanA, "meanA");
  requireFinite(meanB, "meanB");
  return { ...checkedPair({ Ka, Kb, C }), meanA, meanB, gaussian: false, chi: 1, theta: 0, thetaStandard: 0 };
}

/** The state of a pair of first preactivations with second moments Ka, Kb, C. */
export function preactivationPairState({ Ka, Kb, C }: PairMoments): PairState {
  return { ...inputPairState({ Ka, Kb, C }), gaussian: true, theta: C, thetaStandard: Number.NaN };
}

/** Correlation C / sqrt(Ka Kb); NaN when a signal vanished or overflowed. */
export function correlation({ Ka, Kb, C }: Covariance): number {
  return C / geometricMean(Ka, Kb);
}
