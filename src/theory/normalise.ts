/**
 * @file Mean-field rules of normalisations without affine part (criticality.md §4): over the units of one example
 * (LayerNorm, RMSNorm, the unit sphere) and over the examples of a batch (BatchNorm, §4.8).
 */
import { FathomError } from "../tensor/index.ts";
import { requireCount, requireVariance } from "./checks.ts";
import { sequence } from "./combine.ts";
import { geometricMean } from "./pair-geometry.ts";
import { joinPairs, joinSingles, withBatch } from "./positions.ts";
import type { MeanFieldState, PairState } from "./state.ts";
import { type Step, scale, unitStep } from "./step.ts";

interface Epsilon {
  /** Added to the variance. Default 0. */
  readonly epsilon?: number;
}

/**
 * LayerNorm over the units without affine part: h' = (h - mean)/sqrt(V + ε), V = K - mean². J' = J/(V + ε); the two
 * rank-one terms of its Jacobian are O(1/N).
 * @throws FathomError `bad-input` for a negative ε, `failed` from the rules when the variance is 0 or overflowed.
 * @example layerNorm({ epsilon: 1e-5 }).single(preactivationState(4)).K // 4/(4 + 1e-5)
 */
export function layerNorm({ epsilon = 0 }: Epsilon = {}): Step {
  requireVariance(epsilon, "epsilon");
  return unitStep({
    name: "layerNorm",
    mixes: false,
    single(s) {
      const V = normalisable("LayerNorm", s.K - s.mean ** 2, epsilon);
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
        batch: (s.batch - s.mean ** 2) / total,
      };
    },
    pair(s) {
      const Va = normalisable("LayerNorm", s.Ka - s.meanA ** 2, epsilon);
      const Vb = normalisable("LayerNorm", s.Kb - s.meanB ** 2, epsilon);
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
  });
}

function normalisable(layer: string, V: number, epsilon: number): number {
  if (V + epsilon > 0 && Number.isFinite(V)) return V;
  throw new FathomError({
    code: "failed",
    message: `${layer} meets a signal that ${Number.isFinite(V) ? "died out" : "overflowed"}: there is nothing to normalise.`,
    where: `${layer.charAt(0).toLowerCase()}${layer.slice(1)}`,
    hint: Number.isFinite(V)
      ? "Give the layers before it weights or biases of a larger variance, or give epsilon > 0."
      : "Give the layers before it weights and biases of a smaller variance.",
  });
}

/**
 * RMSNorm over the units: h' = h/sqrt(K + ε). J' = J/(K + ε); the rank-one term of its Jacobian is O(1/N).
 * @throws FathomError as `layerNorm`.
 * @example rmsNorm().single(preactivationState(4)).K // 1
 */
export function rmsNorm({ epsilon = 0 }: Epsilon = {}): Step {
  requireVariance(epsilon, "epsilon");
  return unitStep({
    name: "rmsNorm",
    mixes: false,
    single(s) {
      const total = normalisable("RMSNorm", s.K, epsilon) + epsilon;
      const root = Math.sqrt(total);
      return {
        ...s,
        K: s.K / total,
        mean: s.mean / root,
        logJ: s.logJ - Math.log(total),
        chiK: (epsilon / total ** 2) * s.chiK,
        meanSlope: s.meanSlope / root - (s.mean * s.chiK) / (2 * total * root),
        theta: s.theta / total,
        thetaStandard: s.thetaStandard / total,
        batch: s.batch / total,
      };
    },
    pair(s) {
      const a = normalisable("RMSNorm", s.Ka, epsilon) + epsilon;
      const b = normalisable("RMSNorm", s.Kb, epsilon) + epsilon;
      const total = geometricMean(a, b);
      return {
        ...s,
        Ka: s.Ka / a,
        Kb: s.Kb / b,
        C: s.C / total,
        meanA: s.meanA / Math.sqrt(a),
        meanB: s.meanB / Math.sqrt(b),
        chi: s.chi / total,
        theta: s.theta / total,
        thetaStandard: s.thetaStandard / total,
      };
    },
  });
}

export interface L2NormalizeOptions {
  /** Number of units N of one example (or one position) that share the norm. */
  readonly units: number;
  /** Added to |h|² before the root. Default 0. */
  readonly epsilon?: number;
}

/**
 * h' = h/|h|: on the unit sphere, K' = 1/N. RMSNorm times 1/sqrt(N).
 * @throws FathomError as `layerNorm`, and `bad-input` for no units.
 * @example l2Normalize({ units: 100 }).single(preactivationState(4)).K // 0.01
 */
