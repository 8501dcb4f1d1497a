/**
 * @file Universality class and critical point of an activation in a plain network: where chi_J = chi_K = 1
 * (criticality.md §3; effective-theory.md §3 gives the search).
 */
import type { ScalarActivation } from "./activation.ts";
import { chiKMoment, derivativeMoment, secondMoment } from "./moments.ts";
import { approachToZero } from "./near-zero.ts";
import { logSpaced, rootsOnGrid } from "./roots.ts";

/**
 * `scale-invariant`: φ(λx) = λφ(x), every K is fixed; `zero`: K* = 0, approached as a power of depth; `half-stable`: K* > 0
 * attracts from one side only; `none`: no critical point.
 */
export type ActivationClass = "scale-invariant" | "zero" | "half-stable" | "none";

export interface CriticalPoint {
  readonly sw2: number;
  readonly sb2: number;
  /** K*; undefined where every K is fixed. */
  readonly K: number | undefined;
}

/** The class of an activation (effective-theory.md §3), which says how K and J behave at its critical point. */
export interface Universality {
  readonly class: ActivationClass;
  /** Of a plain network without skip; undefined for class `none`. */
  readonly critical: CriticalPoint | undefined;
  /**
   * J(1, l) ~ l^-zeta at the critical point: b1/a1 for class `zero`; 0 for `half-stable` only when K^1 = K*. Undefined for
   * class `none`.
   */
  readonly zeta: number | undefined;
  /** Class `zero` with K ~ 1/(|a1| l): a1 = s3/s1 + ¾(s2/s1)², b1 = s3/s1 + (s2/s1)², from the Taylor coefficients. */
  readonly a1?: number;
  readonly b1?: number;
  readonly note: string;
}

const known = new WeakMap<ScalarActivation, Universality>();

/**
 * The class of an activation and its critical point; computed once an activation.
 * @example universality(scalarActivation("gelu")).critical // sw2 1.98306, sb2 0.17292, K 3.56155
 */
export function universality(act: ScalarActivation): Universality {
  let result = known.get(act);
  if (result === undefined) {
    result = flat(act) ?? scaleInvariant(act) ?? zeroClass(act) ?? halfStable(act) ?? bentAtZero(act) ?? none;
    known.set(act, result);
  }
  return result;
}

const none: Universality = {
  class: "none",
  critical: undefined,
  zeta: undefined,
  note: "At no fixed point are χ_J and χ_K both 1.",
};

/** Activations that pass no small change at all. */
function flat(act: ScalarActivation): Universality | undefined {
  if (derivativeMoment(act, 1) !== 0) return undefined;
  return { ...none, note: FLAT };
}

/** Why nothing is critical where φ' = 0. */
export const FLAT = "φ' is 0 almost everywhere: no small change passes, χ_J = 0 at every initialisation.";

function scaleInvariant(act: ScalarActivation): Universality | undefined {
  if (!act.homogeneous) return undefined;
  return {
    class: "scale-invariant",
    critical: { sw2: 1 / derivativeMoment(act, 1), sb2: 0, K: undefined },
    zeta: 0,
    note: "Scale-invariant: K keeps the value of the first layer.",
  };
}

/** φ(0) = 0, φ' continuous and not 0 there, and K' < K near 0 at sw2 = 1/φ'(0)². */
function zeroClass(act: ScalarActivation): Universality | undefined {
  if (act.kernelOnly) return undefined;
  const { taylor } = act;
  if (taylor !== undefined) {
    const [value, s1, s2, s3] = taylor;
    if (value !== 0 || s1 === 0) return undefined;
    const a1 = s3 / s1 + 0.75 * (s2 / s1) ** 2;
    const b1 = s3 / s1 + (s2 / s1) ** 2;
    if (a1 > 0) return undefined;
    if (a1 < 0) return { ...atZero(s1 * s1), zeta: b1 / a1, a1, b1, note: fallNote(1, -a1, b1 / a1) };
  }
  return zeroClassByLaw(act);
}

/** Where the Taylor coefficients do not decide: the law of K near 0 is read off the moments. */
function zeroClassByLaw(act: ScalarActivation): Universality | undefined {
  const approach = approachToZero(act);
  if (approach === undefined || approach.jumps) return undefined;
  const { slopeSquare, law } = approach;
  if (law !== undefined)
    return {
      ...atZero(slopeSquare),
      zeta: law.zeta,
      note: fallNote(law.power, law.power * law.rate, law.zeta),
    };
  const saturates = secondMoment(act, 1) < slopeSquare;
  if (!saturates) return undefined;
  const note = "Linear around 0: K falls only logarithmically, as 1/(2 ln l), and J as its square root.";
  return { ...atZero(slopeSquare), zeta: 0, note };
}

function atZero(slopeSquare: number) {
  return { class: "zero", critical: { sw2: 1 / slopeSquare, sb2: 0, K: 0 } } as const;
}

/**
 * φ' jumps at 0, as selu's: no critical point of the expansion around K* = 0 (effective-theory.md §3), but K falls slowly where
 * sw2 = 1/A(0), and the note says so.
 */
function bentAtZero(act: ScalarActivation): Universality | undefined {
  const approach = act.kernelOnly ? undefined : approachToZero(act);
  if (approach?.law === undefined) return undefined;
  const { slopeSquare, law } = approach;
  const sw2 = Number((1 / slopeSquare).toPrecision(6));
  const fall = fallNote(law.power, law.power * law.rate, law.zeta);
  return {
    ...none,
    note: `φ' jumps at 0, so there is no expansion around K* = 0 and no class; yet at σw² = ${sw2}, σb² = 0 ${fall}`,
  };
}

/** K^power ~ 1/(rate l). */
function fallNote(power: number, rate: number, zeta: number): string {
  const digits = (value: number) => Number(value.toPrecision(6));
  const fall =
    power === 1 ? (digits(rate) === 1 ? "1/l" : `1/(${digits(rate)} l)`) : `l^-${digits(1 / power)}`;
  return `K falls as ${fall}, J as l^-${digits(zeta)}.`;
}

/** Roots of dB/dK = A with sb2 = K - B/A >= 0: both susceptibilities are 1 at sw2 = 1/A. */
function halfStable(act: ScalarActivation): Universality | undefined {
  const gap = (K: number) => chiKMoment(act, K) - derivativeMoment(act, K);
  const K = rootsOnGrid(gap, searchGrid).find(
    (root) => root - secondMoment(act, root) / derivativeMoment(act, root) >= 0,
  );
  if (K === undefined) return undefined;
  const sw2 = 1 / derivativeMoment(act, K);
  return {
    class: "half-stable",
    critical: { sw2, sb2: K - sw2 * secondMoment(act, K), K },
    zeta: 0,
    note: "Half-stable: K* attracts from one side only, and slowly, so give the first layer the variance that makes K^1 = K*.",
  };
}

const searchGrid = logSpaced(1e-3, 1e3, 300);
