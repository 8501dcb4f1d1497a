/**
 * @file How K' leaves K near K = 0 at sw2 = 1/A(0), read off the moments where the Taylor coefficients of φ do not decide
 * (effective-theory.md §3): K' = K (1 - c K^p) and chi_J = 1 - d K^p give K^p ~ 1/(p c l) and J ~ l^(-d/(p c)). So softsign and
 * elu, whose second derivatives jump at 0, have p = 1/2.
 */
import type { ScalarActivation } from "./activation.ts";
import { derivativeMoment, secondMoment } from "./moments.ts";

export interface ApproachToZero {
  /** A(0) = φ'(0)², the mean of both sides where φ' jumps. */
  readonly slopeSquare: number;
  /** Whether φ' jumps at 0. */
  readonly jumps: boolean;
  /** Undefined where K' - K vanishes faster than any power: φ is linear around 0. */
  readonly law: { readonly power: number; readonly rate: number; readonly zeta: number } | undefined;
}

/** So close to 0 that φ' is its limit. */
const BESIDE = 1e-150;
/** K' - K below this share of K is rounding. */
const VISIBLE = 1e-10;
const LARGEST = 1e-2;
const SMALLEST = 1e-8;
/** Powers of K are whole or half; a larger one is not told from none. */
const HIGHEST_POWER = 4;

/**
 * @returns undefined where K = 0 is no fixed point with a finite slope, or where it repels.
 * @example approachToZero(scalarActivation("softsign")) // slopeSquare 1, power 1/2, zeta 2
 */
export function approachToZero(act: ScalarActivation): ApproachToZero | undefined {
  const [left, right] = [act.df(-BESIDE), act.df(BESIDE)];
  const slopeSquare = (left * left + right * right) / 2;
  const continuous = Math.abs(act.f(BESIDE)) < 1e-6 && Math.abs(act.f(-BESIDE)) < 1e-6;
  if (act.f(0) !== 0 || slopeSquare === 0 || !Number.isFinite(slopeSquare) || !continuous) return undefined;
  const jumps = Math.abs(left - right) > 1e-6 * Math.abs(right);
  const loss = (K: number) => 1 - secondMoment(act, K) / K / slopeSquare;
  const drop = (K: number) => 1 - derivativeMoment(act, K) / slopeSquare;
  let K = LARGEST;
  while (K > SMALLEST && Math.abs(loss(K / 16)) > VISIBLE) K /= 4;
  const power = powerBetween(loss, K);
  if (power === undefined) return { slopeSquare, jumps, law: undefined };
  if (loss(K) < 0) return undefined;
  // d/c with its error of relative order sqrt(K) taken off.
  const ratio = 2 * (drop(K / 4) / loss(K / 4)) - drop(K) / loss(K);
  const exact = Math.abs(ratio - 1) < 1e-2 ? 1 : ratio;
  const rate = loss(K / 4) / (K / 4) ** power;
  return { slopeSquare, jumps, law: { power, rate, zeta: exact / power } };
}

/** The exponent of f between K/4 and K, if it is a power. */
function powerBetween(f: (K: number) => number, K: number): number | undefined {
  const [small, large] = [f(K / 4), f(K)];
  if (Math.abs(small) < VISIBLE || small * large < 0) return undefined;
  const exponent = Math.log(large / small) / Math.log(4);
  const nearest = Math.round(2 * exponent) / 2;
  return nearest > 0 && nearest <= HIGHEST_POWER && Math.abs(exponent - nearest) < 0.1 ? nearest : undefined;
}
