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
import { geometricMean } from "./pair-geometry.ts";
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
  return {
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
  };
}

/** factor × K, where 0 × Infinity is 0: weights of variance 0 silence an overflowed signal. */
function scaled(factor: number, K: number): number {
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
  return {
    name,
    mixes: false,
    single(s) {
      if (!s.gaussian) throw notGaussian(name);
      const A = derivativeMoment(act, s.K);
      return {
        K: secondMoment(act, s.K),
        mean: mean(act, s.K),
        logJ: s.logJ + Math.log(A),
        chiK: chiKMoment(act, s.K) * s.chiK,
        meanSlope: meanSlope(act, s.K) * s.chiK,
        gaussian: act.kind === "linear",
        theta: scaled(A, s.theta),
        thetaStandard: scaled(A, s.thetaStandard),
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
  };
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
 * LayerNorm over the units without affine part: h' = (h - mean)/sqrt(V + ε), V = K - mean². J' = J/(V + ε); the two
 * rank-one terms of its Jacobian are O(1/N).
 * @throws FathomError `bad-input` for a negative ε, `failed` from the rules when the variance is 0 or overflowed.
 * @example layerNorm({ epsilon: 1e-5 }).single(preactivationState(4)).K // 4/(4 + 1e-5)
 */
export function layerNorm({ epsilon = 0 }: { readonly epsilon?: number } = {}): Step {
  requireVariance(epsilon, "epsilon");
  return {
    name: "layerNorm",
    mixes: false,
    single(s) {
      const V = normalisable(s.K - s.mean ** 2, epsilon);
      const total = V + epsilon;
      const slope = (epsilon / total ** 2) * (s.chiK - 2 * s.mean * s.meanSlope);
      return {
        ...s,
        K: V / total,
        mean: 0,
        logJ: s.logJ - Math.log(total),
        chiK: slope,
        meanSlope: 0,
        theta: s.theta / total,
        thetaStandard: s.thetaStandard / total,
      };
    },
    pair(s) {
      const Va = normalisable(s.Ka - s.meanA ** 2, epsilon);
      const Vb = normalisable(s.Kb - s.meanB ** 2, epsilon);
      const total = geometricMean(Va + epsilon, Vb + epsilon);
      return {
        ...s,
        Ka: Va / (Va + epsilon),
        Kb: Vb / (Vb + epsilon),
        C: (s.C - s.meanA * s.meanB) / total,
        meanA: 0,
        meanB: 0,
        chi: s.chi / total,
        theta: s.theta / total,
        thetaStandard: s.thetaStandard / total,
      };
    },
  };
}

function normalisable(V: number, epsilon: number): number {
  if (V + epsilon > 0 && Number.isFinite(V)) return V;
  throw new FathomError({
    code: "failed",
    message: `LayerNorm meets units of variance ${V}: there is nothing to normalise.`,
    where: "layerNorm",
    hint: "The signal died out or overflowed before this layer; change sw2, or give epsilon > 0.",
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
  return {
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
  };
}
