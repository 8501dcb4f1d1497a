/**
 * @file Ways to combine the mean-field rules of layers: in sequence, and as the branch of a residual layer. Every row of
 * criticality.md §4 is a composition: plain is [activation, affine]; LayerNorm on preactivations [layerNorm, activation,
 * affine]; on activations [activation, layerNorm, affine]; a residual layer wraps any of them.
 */
import { FathomError } from "../tensor/index.ts";
import { requireMu } from "./checks.ts";
import { combined, joinPairs, joinSingles, withBatch } from "./positions.ts";
import type { MeanFieldState, PairState } from "./state.ts";
import type { Step } from "./step.ts";

/** Several steps as one. @example sequence([activation(scalarActivation("erf")), affine({ sw2: 0.8, sb2: 0 })]) */
export function sequence(steps: readonly Step[]): Step {
  return {
    name: steps.map(({ name }) => name).join(", ") || "identity",
    mixes: steps.some(({ mixes }) => mixes),
    ...inherited(steps),
    single: (state) => steps.reduce((s, step) => step.single(s), state),
    pair: (state) => steps.reduce((s, step) => step.pair(s), state),
  };
}

/** What a composition needs and takes for granted: what its parts do. */
export function inherited(steps: readonly Step[]): Pick<Step, "readsBatch" | "assumptions"> {
  const assumptions = [...new Set(steps.flatMap((step) => step.assumptions ?? []))];
  return {
    ...(steps.some(({ readsBatch }) => readsBatch) ? { readsBatch: true } : {}),
    ...(assumptions.length > 0 ? { assumptions } : {}),
  };
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
  const skip = mu * mu;
  const logSkip = Math.log(skip);
  const joined = (b: MeanFieldState, s: MeanFieldState): MeanFieldState => ({
    K: b.K + skip * s.K + 2 * mu * product(b.mean, s.mean),
    mean: b.mean + mu * s.mean,
    logJ: logSum(b.logJ, s.logJ + logSkip),
    chiK: b.chiK + skip * s.chiK + 2 * mu * (b.meanSlope * s.mean + b.mean * s.meanSlope),
    meanSlope: b.meanSlope + mu * s.meanSlope,
    gaussian: b.gaussian && s.gaussian,
    theta: b.theta + skip * s.theta,
    thetaStandard: b.thetaStandard + skip * s.thetaStandard,
    batch: b.batch + skip * s.batch + 2 * mu * product(b.mean, s.mean),
  });
  const joinedPair = (b: PairState, s: PairState): PairState => ({
    Ka: b.Ka + skip * s.Ka + 2 * mu * product(b.meanA, s.meanA),
    Kb: b.Kb + skip * s.Kb + 2 * mu * product(b.meanB, s.meanB),
    C: b.C + skip * s.C + mu * (product(b.meanA, s.meanB) + product(s.meanA, b.meanB)),
    meanA: b.meanA + mu * s.meanA,
    meanB: b.meanB + mu * s.meanB,
    gaussian: b.gaussian && s.gaussian,
    chi: b.chi + skip * s.chi,
    theta: b.theta + skip * s.theta,
    thetaStandard: b.thetaStandard + skip * s.thetaStandard,
  });
  const single = (s: MeanFieldState) =>
    combined([inner.single(s), s], ([b, own]) => joined(b!, own!), joinSingles);
  return {
    name: `residual(${inner.name})`,
    mixes: false,
    ...inherited(branch),
    single,
    pair: (s) =>
      withBatch(
        combined([inner.pair(s), s], ([b, own]) => joinedPair(b!, own!), joinPairs),
        s,
        single,
      ),
  };
}

/** a b, where a mean of 0 silences one that overflowed. */
export function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** ln(e^a + e^b), for a branch whose own J leaves float64. */
export function logSum(a: number, b: number): number {
  if (a === b) return a + Math.LN2;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

function dependentBranch(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `Mean-field theory has no rule for a residual branch without a dense layer (${name}).`,
    where: "residual.branch",
    hint: "Put a dense layer into the branch: its weights make the branch independent of the skip.",
  });
}
