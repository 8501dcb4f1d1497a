/**
 * @file What training a layer's own parameters adds to the tangent kernel (kernels.md §2.1): the square of the factor that
 * its gradient carries, in both parameterisations. Frozen parameters add nothing; those that start at zero do.
 */
import type { ParameterRule } from "./define.ts";
import type { Parameterisation } from "./spec.ts";

/**
 * One parameter: under `ntk` the variance that the forward pass multiplies by, times the fan-in (sw2, sb2); under
 * `standard` the fan-in of the real width (1 for biases).
 */
export type Tangent = Readonly<Record<Parameterisation, number>>;

/** Weights and biases of a layer: `Θ' = … + weight·⟨K⟩ + bias`. */
export interface Trained {
  readonly weight: Tangent;
  readonly bias: Tangent;
}

/** Of what is frozen, or not there. */
export const untrained: Tangent = { ntk: 0, standard: 0 };

/**
 * The tangent of a parameter with the given law.
 * @example tangentOf(gaussian([64, 32], 2 / 32)) // { ntk: 2, standard: 32 }
 */
export function tangentOf({ variance, fanIn, mean }: ParameterRule): Tangent {
  // Constants, such as gains, are not rescaled.
  return mean === undefined ? { ntk: variance * fanIn, standard: fanIn } : { ntk: 1, standard: 1 };
}

/** A sum of tangents with factors. @example combined([own.out!, sw2], [own.value!, sw2]) */
export function combined(...terms: readonly (readonly [Tangent, number])[]): Tangent {
  const total = (of: Parameterisation) =>
    terms.reduce((sum, [tangent, factor]) => sum + tangent[of] * factor, 0);
  return { ntk: total("ntk"), standard: total("standard") };
}
