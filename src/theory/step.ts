/** @file Mean-field rules of single layers (criticality.md §1, §4, §5): what each makes of one signal and of a pair. */
import { FathomError } from "../tensor/index.ts";
import type { ScalarActivation } from "./activation.ts";
import { requireCount, requireFinite, requireVariance } from "./checks.ts";
import {
  chiKMoment,
  derivativeMoment,
  dual,
  dualDerivative,
  mean,
  meanSlope,
  secondMoment,
} from "./moments.ts";
import { atEveryPosition, joinSingles, pairAtEveryPosition, rankOne } from "./positions.ts";
import type { MeanFieldState, PairState } from "./state.ts";

/** The mean-field rule of a layer: what it makes of one signal and of a pair. */
export interface Step {
  /** For messages: "affine", "activation tanh", … */
  readonly name: string;
  /**
   * Whether the layer's output is independent of its input given their second moments, because fresh weights lie between
   * (an affine layer). A residual branch must be so: otherwise h + f(h) has cross terms.
   */
  readonly mixes: boolean;
  readonly single: (state: MeanFieldState) => MeanFieldState;
  readonly pair: (state: PairState) => PairState;
  /** Whether the rule needs the covariance between examples (BatchNorm); `propagate` follows it only then. */
  readonly readsBatch?: boolean;
  /** What the rule takes for granted beyond infinite width, in sentences. */
  readonly assumptions?: readonly string[];
}

/**
 * A rule for the units of one position, which holds at every position alike: where positions differ, each takes it for
 * itself, and the example that a pair is normalised with moves along.
 */
export function unitStep({ single, pair, ...about }: Step): Step {
  const everywhere = atEveryPosition(single);
  return { ...about, single: everywhere, pair: pairAtEveryPosition(pair, everywhere) };
}

/** Passes the signal on. */
export function identity(): Step {
  return { name: "identity", mixes: false, single: (state) => state, pair: (state) => state };
}

export interface AffineOptions {
  /** Weight variance times fan-in, σw². */
  readonly sw2: number;
  /** Bias variance, σb². */
  readonly sb2: number;
  /** Fan-in, which only the `standard` NTK depends on. */
  readonly fanIn?: number;
}

/**
 * h' = W h + b with W ~ N(0, sw2/fan-in), b ~ N(0, sb2): K' = sw2 K + sb2, J' = sw2 J. Units become Gaussian and centred.
 * NTK: Θ' = K' + sw2 Θ; `standard` parameterisation: Θ' = fanIn K + 1 + sw2 Θ.
 * @throws FathomError `bad-input` for negative or non-finite variances.
 * @example affine({ sw2: 2, sb2: 0.1 }).single(inputState({ K: 1 })).K // 2.1
 */
export function affine({ sw2, sb2, fanIn }: AffineOptions): Step {
  requireVariance(sw2, "sw2");
  requireVariance(sb2, "sb2");
  if (fanIn !== undefined) requireCount(fanIn, "fanIn");
  const width = fanIn ?? Number.NaN;
  return unitStep({
    name: "affine",
    mixes: true,
    single(s) {
      const K = scaled(sw2, s.K) + sb2;
      return {
        K,
        mean: 0,
        logJ: s.logJ + Math.log(sw2),
        chiK: sw2 * s.chiK,
        meanSlope: 0,
        gaussian: true,
        theta: K + scaled(sw2, s.theta),
        thetaStandard: width * s.K + 1 + scaled(sw2, s.thetaStandard),
        batch: scaled(sw2, s.batch) + sb2,
      };
    },
    pair(s) {
      const C = scaled(sw2, s.C) + sb2;
      return {
        Ka: scaled(sw2, s.Ka) + sb2,
        Kb: scaled(sw2, s.Kb) + sb2,
        C,
        meanA: 0,
        meanB: 0,
        gaussian: true,
        chi: sw2 * s.chi,
        theta: C + scaled(sw2, s.theta),
        thetaStandard: width * s.C + 1 + scaled(sw2, s.thetaStandard),
      };
    },
  });
}

/** factor × K, where 0 × Infinity is 0: weights of variance 0 silence an overflowed signal. */
export function scaled(factor: number, K: number): number {
  return factor === 0 ? 0 : factor * K;
}

/**
 * φ applied to every unit: K' = B(K), J' = A(K) J.
 * @throws FathomError `unsupported` from the rules when the units are not Gaussian (no affine layer since the last
 * activation, or a skip past it).
 * @example activation(scalarActivation("tanh")).single(preactivationState(1)).K // 0.394
 */
