/**
 * @file The parameter Jacobian of a wide network (criticality.md §12): what its layers are, and the exact first two moments
 * of the dual Fisher H_L = Σ_l qhat_{l-1} J^{l,L} (J^{l,L})ᵀ of one input, per unit of width. Square layers; bias
 * gradients (which add 1/N to qhat) left out.
 */

import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireCount, requireVariance } from "../checks.ts";
import { derivativeFourthMoment, derivativeMoment, secondMoment } from "../moments.ts";
import type { WeightEnsemble } from "../spectrum/index.ts";

export interface FisherNetwork {
  readonly activation: ScalarActivation;
  /** Second moment of the hidden preactivations, > 0: of all, or of h^1 … h^{L-1} one by one. */
  readonly q: number | readonly number[];
  /** Affine layers L: H_1 belongs to the first. */
  readonly depth: number;
  /** Weight variance, > 0; 1/E φ'² at the first q (χ_J = 1) unless said. */
  readonly sw2?: number;
  /** `haar` unless said. */
  readonly weights?: WeightEnsemble;
  /** Second moment of the input, > 0; E φ² at the first q unless said. */
  readonly inputMoment?: number;
}

/** The checked numbers behind a recursion. */
export interface FisherLayers {
  readonly activation: ScalarActivation;
  readonly depth: number;
  readonly sw2: number;
  readonly weights: WeightEnsemble;
  /** qhat_0 of the first layer. */
  readonly first: number;
  /** What the step from H_l to H_{l+1} passes, l = 1 … L-1. */
  readonly steps: readonly FisherStep[];
}

/** The layer behind h^l. */
export interface FisherStep {
  readonly q: number;
  /** qhat_l = E φ². */
  readonly shift: number;
}

/** @throws FathomError bad-input for q, sw2 or inputMoment ≤ 0, depth < 1; unsupported where E φ'² = 0. */
export function fisherLayers(network: FisherNetwork): FisherLayers {
  const { activation, depth, weights = "haar" } = network;
  requireCount(depth, "depth");
  const moments = typeof network.q === "number" ? new Array<number>(depth).fill(network.q) : network.q;
  for (const q of moments) requireSignal(q, "q");
  requireCount(moments.length, "q.length", Math.max(1, depth - 1));
  for (const q of new Set(moments)) requireSlope(activation, q);
  const sw2 = network.sw2 ?? 1 / derivativeMoment(activation, moments[0]!);
  requireSignal(sw2, "sw2");
  const first = network.inputMoment ?? secondMoment(activation, moments[0]!);
  requireSignal(first, "inputMoment");
  const steps = moments.slice(0, depth - 1).map((q) => ({ q, shift: secondMoment(activation, q) }));
  return { activation, depth, sw2, weights, first, steps };
}

function requireSignal(value: number, where: string): void {
  requireVariance(value, where);
  if (value > 0) return;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `${where} is 0: without a signal the layers have no gradients to speak of.`,
    hint: `Give ${where} a number above 0.`,
  });
}

function requireSlope(activation: ScalarActivation, q: number): void {
  if (derivativeMoment(activation, q) > 0) return;
  throw new FathomError({
    code: "unsupported",
    where: "activation",
    message: `${activation.kind} has slope 0 almost everywhere at q = ${q}: no gradient passes it.`,
    hint: "Take an activation with a slope, or a smaller q.",
  });
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
 * @throws FathomError bad-input for q, sw2 or inputMoment ≤ 0, depth < 1; unsupported where E φ'² = 0.
 * @example fisherMoments({ activation: scalarActivation("erf"), q: 0.5, depth: 6 })[5].m2 // 6.087804806
 */
export function fisherMoments(network: FisherNetwork): FisherMoments[] {
  const { activation, depth, sw2, weights, first, steps } = fisherLayers(network);
  const moments: FisherMoments[] = [];
  let m1 = first;
  let m2 = first * first;
  for (let l = 1; l <= depth; l++) {
    moments.push({ depth: l, m1, m2, relativeStd: Math.sqrt(Math.max(0, m2 / (m1 * m1) - 1)) });
    const step = steps[l - 1];
    if (step === undefined) break;
    const A1 = sw2 * derivativeMoment(activation, step.q);
    const A2 = sw2 * sw2 * derivativeFourthMoment(activation, step.q);
    const p1 = m1 * A1;
    const p2 = m2 * A1 * A1 + m1 * m1 * (A2 - (weights === "haar" ? A1 * A1 : 0));
    [m1, m2] = [step.shift + p1, step.shift ** 2 + 2 * step.shift * p1 + p2];
  }
  return moments;
}
