/**
 * @file The normalised exponential kernel (kernels.md §3): k = s exp(γ(ρ + shift)), k̇ = γ exp(γ(ρ + shift)), s = sqrt(Ka Kb),
 * ρ = C/s. A kernel only: no function is known that has it, so whatever needs φ itself is refused.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { geometricMean } from "../pair-geometry.ts";

function noFunction(): never {
  throw new FathomError({
    code: "unsupported",
    message: "expNormalized is a kernel only: it is not the kernel of a known function φ.",
    where: "activation",
    hint: "Ask for kernels and what follows from them, or choose an activation such as exp or rbf.",
  });
}

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function expNormalized({
  gamma = 1,
  shift = -1,
}: {
  readonly gamma?: number;
  readonly shift?: number;
} = {}): ScalarActivation {
  requireFinite(gamma, "expNormalized.gamma");
  requireFinite(shift, "expNormalized.shift");
  const value = (rho: number) => Math.exp(gamma * (rho + shift));
  const correlation = (s: number, C: number) => (s === 0 ? 0 : C / s);
  return {
    kind: "expNormalized",
    parameters: { gamma, shift },
    f: noFunction,
    df: noFunction,
    kinks: [],
    kernelOnly: true,
    ...(gamma === 1 ? { homogeneous: true as const } : {}),
    moments: {
      B: (K) => K * value(1),
      A: () => gamma * value(1),
      chiK: () => value(1),
      radial: (K) => K * value(1),
      m: noFunction,
      A4: noFunction,
      fourth: noFunction,
      mixedFourth: noFunction,
      dualOfSquares: noFunction,
      dual: (Ka, Kb, C) => {
        const s = geometricMean(Ka, Kb);
        return s === 0 ? 0 : s * value(correlation(s, C));
      },
      dualDerivative: (Ka, Kb, C) => gamma * value(correlation(geometricMean(Ka, Kb), C)),
    },
  };
}
