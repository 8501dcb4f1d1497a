/**
 * @file Branches that meet, in mean field: their sum (a residual layer adds the signal itself), their product (gating) and
 * their concatenation. Branches must be independent given their input's moments: each holds fresh weights, except one at most.
 */
import { FathomError } from "../tensor/index.ts";
import { requireCount, requireMu } from "./checks.ts";
import { inherited, sequence } from "./combine.ts";
import { combined, joinPairs, joinSingles, meanOfPairs, meanOfSingles, withBatch } from "./positions.ts";
import type { MeanFieldState, PairState } from "./state.ts";
import { type Step, scale } from "./step.ts";

/** What two independent branches make together; more are taken one after the other. */
interface Meeting {
  single(a: MeanFieldState, b: MeanFieldState): MeanFieldState;
  pair(a: PairState, b: PairState): PairState;
}

/**
 * h' = Σ_b branch_b(h): second moments, Jacobian norms and tangent kernels add; means of two branches have a product.
 * @throws FathomError `bad-input` without branches, `unsupported` when two of them hold no affine layer.
 * @example sum([[affine({ sw2: 1, sb2: 0 })], []]) // a dense layer and a skip
 */
export function sum(branches: readonly (readonly Step[])[]): Step {
  return meet("sum", branches, {
    single: (a, b) => ({
      K: a.K + b.K + 2 * product(a.mean, b.mean),
      mean: a.mean + b.mean,
      logJ: logSum(a.logJ, b.logJ),
      chiK: a.chiK + b.chiK + 2 * (product(a.meanSlope, b.mean) + product(a.mean, b.meanSlope)),
      meanSlope: a.meanSlope + b.meanSlope,
      gaussian: a.gaussian && b.gaussian,
      theta: a.theta + b.theta,
      thetaStandard: a.thetaStandard + b.thetaStandard,
      batch: a.batch + b.batch + 2 * product(a.mean, b.mean),
    }),
    pair: (a, b) => ({
      Ka: a.Ka + b.Ka + 2 * product(a.meanA, b.meanA),
      Kb: a.Kb + b.Kb + 2 * product(a.meanB, b.meanB),
      C: a.C + b.C + product(a.meanA, b.meanB) + product(b.meanA, a.meanB),
      meanA: a.meanA + b.meanA,
      meanB: a.meanB + b.meanB,
      gaussian: a.gaussian && b.gaussian,
      chi: a.chi + b.chi,
      theta: a.theta + b.theta,
      thetaStandard: a.thetaStandard + b.thetaStandard,
    }),
  });
}

export interface ResidualOptions {
  /** Weight of the skip, in [0, 1]. */
  readonly mu: number;
  /** The branch; it must hold an affine layer, whose fresh weights make it independent of the skip. */
  readonly branch: readonly Step[];
}

/**
 * h' = branch(h) + mu h: second moments, Jacobian norms and tangent kernels of branch and skip add, the skip's times mu².
 * @throws FathomError `bad-input` for mu outside [0, 1], `unsupported` when the branch holds no affine layer and mu > 0.
 * @example residual({ mu: 1, branch: [activation(scalarActivation("relu")), affine({ sw2: 2, sb2: 0 })] })
 */
export function residual({ mu, branch }: ResidualOptions): Step {
  requireMu(mu, "residual.mu");
  const inner = sequence(branch);
  if (mu === 0) return inner;
  if (!inner.mixes) throw dependentBranch(branch.length === 0 ? "empty" : inner.name);
  return { ...sum([branch, [scale({ factor: mu })]]), name: `residual(${inner.name})` };
}

function dependentBranch(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `Mean-field theory has no rule for a residual branch without a dense layer (${name}).`,
    where: "residual.branch",
    hint: "Put a dense layer into the branch: its weights make the branch independent of the skip.",
  });
}

/**
 * h' = Π_b branch_b(h), unit by unit (gating): K' = Π K_b, and by the product rule J' = Σ_b J_b Π_{c≠b} K_c; cross terms of
 * the Jacobian are O(1/N). The result is not Gaussian.
 * @throws FathomError as `sum`.
 * @example multiply([[affine({ sw2: 1, sb2: 0 })], [affine({ sw2: 1, sb2: 0 }), activation(scalarActivation("sigmoid"))]])
 */
