/**
 * @file The gradient that the base optimiser is given (that of SAM where it is on, clipped where it is to be), and what a step
 * reports of it.
 */
import { cast, logicalAnd, logicalNot, type Tensor } from "../expr/index.ts";
import type { Batch } from "./batch.ts";
import { descentAt, type Problem } from "./descent.ts";
import { clipped, finite, globalNorm, type Tensors } from "./norms.ts";
import { type SamStep, sharpDescent } from "./sharpness.ts";

/** Mean loss of the batch before the update. */
export const LOSS = "loss";
/** ‖g‖ at the weights, over all parameters. */
export const GRADIENT_NORM = "gradientNorm";
/** Norm of the gradient that the base optimiser is given, before clipping. */
export const SAM_GRADIENT_NORM = "samGradientNorm";
/** L(w + e) - L(w) on the batch; NaN in steps without a second gradient. */
export const SHARPNESS = "sharpness";
/** 1 where a step was left out because a norm was not finite, else 0. */
export const SKIPPED = "skipped";

/** What a step goes by. */
export interface GivenGradient {
  readonly gradients: Tensors;
  /** What the running statistics become. */
  readonly updates: Tensors;
  /** What SAM's state becomes. */
  readonly state: Tensors;
  /** Whether the step may be taken; absent where it always is. */
  readonly sound?: Tensor;
  /** Scalars to report, by the names above. */
  readonly collect: Readonly<Record<string, Tensor>>;
}

/**
 * @param sam What SAM needs; undefined for the base optimiser alone.
 * @param clip The largest norm of a gradient that the base optimiser is given.
 */
export function givenGradient(
  problem: Problem,
  batch: Batch,
  { sam, clip }: { readonly sam: SamStep | undefined; readonly clip: number | undefined },
): GivenGradient {
  if (sam === undefined) {
    const { loss, gradients, updates } = descentAt(problem, problem.weights, batch);
    if (clip === undefined) return { gradients, updates, state: {}, collect: { [LOSS]: loss } };
    const norm = globalNorm(gradients);
    const collect = { [LOSS]: loss, [GRADIENT_NORM]: norm };
    return { gradients: clipped(gradients, norm, clip), updates, state: {}, collect };
  }
  const { loss, gradients, updates, state, ...seen } = sharpDescent(problem, batch, sam);
  const norm = globalNorm(gradients);
  const sound = logicalAnd(finite(seen.divisor), finite(norm));
  return {
    gradients: clip === undefined ? gradients : clipped(gradients, norm, clip),
    updates,
    state,
    sound,
    collect: {
      [LOSS]: loss,
      [GRADIENT_NORM]: seen.norm,
      [SAM_GRADIENT_NORM]: norm,
      [SHARPNESS]: seen.sharpness,
      [SKIPPED]: cast(logicalNot(sound), norm.dtype),
    },
  };
}
