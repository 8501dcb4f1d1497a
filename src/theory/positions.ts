/**
 * @file States whose positions differ, as behind a zero-padded convolution (criticality.md §4.9). Each position has the
 * state of a unit there; J at a position is E Σ_q |∂h_p/∂h_q|² per channel, so J of the whole is the mean over positions,
 * and so are its K, mean, chi_K and tangent kernel. A rule that treats every position alike is applied to each.
 */
import type { MeanFieldState, PairState } from "./state.ts";

/** What a state is with respect to its positions. */
export interface Positional<S> {
  readonly positions?: readonly S[];
}

/** ln of the mean of e^x, for numbers that leave float64. @example logMean([0, 0]) // 0 */
export function logMean(logs: readonly number[], count = logs.length): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const log of logs) if (!(log <= most)) most = log;
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - most);
  return most + Math.log(sum / count);
}

/**
 * Sums of the numbers of some states divided by `count`; J in logarithms. With fewer states than `count`, the others are
 * zeros: what a window sees outside an image.
 * @param units How many each state stands for; one unless said.
 */
export function meanOfSingles(
  states: readonly MeanFieldState[],
  count = states.length,
  units?: readonly number[],
): MeanFieldState {
  const mean = (pick: (state: MeanFieldState) => number) => sumOf(states, pick, units) / count;
  return {
    K: mean(({ K }) => K),
    mean: mean((s) => s.mean),
    logJ: logMean(
      states.map(({ logJ }, i) => (units === undefined ? logJ : logJ + Math.log(units[i]!))),
      count,
    ),
    chiK: mean(({ chiK }) => chiK),
    meanSlope: mean(({ meanSlope }) => meanSlope),
    gaussian: states.every(({ gaussian }) => gaussian),
    theta: mean(({ theta }) => theta),
    thetaStandard: mean(({ thetaStandard }) => thetaStandard),
    batch: mean(({ batch }) => batch),
  };
}

/** The same for pairs. */
export function meanOfPairs(
  states: readonly PairState[],
  count = states.length,
  units?: readonly number[],
): PairState {
  const mean = (pick: (state: PairState) => number) => sumOf(states, pick, units) / count;
  return {
    Ka: mean(({ Ka }) => Ka),
    Kb: mean(({ Kb }) => Kb),
    C: mean(({ C }) => C),
    meanA: mean(({ meanA }) => meanA),
    meanB: mean(({ meanB }) => meanB),
    gaussian: states.every(({ gaussian }) => gaussian),
    chi: mean(({ chi }) => chi),
    theta: mean(({ theta }) => theta),
    thetaStandard: mean(({ thetaStandard }) => thetaStandard),
  };
}

function sumOf<S>(states: readonly S[], pick: (state: S) => number, units?: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < states.length; i++) sum += (units?.[i] ?? 1) * pick(states[i]!);
  return sum;
}

/** One state of all positions, which it keeps. */
export function joinSingles(positions: readonly MeanFieldState[]): MeanFieldState {
  return { ...meanOfSingles(positions), positions };
}

/** The same for pairs. */
export function joinPairs(positions: readonly PairState[]): PairState {
  return { ...meanOfPairs(positions), positions };
}

/** `sign factors_p factors_q`: covariances between positions of different examples, as if of rank one. */
export interface RankOne {
  readonly sign: number;
  readonly factors: readonly number[];
}

/** The covariances of rank one that have the means over positions `batch`. */
export function rankOne(positions: readonly MeanFieldState[]): RankOne {
  const mean = sumOf(positions, ({ batch }) => batch) / positions.length;
  const root = Math.sqrt(Math.abs(mean));
  return {
    sign: Math.sign(mean),
    factors: positions.map(({ batch }) => (root === 0 ? 0 : (Math.sign(mean) * batch) / root)),
  };
}

/** A rule for one unit, applied to every position where they differ. */
export function atEveryPosition(
  rule: (state: MeanFieldState) => MeanFieldState,
): (state: MeanFieldState) => MeanFieldState {
  return (state) => (state.positions === undefined ? rule(state) : joinSingles(state.positions.map(rule)));
}

/** The same for pairs; the typical example that travels with a pair takes the rule for one. */
export function pairAtEveryPosition(
  rule: (state: PairState) => PairState,
  single: (state: MeanFieldState) => MeanFieldState,
): (state: PairState) => PairState {
  const moved = (state: PairState) =>
    state.positions === undefined ? rule(state) : joinPairs(state.positions.map(rule));
  return (state) => withBatch(moved(state), state, single);
}

/** `after` with the typical example of `before`, moved on. */
export function withBatch(
  after: PairState,
  before: PairState,
  single: (state: MeanFieldState) => MeanFieldState,
): PairState {
  return before.batch === undefined ? after : { ...after, batch: single(before.batch) };
}

/** The states of `count` positions, which are copies of one where all are alike. */
export function spread<S extends Positional<S>>(state: S, count: number): readonly S[] {
  return state.positions ?? Array.from({ length: count }, () => state);
}

/**
 * Combines states of one place (branches that meet), position by position where positions differ in any of them.
 * @param join `joinSingles` or `joinPairs`.
 */
export function combined<S extends Positional<S>>(
  states: readonly S[],
  rule: (states: readonly S[]) => S,
  join: (positions: readonly S[]) => S,
): S {
  const count = states.find(({ positions }) => positions !== undefined)?.positions?.length;
  if (count === undefined) return rule(states);
  const perState = states.map((state) => spread(state, count));
  return join(Array.from({ length: count }, (_, p) => rule(perState.map((positions) => positions[p]!))));
}

/** The state with covariances to other examples that nobody knows. */
export function withoutBatch(state: MeanFieldState): MeanFieldState {
  const { positions } = state;
  const alone = { ...state, batch: Number.NaN };
  return positions === undefined ? alone : { ...alone, positions: positions.map(withoutBatch) };
}

/** A state from which J and the slopes are counted anew. */
export function restarted(state: MeanFieldState): MeanFieldState {
  const fresh = { ...state, logJ: 0, chiK: 1, meanSlope: 0 };
  return state.positions === undefined ? fresh : { ...fresh, positions: state.positions.map(restarted) };
}

/** The same for pairs. */
export function restartedPair(state: PairState): PairState {
  const fresh = { ...state, chi: 1 };
  return state.positions === undefined ? fresh : { ...fresh, positions: state.positions.map(restartedPair) };
}
