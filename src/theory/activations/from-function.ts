/**
 * @file An activation from a TypeScript function, for theory alone (fixed points, critical variances, phase diagrams). In a
 * network it is written as an expression, `custom(…)`. Without a derivative one is taken numerically, and flagged.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";

export interface FunctionActivation {
  /** For messages and reports. */
  readonly name: string;
  readonly f: (x: number) => number;
  /** Its derivative; differences of f where it is left out. */
  readonly df?: (x: number) => number;
  /** Where f, f' or f'' jumps: quadratures end their panels there. */
  readonly kinks?: readonly number[];
}

/**
 * The activation with everything integrated. `parameters.derivative` is "numeric" where no derivative was given: it is right to
 * about 1e-11 away from kinks, and χ_J with it.
 * @throws FathomError `bad-input` where f, or its derivative, is no finite number at 0 or ±1, or a kink is not finite.
 * @example reachedLimit({ activation: activationFromFunction({ name: "snake", f: (x) => x + Math.sin(x) ** 2 }), sw2: 0.5, sb2: 0 })
 */
export function activationFromFunction({ name, f, df, kinks = [] }: FunctionActivation): ScalarActivation {
  const slope = df ?? differences(f);
  for (const x of [-1, 0, 1]) {
    requireNumber(f(x), name, `f(${x})`);
    requireNumber(slope(x), name, `f'(${x})`);
  }
  for (const kink of kinks) requireNumber(kink, name, "a kink");
  return {
    kind: name,
    parameters: df === undefined ? { derivative: "numeric" } : {},
    f,
    df: slope,
    kinks,
    moments: {},
  };
}

/** Step of the differences, where truncation (h⁴) and rounding (1/h) are both about 1e-12. */
const STEP = 1e-3;

/** Central differences at h and 2h, extrapolated. */
function differences(f: (x: number) => number): (x: number) => number {
  return (x) => {
    const h = STEP * Math.max(1, Math.abs(x));
    const central = (step: number) => (f(x + step) - f(x - step)) / (2 * step);
    return (4 * central(h) - central(2 * h)) / 3;
  };
}

function requireNumber(value: unknown, name: string, what: string): void {
  if (typeof value === "number" && Number.isFinite(value)) return;
  throw new FathomError({
    code: "bad-input",
    message: `${what} of the activation ${name} is ${String(value)}.`,
    where: "activation",
    hint: "Give a function from any real number to a finite one.",
  });
}
