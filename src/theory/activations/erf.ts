/**
 * @file Error function activation a erf(b x) + c0 (criticality.md §2; duals: Williams 1996, in the atan2 form of
 * kernels.md §3), and sigmoidLike, the erf that resembles the logistic function. With κ = b² K all moments are those of erf.
 */
import erfOf from "@stdlib/math-base-special-erf";
import type { ParameterValue, ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { gramRoot } from "../pair-geometry.ts";
import { activationConstants } from "./constants.ts";

const SLOPE = 2 / Math.sqrt(Math.PI);
const TWO_OVER_PI = 2 / Math.PI;
const FOUR_OVER_PI = 4 / Math.PI;

/** sqrt((1 + 2b²Ka)(1 + 2b²Kb) - 4b⁴C²) of scale b², written so that nothing cancels at C = ±sqrt(Ka Kb). */
function root(scale: number, Ka: number, Kb: number, C: number): number {
  return Math.hypot(Math.sqrt(1 + 2 * scale * (Ka + Kb)), 2 * scale * gramRoot(Ka, Kb, C));
}

export interface ErfParameters {
  readonly a?: number;
  readonly b?: number;
  readonly c0?: number;
}

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function erf(given: ErfParameters = {}): ScalarActivation {
  return scaledErf("erf", { a: 1, b: 1, c0: 0, ...given }, { ...given });
}

export function sigmoidLike(): ScalarActivation {
  return scaledErf("sigmoidLike", { a: 0.5, b: 1 / activationConstants.sigmoidLike.scale, c0: 0.5 }, {});
}

function scaledErf(
  kind: string,
  { a, b, c0 }: Required<ErfParameters>,
  parameters: Record<string, ParameterValue>,
): ScalarActivation {
  for (const [name, value] of Object.entries({ a, b, c0 })) requireFinite(value, `${kind}.${name}`);
  const square = a * a;
  const scale = b * b;
  const steep = square * scale * FOUR_OVER_PI;
  const df = (x: number) => a * b * SLOPE * Math.exp(-scale * x * x);
  return {
    kind,
    parameters,
    f: (x) => a * erfOf(b * x) + c0,
    df,
    d2f: (x) => -2 * scale * x * df(x),
    kinks: [],
    taylor: [c0, a * b * SLOPE, 0, -2 * scale * a * b * SLOPE],
    moments: {
      B: (K) => square * TWO_OVER_PI * Math.atan2(2 * scale * K, Math.sqrt(1 + 4 * scale * K)) + c0 * c0,
      A: (K) => steep / Math.sqrt(1 + 4 * scale * K),
      chiK: (K) => steep / ((1 + 2 * scale * K) * Math.sqrt(1 + 4 * scale * K)),
      m: () => c0,
      A4: (K) => (steep * steep) / Math.sqrt(1 + 8 * scale * K),
      dual: (Ka, Kb, C) => square * TWO_OVER_PI * Math.atan2(2 * scale * C, root(scale, Ka, Kb, C)) + c0 * c0,
      dualDerivative: (Ka, Kb, C) => steep / root(scale, Ka, Kb, C),
    },
  };
}
