/**
 * @file Exponential linear units: elu is x for x > 0 and alpha (e^x - 1) left of it; selu is scale · elu with the constants of
 * Klambauer et al. 2017. Their Gaussian integrals are integrated. For alpha = 1 the second derivative jumps at 0, else the
 * first.
 */
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { activationConstants } from "./constants.ts";

/** @throws FathomError `bad-input` for a non-finite alpha. */
export function elu({ alpha = 1 }: { readonly alpha?: number } = {}): ScalarActivation {
  requireFinite(alpha, "elu.alpha");
  return { ...scaled(1, alpha), kind: "elu", parameters: { alpha } };
}

export function selu(): ScalarActivation {
  const { scale, alpha } = activationConstants.selu;
  return { ...scaled(scale, alpha), kind: "selu", parameters: {} };
}

/** At 0 the derivative is that of the left side, as the forward expression has it. */
function scaled(scale: number, alpha: number): Omit<ScalarActivation, "kind" | "parameters"> {
  const left = scale * alpha;
  return {
    f: (x) => (x > 0 ? scale * x : left * Math.expm1(x)),
    df: (x) => (x > 0 ? scale : left * Math.exp(x)),
    d2f: (x) => (x > 0 ? 0 : left * Math.exp(x)),
    kinks: [0],
    moments: {},
  };
}
