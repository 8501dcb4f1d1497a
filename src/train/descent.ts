/** @file The loss of a batch and its gradient at some weights, as expressions. */
import { orZeros, reduceMean, type Tensor, vjp } from "../expr/index.ts";
import type { Batch, Forward } from "./batch.ts";
import type { GroupSettings } from "./groups.ts";
import type { Tensors } from "./norms.ts";

/** What gradients are taken of. */
export interface Problem {
  /** All arrays of the model by name. */
  readonly weights: Tensors;
  /** Names of those that are trained. */
  readonly trained: readonly string[];
  readonly forward: Forward;
  readonly settings: Readonly<Record<string, GroupSettings>>;
}

/** A loss and where it falls. */
export interface Descent {
  /** Mean loss of the batch, []. */
  readonly loss: Tensor;
  /** By trained parameter. */
  readonly gradients: Tensors;
  /** What the running statistics become. */
  readonly updates: Tensors;
}

/**
 * The mean loss of a batch and its gradient with respect to the trained parameters.
 * @param weights All arrays of the model by name: those of the problem, or others in their places.
 * @returns Also the loss of each row, [B].
 */
export function descentAt(
  { trained, forward }: Pick<Problem, "trained" | "forward">,
  weights: Tensors,
  batch: Batch,
): Descent & { readonly losses: Tensor } {
  const { losses, updates } = forward(weights, batch);
  const loss = reduceMean(losses);
  const tensors = trained.map((name) => weights[name]!);
  const gradients = vjp([loss], tensors).map((gradient, i) => orZeros(gradient, tensors[i]!));
  const named = Object.fromEntries(trained.map((name, i) => [name, gradients[i]!]));
  return { loss, losses, updates, gradients: named };
}
