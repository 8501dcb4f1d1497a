/**
 * @file A layer from its kernel alone (kernels.md §3, "Custom k"): k(c, v1, v2) where no function φ is known. It has what follows
 * from kernels, in float64, and refuses what needs φ. In a network as JSON a function of x is written instead, `custom(…)`.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";

type KernelFunction = (c: number, v1: number, v2: number) => number;

export interface GivenKernel {
  /** For messages and reports. */
  readonly name: string;
  /** E φ(u) φ(w) of variances v1 and v2 and covariance c. */
  readonly k: KernelFunction;
  /** ∂k/∂c: tangent kernels, and chi_J, need it. */
  readonly kdot?: KernelFunction;
}

/**
 * The activation that has a kernel.
 * @throws FathomError `bad-input` where k is no finite number at unit variances, or not symmetric in v1 and v2.
 * @example dualKernel(activationFromKernel({ name: "laplace", k: (c, v1, v2) => Math.exp(-Math.sqrt(v1 + v2 - 2 * c)) })).k(1, 1, 1) // 1
 */
export function activationFromKernel({ name, k, kdot }: GivenKernel): ScalarActivation {
  check(name, "k", k);
  if (kdot !== undefined) check(name, "kdot", kdot);
  const slope = kdot ?? (() => refuse(`${name} has no derivative`, "Give kdot, its derivative by c."));
  const noFunction = () =>
    refuse(`${name} is a kernel only: it has no function φ`, "Ask for kernels and what follows from them.");
  return {
    kind: name,
    parameters: {},
    f: noFunction,
    df: noFunction,
    kinks: [],
    kernelOnly: true,
    moments: {
      B: (K) => k(K, K, K),
      A: (K) => slope(K, K, K),
      chiK: noFunction,
      radial: noFunction,
      m: noFunction,
      A4: noFunction,
      fourth: noFunction,
      mixedFourth: noFunction,
      dualOfSquares: noFunction,
      dual: (Ka, Kb, C) => k(C, Ka, Kb),
      dualDerivative: (Ka, Kb, C) => slope(C, Ka, Kb),
    },
  };
}

function check(name: string, which: string, f: KernelFunction): void {
  const [unit, one, other] = [f(0, 1, 1), f(0.5, 1, 2), f(0.5, 2, 1)];
  const fine = Number.isFinite(one) && Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
  if (fine && Number.isFinite(unit)) return;
  throw new FathomError({
    code: "bad-input",
    message: `${which} of the kernel ${name} is ${unit} at (0, 1, 1), ${one} at (0.5, 1, 2) and ${other} at (0.5, 2, 1).`,
    where: `activation.${which}`,
    hint: "Give a function of (c, v1, v2) to finite numbers, the same with v1 and v2 exchanged.",
  });
}

function refuse(message: string, hint: string): never {
  throw new FathomError({ code: "unsupported", message: `${message}.`, where: "activation", hint });
}
