/**
 * @file What the SIMD interpreter knows of an activation: which form of assembly/covariance/forms.ts it has, its constants, and
 * what it keeps of the variance of every position (kernels.md §3, kernel-engine.md §4).
 */
import { FathomError } from "../../tensor/index.ts";
import { type ScalarActivation, secondMoment } from "../../theory/index.ts";

/** Dispatch numbers; assembly/covariance/forms.ts has the same list. */
export const forms = {
  line: 0,
  abRelu: 1,
  sign: 2,
  erf: 3,
  gelu: 4,
  wave: 5,
  exp: 6,
  expNormalized: 7,
  gaussian: 8,
  gabor: 9,
  rectified: 10,
  series: 11,
  sparse: 12,
} as const;

/** An activation for the float32 engine. */
export interface ActivationForm {
  /** Dispatch number. */
  readonly id: number;
  /** At most 16 numbers that a record carries, rounded to float32 there. */
  readonly constants: readonly number[];
  /** float32 numbers kept per position and item. */
  readonly slots: number;
  /**
   * From the variance v >= 0 of a position, in true scale: writes its slots to `out` from `at`.
   * @returns the variance after the activation, E φ².
   * @throws FathomError `bad-input` where the kernel does not exist at v.
   */
  prepare(v: number, out: Float32Array, at: number): number;
  /**
   * What the form leaves out of k at variance v whatever the rounding: a bound of |error|/k(v, v, v) at equal variances, 0 for
   * closed forms. Of a pair, the geometric mean of both.
   */
  missing(v: number): number;
}

/** Below it 1/s leaves float32 when multiplied: the variance counts as none (kernel-engine.md §10). */
const TINY = 1e-15;

/** s = sqrt(v) and r = 1/s of the rounded s, so that s·r is 1 to rounding; both 0 without variance. */
export function root(v: number): readonly [number, number] {
  const s = Math.fround(Math.sqrt(v));
  return s < TINY ? [0, 0] : [s, 1 / s];
}

interface Closed {
  readonly id: number;
  readonly constants?: readonly number[];
  readonly slots: number;
  /** The slots at v. */
  readonly of: (v: number) => readonly number[];
}

/** A form that leaves nothing out. */
export function closedForm(act: ScalarActivation, { id, constants = [], slots, of }: Closed): ActivationForm {
  return {
    id,
    constants,
    slots,
    prepare: (v, out, at) => {
      out.set(of(v), at);
      return representable(act, secondMoment(act, v), v);
    },
    missing: () => 0,
  };
}

const LARGEST = 3.4028234e38;

/** The variance after an activation, where float32 has it. @throws FathomError `bad-input` where not. */
export function representable(act: ScalarActivation, variance: number, v: number): number {
  if (variance <= LARGEST) return variance;
  throw new FathomError({
    code: "bad-input",
    message: `E φ² of ${act.kind} is ${variance} at variance ${v}: beyond float32.`,
    where: `activation.${act.kind}`,
    hint: "Use precision float64, or smaller weights before it.",
  });
}
