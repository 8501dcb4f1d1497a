/** @file Uniform networks: the rows of criticality.md §4 as compositions of steps, for work without a network file. */
import { FathomError } from "../tensor/index.ts";
import type { ScalarActivation } from "./activation.ts";
import { residual } from "./branches.ts";
import { nearestName, requireCount, requireMu, requireVariance } from "./checks.ts";
import { sequence } from "./combine.ts";
import { activationVariance, secondMoment } from "./moments.ts";
import { batchNorm, layerNorm } from "./normalise.ts";
import { type MeanFieldLayer, propagate } from "./recursion.ts";
import { type MeanFieldState, preactivationState } from "./state.ts";
import { activation as activate, affine, type Step } from "./step.ts";

/**
 * Where LayerNorm acts: on preactivations, on activations, on preactivations and skip, or a two-layer branch after it; or
 * BatchNorm on preactivations.
 */
export const norms = ["none", "ln-pre", "ln-act", "ln-skip", "ln-block", "batchnorm"] as const;
/** One of {@link norms}. */
export type Norm = (typeof norms)[number];

/** A layer that is repeated: h -> branch(h) + mu h. */
export interface UniformLayer {
  readonly activation: ScalarActivation;
  readonly sw2: number;
  readonly sb2: number;
  /** Default "none". */
  readonly norm?: Norm;
  /** Weight of the skip, in [0, 1]. Default 0. */
  readonly mu?: number;
}

/** @throws FathomError `bad-input` for an unknown norm (with the nearest one), naming the field at fault. */
export function requireNorm(norm: string): asserts norm is Norm {
  if ((norms as readonly string[]).includes(norm)) return;
  const near = nearestName(norm, norms);
  throw new FathomError({
    code: "bad-input",
    message: `Unknown normalisation "${norm}".`,
    where: "norm",
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${norms.join(", ")}.`,
  });
}

/**
 * The mean-field rule of one layer of a uniform network, from preactivation to preactivation.
 * @throws FathomError `bad-input` for negative or non-finite variances, mu outside [0, 1], or an unknown norm.
 * @example uniformStep({ activation: scalarActivation("tanh"), sw2: 1, sb2: 0 }).single(preactivationState(1)).K
 */
export function uniformStep({ activation, sw2, sb2, norm = "none", mu = 0 }: UniformLayer): Step {
  requireVariance(sw2, "sw2");
  requireVariance(sb2, "sb2");
  requireMu(mu);
  requireNorm(norm);
  const act = activate(activation);
  const dense = affine({ sw2, sb2 });
  const ln = layerNorm();
  switch (norm) {
    case "none":
      return residual({ mu, branch: [act, dense] });
    case "ln-pre":
      return residual({ mu, branch: [ln, act, dense] });
    case "ln-act":
      return residual({ mu, branch: [act, ln, dense] });
    case "ln-skip":
      return sequence([ln, residual({ mu, branch: [act, dense] })]);
    case "ln-block":
      return residual({ mu, branch: [ln, dense, act, dense] });
    case "batchnorm":
      return residual({ mu, branch: [batchNorm(), act, dense] });
  }
}

/**
 * First preactivations of variance K1, from which a uniform network starts. Behind BatchNorm examples of a batch covary
 * from the first layer on as they do in all later ones: V = K - covariance keeps the share sw2 V(1) of sw2 B(1) + sb2.
 * @throws FathomError `bad-input` for a bad K1.
 * @example uniformStep(layer).single(uniformStart(layer, 1))
 */
export function uniformStart({ activation, sw2, sb2, norm }: UniformLayer, K1: number): MeanFieldState {
  const state = preactivationState(K1);
  if (norm !== "batchnorm") return state;
  const whole = sw2 * secondMoment(activation, 1) + sb2;
  const share = whole === 0 ? 1 : (sw2 * activationVariance(activation, 1)) / whole;
  return { ...state, batch: K1 * (1 - share) };
}

/**
 * Depth by depth through a uniform network that starts at first preactivations of variance K1: finite-depth K, chi_J and
 * J(1, l), never only their fixed point.
 * @param depth Number of preactivations L >= 1, so L - 1 steps.
 * @throws FathomError `bad-input` as `uniformStep`, or for a bad K1 or depth.
 * @example propagateUniform({ activation: scalarActivation("erf"), sw2: 0.8, sb2: 0 }, { K1: 1, depth: 50 }).at(-1)!.logJ
 */
export function propagateUniform(
  layer: UniformLayer,
  { K1, depth }: { readonly K1: number; readonly depth: number },
): MeanFieldLayer[] {
  requireCount(depth, "depth");
  const step = uniformStep(layer);
  const places = Array.from({ length: depth - 1 }, (_, l) => ({ name: `h${l + 2}`, step, tap: true }));
  return propagate(places, uniformStart(layer, K1));
}