export function activation(act: ScalarActivation): Step {
  const name = `activation ${act.kind}`;
  const momentsAt = rememberedMoments(act);
  const step = unitStep({
    name,
    mixes: false,
    single(s) {
      if (!s.gaussian) throw notGaussian(name);
      const { A, B, chiK, m, slope } = momentsAt(s.K);
      return {
        K: B,
        mean: m,
        logJ: s.logJ + Math.log(A),
        chiK: chiK * s.chiK,
        meanSlope: slope * s.chiK,
        gaussian: act.kind === "linear",
        theta: scaled(A, s.theta),
        thetaStandard: scaled(A, s.thetaStandard),
        batch: batchDual(act, s, m),
      };
    },
    pair(s) {
      if (!s.gaussian) throw notGaussian(name);
      const A = dualDerivative(act, s);
      return {
        Ka: secondMoment(act, s.Ka),
        Kb: secondMoment(act, s.Kb),
        C: dual(act, s),
        meanA: mean(act, s.Ka),
        meanB: mean(act, s.Kb),
        gaussian: act.kind === "linear",
        chi: A * s.chi,
        theta: scaled(A, s.theta),
        thetaStandard: scaled(A, s.thetaStandard),
      };
    },
  });
  return { ...step, single: acrossPositions(step.single) };
}

/**
 * An activation acts on the covariance of two positions, not on its mean over positions: taken as of rank one before and
 * after, the mean over positions follows from what happens where the two positions are one.
 */
function acrossPositions(
  single: (state: MeanFieldState) => MeanFieldState,
): (state: MeanFieldState) => MeanFieldState {
  return (state) => {
    const { positions, batch } = state;
    if (positions === undefined || Number.isNaN(batch)) return single(state);
    const { sign, factors } = rankOne(positions);
    const after = positions.map((position, p) => {
      const own = sign * Math.min(factors[p]! ** 2, position.K);
      return single({ ...position, batch: own });
    });
    const roots = after.map((position) => Math.sqrt(Math.max(0, position.batch)));
    const mean = roots.reduce((sum, root) => sum + root, 0) / roots.length;
    return joinSingles(after.map((position, p) => ({ ...position, batch: roots[p]! * mean })));
  };
}

interface ActivationMoments {
  readonly A: number;
  readonly B: number;
  readonly chiK: number;
  readonly m: number;
  readonly slope: number;
}

/** Where positions differ, the same variances come again: at other positions, and whenever J is counted from another tap. */
const MOST_REMEMBERED = 50_000;

function rememberedMoments(act: ScalarActivation): (K: number) => ActivationMoments {
  const known = new Map<number, ActivationMoments>();
  return (K) => {
    const before = known.get(K);
    if (before !== undefined) return before;
    const moments = {
      A: derivativeMoment(act, K),
      B: secondMoment(act, K),
      chiK: chiKMoment(act, K),
      m: mean(act, K),
      slope: meanSlope(act, K),
    };
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(K, moments);
    return moments;
  };
}

/** Covariance between the activations of two examples: E φ(u) φ(v) at the covariance of their preactivations. */
function batchDual(act: ScalarActivation, { K, batch }: MeanFieldState, m: number): number {
  if (Number.isNaN(batch)) return batch;
  return batch === 0 ? m * m : dual(act, { Ka: K, Kb: K, C: batch });
}

function notGaussian(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `Mean-field theory has no rule for ${name} on units that are not Gaussian.`,
    where: name,
    hint: "Put a dense layer before it (also inside a residual branch), or measure instead.",
  });
}

/**
 * h' = factor h.
 * @throws FathomError `bad-input` for a non-finite factor.
 * @example scale({ factor: 3 }).single(inputState({ K: 1 })).K // 9
 */
export function scale({ factor }: { readonly factor: number }): Step {
  requireFinite(factor, "factor");
  const square = factor * factor;
  return unitStep({
    name: "scale",
    mixes: false,
    single: (s) => ({
      ...s,
      K: scaled(square, s.K),
      mean: scaled(factor, s.mean),
      logJ: s.logJ + Math.log(square),
      chiK: square * s.chiK,
      meanSlope: factor * s.meanSlope,
      theta: scaled(square, s.theta),
      thetaStandard: scaled(square, s.thetaStandard),
      batch: scaled(square, s.batch),
    }),
    pair: (s) => ({
      ...s,
      Ka: scaled(square, s.Ka),
      Kb: scaled(square, s.Kb),
      C: square * s.C,
      meanA: factor * s.meanA,
      meanB: factor * s.meanB,
      chi: square * s.chi,
      theta: scaled(square, s.theta),
      thetaStandard: scaled(square, s.thetaStandard),
    }),
  });
}