export function l2Normalize({ units, epsilon = 0 }: L2NormalizeOptions): Step {
  requireCount(units, "units");
  const normalised = sequence([
    rmsNorm({ epsilon: epsilon / units }),
    scale({ factor: 1 / Math.sqrt(units) }),
  ]);
  return { ...normalised, name: "l2Normalize" };
}

const batchAssumptions = [
  "BatchNorm is taken in training mode with a large batch: products of one-step Jacobians fall short of the growth at small batches, (Bt-2)/(Bt-3) a layer for a linear network of batch size Bt.",
  "All units of a layer with BatchNorm have one variance over the batch; where each sums over few inputs, as channels of a first convolution do, they differ, and J is larger.",
] as const;

/**
 * BatchNorm over a large batch (criticality.md §4.8): every unit loses its mean over the batch and is divided by its
 * deviation. V = K - batch, K' = V/(V + ε), J' = J/(V + ε), where J sums over all pairs of examples. Positions share the
 * mean and the deviation of their channel. Behind it examples are uncorrelated on average, and the tangent kernel is not
 * followed: every example's output depends on all.
 * @throws FathomError `bad-input` for a negative ε, `failed` from the rules when the variance is 0 or overflowed,
 * `unsupported` when the covariance between examples is unknown.
 * @example batchNorm({ epsilon: 0 }).single({ ...preactivationState(3), batch: 1 }).logJ // -ln 2
 */
export function batchNorm({ epsilon = 0 }: Epsilon = {}): Step {
  requireVariance(epsilon, "epsilon");
  const single = (s: MeanFieldState): MeanFieldState => {
    const unit = (u: MeanFieldState) => withoutChannelMean(u, s, epsilon);
    return s.positions === undefined ? unit(s) : joinSingles(s.positions.map(unit));
  };
  return {
    name: "batchNorm",
    mixes: false,
    readsBatch: true,
    assumptions: batchAssumptions,
    single,
    pair(s) {
      const { batch } = s;
      if (batch === undefined) throw unknownBatch();
      const unit = (u: PairState, at = batch) => pairWithoutChannelMean(u, at, batch, epsilon);
      const after =
        s.positions === undefined
          ? unit(s)
          : joinPairs(s.positions.map((u, p) => unit(u, batch.positions?.[p])));
      return withBatch(after, s, single);
    },
  };
}

/** The state u of a position without the mean of its channel, in units of the deviation, both over a `whole` batch. */
function withoutChannelMean(u: MeanFieldState, whole: MeanFieldState, epsilon: number): MeanFieldState {
  const total = batchVariance(whole, epsilon) + epsilon;
  return {
    ...u,
    K: Math.max(0, u.K - 2 * u.batch + whole.batch) / total,
    mean: 0,
    logJ: u.logJ - Math.log(total),
    chiK: (epsilon / total ** 2) * u.chiK,
    meanSlope: 0,
    theta: Number.NaN,
    thetaStandard: Number.NaN,
    batch: 0,
  };
}

/** The same for a pair; a typical example of the batch has the state `position` there. */
function pairWithoutChannelMean(
  u: PairState,
  position: MeanFieldState,
  whole: MeanFieldState,
  epsilon: number,
): PairState {
  const total = batchVariance(whole, epsilon) + epsilon;
  const off = whole.batch - 2 * position.batch;
  return {
    ...u,
    Ka: Math.max(0, u.Ka + off) / total,
    Kb: Math.max(0, u.Kb + off) / total,
    C: (u.C + off) / total,
    meanA: 0,
    meanB: 0,
    chi: u.chi / total,
    theta: Number.NaN,
    thetaStandard: Number.NaN,
  };
}

/** V = K - batch, the variance of a unit over the batch. */
function batchVariance({ K, batch }: MeanFieldState, epsilon: number): number {
  if (Number.isNaN(batch) && Number.isFinite(K)) throw unknownBatch();
  return normalisable("BatchNorm", K - batch, epsilon);
}

function unknownBatch(): FathomError {
  return new FathomError({
    code: "unsupported",
    message:
      "BatchNorm divides by the variance over the batch, and the covariance between its examples is unknown.",
    where: "batchNorm",
    hint: "Give `batch` at the start: the mean of x·x'/N_0 over pairs of different inputs. Behind a positional table or an unshared convolution nobody follows it: measure instead.",
  });
}
