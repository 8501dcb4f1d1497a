/**
 * @file Mean-field rules of layers that start a signal or rearrange one: embeddings, positional tables, and what makes one
 * list of the units of all positions, or takes some. Units are exchangeable: their order and number do not matter.
 */
import { FathomError } from "../tensor/index.ts";
import { requireCount, requireVariance } from "./checks.ts";
import {
  joinPairs,
  joinSingles,
  meanOfPairs,
  meanOfSingles,
  type Positional,
  rankOne,
  withBatch,
} from "./positions.ts";
import { correlation, type MeanFieldState, type PairState } from "./state.ts";
import { identity, type Step, unitStep } from "./step.ts";

/**
 * All positions become units of one list (flatten, transpose): moments and J are means over positions. Units of different
 * variances together are not Gaussian.
 * @example flatten().single(inputState({ K: 1 })).K // 1
 */
export function flatten(): Step {
  const single = (s: MeanFieldState): MeanFieldState => {
    const { positions } = s;
    if (positions === undefined) return s;
    const alike = positions.every(({ K }) => K === positions[0]!.K);
    const batch = sameUnit(positions);
    return { ...meanOfSingles(positions), gaussian: s.gaussian && alike, batch };
  };
  return {
    name: "flatten",
    mixes: false,
    single,
    pair(s) {
      if (s.positions === undefined) return withBatch(s, s, single);
      const [first] = s.positions as readonly [PairState];
      const alike = s.positions.every(({ Ka, Kb, C }) => Ka === first.Ka && Kb === first.Kb && C === first.C);
      return withBatch({ ...meanOfPairs(s.positions), gaussian: s.gaussian && alike }, s, single);
    },
  };
}

/** Covariance of one unit in two examples: of one list of units each is compared with itself alone. */
function sameUnit(positions: readonly MeanFieldState[]): number {
  const { sign, factors } = rankOne(positions);
  return (sign * factors.reduce((sum, u) => sum + u * u, 0)) / factors.length;
}

/**
 * Keeps some positions. Where all are alike nothing changes.
 * @param kept Numbers of the positions that are kept, row by row.
 * @throws FathomError `bad-input` when none is.
 */
export function selectPositions(kept: readonly number[]): Step {
  requireCount(kept.length, "positions");
  const single = (s: MeanFieldState) =>
    s.positions === undefined ? s : joinSingles(kept.map((p) => s.positions![p]!));
  return {
    name: "slice",
    mixes: false,
    single,
    pair: (s) =>
      withBatch(s.positions === undefined ? s : joinPairs(kept.map((p) => s.positions![p]!)), s, single),
  };
}

/**
 * A table of fresh rows, one an id: K' = variance whatever came before, and J is counted from here. Of a pair of inputs, C
 * is the share of positions with equal ids times the variance; the share is the correlation C/sqrt(Ka Kb) at the start.
 * Examples of a batch are taken to share no ids.
 * @throws FathomError `bad-input` for a bad variance.
 * @example embedding({ variance: 1 }).single(inputState({ K: 1 })).K // 1
 */
export function embedding({ variance }: { readonly variance: number }): Step {
  requireVariance(variance, "variance");
  return unitStep({
    name: "embedding",
    mixes: true,
    single: () => ({
      K: variance,
      mean: 0,
      logJ: 0,
      chiK: 1,
      meanSlope: 0,
      gaussian: true,
      theta: variance,
      thetaStandard: 1,
      batch: 0,
    }),
    pair(s) {
      const share = correlation(s);
      const C = variance * share;
      const moments = { Ka: variance, Kb: variance, C, meanA: 0, meanB: 0 };
      return { ...moments, gaussian: true, chi: 1, theta: C, thetaStandard: share };
    },
  });
}

/**
 * Adds a table of fresh rows, one a position and the same for every example: K' = K + variance, and the covariance of a pair
 * likewise. That between examples of a batch grows at equal positions and nowhere else, which a state of all positions does
 * not tell apart: it is unknown from here on.
 * @throws FathomError `bad-input` for a bad variance.
 * @example positional({ variance: 0.5 }).single(preactivationState(1)).K // 1.5
 */
export function positional({ variance }: { readonly variance: number }): Step {
  requireVariance(variance, "variance");
  return unitStep({
    name: "positional",
    mixes: false,
    single: (s) => ({
      ...s,
      K: s.K + variance,
      theta: s.theta + variance,
      thetaStandard: s.thetaStandard + 1,
      batch: variance === 0 ? s.batch : Number.NaN,
    }),
    pair: (s) => ({
      ...s,
      Ka: s.Ka + variance,
      Kb: s.Kb + variance,
      C: s.C + variance,
      theta: s.theta + variance,
      thetaStandard: s.thetaStandard + 1,
    }),
  });
}

/** Dropout, which theory takes to be off. @example dropout().single(inputState({ K: 1 })).K // 1 */
export function dropout(): Step {
  const assumption = "Dropout is off, as in inference.";
  return { ...identity(), name: "dropout", assumptions: [assumption] };
}

/**
 * The step, with a tangent kernel that nobody follows: that of trained gains, or of parameters some of which are frozen.
 * @example withoutTangentKernel(identity()).single(preactivationState(1)).theta // NaN
 */
export function withoutTangentKernel(step: Step): Step {
  const unknown = { theta: Number.NaN, thetaStandard: Number.NaN };
  const over = <S extends Positional<S>>(state: S): S => ({
    ...state,
    ...unknown,
    ...(state.positions === undefined
      ? {}
      : { positions: state.positions.map((position) => ({ ...position, ...unknown })) }),
  });
  return { ...step, single: (s) => over(step.single(s)), pair: (s) => over(step.pair(s)) };
}

/**
 * Inverted dropout in training (criticality.md §14.12): a unit is kept with probability p and divided by it, so E h² and E J²
 * are divided by p and means stay; masks of different examples are independent, so covariances stay too. Before weights it
 * moves a critical σw² to σw² p. (`dropout` is its inference.)
 * @throws FathomError `bad-input` for keep outside (0, 1].
 * @example sequence([activation(scalarActivation("relu")), invertedDropout({ keep: 0.8 }), affine({ sw2: 1.6, sb2: 0 })])
 */
export function invertedDropout({ keep }: { readonly keep: number }): Step {
  requireKeep(keep);
  return unitStep({
    name: "dropout",
    mixes: false,
    single: (s) => ({
      ...s,
      K: s.K / keep,
      logJ: s.logJ - Math.log(keep),
      chiK: s.chiK / keep,
      gaussian: s.gaussian && keep === 1,
      theta: s.theta / keep,
      thetaStandard: s.thetaStandard / keep,
    }),
    pair: (s) => ({ ...s, Ka: s.Ka / keep, Kb: s.Kb / keep, gaussian: s.gaussian && keep === 1 }),
  });
}

function requireKeep(keep: number): void {
  if (keep > 0 && keep <= 1) return;
  throw new FathomError({
    code: "bad-input",
    message: `keep must lie in (0, 1], got ${keep}.`,
    where: "keep",
    hint: "It is the probability that a unit is kept: 1 minus the dropout rate.",
  });
}