export function multiply(branches: readonly (readonly Step[])[]): Step {
  return meet("product", branches, {
    single: (a, b) => ({
      K: product(a.K, b.K),
      mean: product(a.mean, b.mean),
      logJ: logSum(a.logJ + Math.log(b.K), b.logJ + Math.log(a.K)),
      chiK: product(a.chiK, b.K) + product(b.chiK, a.K),
      meanSlope: product(a.meanSlope, b.mean) + product(a.mean, b.meanSlope),
      gaussian: false,
      theta: product(a.theta, b.K) + product(b.theta, a.K),
      thetaStandard: product(a.thetaStandard, b.K) + product(b.thetaStandard, a.K),
      batch: product(a.batch, b.batch),
    }),
    pair: (a, b) => ({
      Ka: product(a.Ka, b.Ka),
      Kb: product(a.Kb, b.Kb),
      C: product(a.C, b.C),
      meanA: product(a.meanA, b.meanA),
      meanB: product(a.meanB, b.meanB),
      gaussian: false,
      chi: product(a.chi, b.C) + product(b.chi, a.C),
      theta: product(a.theta, b.C) + product(b.theta, a.C),
      thetaStandard: product(a.thetaStandard, b.C) + product(b.thetaStandard, a.C),
    }),
  });
}

/** a b, where a mean of 0 silences one that overflowed. */
function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** ln(e^a + e^b), for a branch whose own J leaves float64. */
function logSum(a: number, b: number): number {
  if (a === b) return a + Math.LN2;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

function meet(name: string, branches: readonly (readonly Step[])[], meeting: Meeting): Step {
  requireCount(branches.length, `${name}.branches`);
  const inner = branches.map(sequence);
  const dependent = inner.filter(({ mixes }) => !mixes);
  if (dependent.length > 1) throw dependentBranches(name, dependent);
  return {
    name: `${name}(${inner.map((branch) => branch.name).join(" | ")})`,
    mixes: dependent.length === 0,
    ...joined(inner, {
      single: (states) => states.reduce((a, b) => meeting.single(a, b)),
      pair: (states) => states.reduce((a, b) => meeting.pair(a, b)),
    }),
  };
}

/** What all branches make together. */
interface Joining {
  single(states: readonly MeanFieldState[]): MeanFieldState;
  pair(states: readonly PairState[]): PairState;
}

/** Branches of one signal, joined position by position. */
function joined(branches: readonly Step[], joining: Joining): Omit<Step, "name" | "mixes"> {
  const single = (s: MeanFieldState) =>
    combined(
      branches.map((branch) => branch.single(s)),
      joining.single,
      joinSingles,
    );
  const pair = (s: PairState) =>
    combined(
      branches.map((branch) => branch.pair(s)),
      joining.pair,
      joinPairs,
    );
  return { ...inherited(branches), single, pair: (s) => withBatch(pair(s), s, single) };
}

function dependentBranches(name: string, branches: readonly Step[]): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `Mean-field theory has no rule for a ${name} of branches that depend on each other: ${branches
      .map((branch) => branch.name)
      .join(" and ")} hold no dense layer.`,
    where: `${name}.branches`,
    hint: "Give all branches but one a dense or convolutional layer: fresh weights make them independent.",
  });
}

export interface Branch {
  readonly steps: readonly Step[];
  /** Number of units that the branch contributes. */
  readonly width: number;
}

/**
 * h' = the branches side by side: every moment is a mean over units, J too (division is by all output units). Units of
 * different variances together are not Gaussian.
 * @throws FathomError `bad-input` without branches or for a width below 1.
 * @example concatenate([{ steps: [affine({ sw2: 1, sb2: 0 })], width: 32 }, { steps: [], width: 64 }])
 */
export function concatenate(branches: readonly Branch[]): Step {
  requireCount(branches.length, "concat.branches");
  branches.forEach(({ width }, b) => {
    requireCount(width, `concat.branches[${b}].width`);
  });
  const inner = branches.map(({ steps }) => sequence(steps));
  const widths = branches.map(({ width }) => width);
  return {
    name: `concat(${inner.map(({ name }) => name).join(" | ")})`,
    mixes: inner.every(({ mixes }) => mixes),
    ...joined(inner, {
      single: (states) => mixedSingles(states, widths),
      pair: (states) => mixedPairs(states, widths),
    }),
  };
}

/** Means over units; those of different variances together are not Gaussian. */
function mixedSingles(states: readonly MeanFieldState[], widths: readonly number[]): MeanFieldState {
  const mixture = meanOfSingles(states, total(widths), widths);
  return { ...mixture, gaussian: mixture.gaussian && states.every(({ K }) => K === states[0]!.K) };
}

function mixedPairs(states: readonly PairState[], widths: readonly number[]): PairState {
  const mixture = meanOfPairs(states, total(widths), widths);
  const [first] = states as readonly [PairState];
  const alike = states.every(({ Ka, Kb, C }) => Ka === first.Ka && Kb === first.Kb && C === first.C);
  return { ...mixture, gaussian: mixture.gaussian && alike };
}

function total(widths: readonly number[]): number {
  return widths.reduce((units, width) => units + width, 0);
}
