/**
 * @file The parameter Jacobian of a wide network (criticality.md §12): what its layers are, and the exact first two moments
 * of the dual Fisher H_L = Σ_l qhat_{l-1} J^{l,L} (J^{l,L})ᵀ of one input, per unit of width. Square layers, every hidden
 * preactivation of variance q; bias gradients (which add 1/N to qhat) left out.
 */

import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireCount, requireVariance } from "../checks.ts";
import { derivativeFourthMoment, derivativeMoment, secondMoment } from "../moments.ts";

export interface FisherNetwork {
  readonly activation: ScalarActivation;
  /** Variance of every hidden preactivation, > 0. */
  readonly q: number;
  /** Affine layers L: H_1 belongs to the first. */
  readonly depth: number;
  /** Weight variance; 1/E φ'² (χ_J = 1) unless said. */
  readonly sw2?: number;
  /** `haar` unless said. */
  readonly weights?: "haar" | "gaussian";
  /** Second moment of the input; E φ², that of every other layer's input, unless said. */
  readonly inputMoment?: number;
}

/** The checked numbers behind a recursion. */
export interface FisherLayers {
  readonly activation: ScalarActivation;
  readonly q: number;
  readonly depth: number;
  readonly sw2: number;
  readonly weights: "haar" | "gaussian";
  /** qhat_0 of the first layer. */
  readonly first: number;
  /** qhat of all others: E φ². */
  readonly other: number;
}

/** @throws FathomError bad-input for q ≤ 0, depth < 1, sw2 < 0; unsupported where E φ'² = 0. */
export function fisherLayers(network: FisherNetwork): FisherLayers {
  const { activation, q, depth, weights = "haar" } = network;
  requireVariance(q, "q");
  if (q === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "q",
      message: "q is 0: without a signal the layers have no gradients to speak of.",
      hint: "Give the preactivation variance of the network, a number above 0.",
    });
  }
  requireCount(depth, "depth");
  const slope = derivativeMoment(activation, q);
  if (network.sw2 === undefined && !(slope > 0)) {
    throw new FathomError({
      code: "unsupported",
      where: "activation",
      message: `${activation.kind} has slope 0 almost everywhere, so no weight variance gives χ_J = 1.`,
      hint: "Give sw2, or an activation with a slope.",
    });
  }
  const sw2 = network.sw2 ?? 1 / slope;
  requireVariance(sw2, "sw2");
  const other = secondMoment(activation, q);
  const first = network.inputMoment ?? other;
  requireVariance(first, "inputMoment");
  return { activation, q, depth, sw2, weights, first, other };
}

/** tr H/N and tr H²/N at one depth. */
export interface FisherMoments {
  /** Affine layers. */
  readonly depth: number;
  /** Mean eigenvalue: 1/N of the diagonal of the weight-NTK. */
  readonly m1: number;
  readonly m2: number;
  /** Standard deviation of the eigenvalues over their mean. */
  readonly relativeStd: number;
}

/**
 * Exact moments at every depth from 1: m1' = qhat + p1, m2' = qhat² + 2 qhat p1 + p2, where p1 = m1 A1 and
 * p2/p1² = m2/m1² + A2/A1² - 1 (+ 1 for Gaussian weights), A_k = sw2^k E φ'^(2k): relative variances of free products add.
 * @throws FathomError bad-input for q ≤ 0, depth < 1, sw2 < 0; unsupported where E φ'² = 0.
 * @example fisherMoments({ activation: scalarActivation("erf"), q: 0.5, depth: 6 })[5].m2 // 6.087804806
 */
export function fisherMoments(network: FisherNetwork): FisherMoments[] {
  const { activation, q, depth, sw2, weights, first, other } = fisherLayers(network);
  const A1 = sw2 * derivativeMoment(activation, q);
  const spread =
    (sw2 * sw2 * derivativeFourthMoment(activation, q)) / (A1 * A1) - (weights === "haar" ? 1 : 0);
  const moments: FisherMoments[] = [];
  let m1 = first;
  let m2 = first * first;
  for (let l = 1; l <= depth; l++) {
    moments.push({ depth: l, m1, m2, relativeStd: Math.sqrt(Math.max(0, m2 / (m1 * m1) - 1)) });
    const p1 = m1 * A1;
    const p2 = A1 === 0 ? 0 : A1 * A1 * (m2 + m1 * m1 * spread);
    [m1, m2] = [other + p1, other * other + 2 * other * p1 + p2];
  }
  return moments;
}
