/**
 * @file Duals by Hermite series (kernels.md §3, "Numerical f"): E φ(u)φ(v) = Σ a_l(Ka) a_l(Kb) ρ^l, and by Price's theorem
 * E φ'(u)φ'(v) = Σ l a_l(Ka) a_l(Kb) ρ^{l-1}/s, ρ = C/s, s = sqrt(Ka Kb). The coefficients are functions of the variance, kept as
 * Chebyshev interpolants in log v on panels that are made when a variance first falls into them. What a series leaves out is
 * known: E φ² - Σ a_l². A smooth φ needs tens of terms, one with a kink more than any table holds where |ρ| is close to 1.
 */
import type { ScalarActivation } from "./activation.ts";
import { tabulate } from "./chebyshev-panel.ts";
import { hermiteCoefficients } from "./hermite-coefficients.ts";
import { derivativeMoment, secondMoment } from "./moments.ts";

/** The coefficients of one variance, and the shares of E φ² and E φ'² that the terms beyond them hold. */
export interface HermiteTerms {
  readonly variance: number;
  /** a_0, a_1, … */
  readonly coefficients: Float64Array;
  /** 1 - Σ a_l²/E φ²; 0 where all further coefficients are rounding. */
  readonly missing: number;
  /** 1 - Σ l a_l²/(v E φ'²). */
  readonly missingSlope: number;
}

/** A series and a bound of what it leaves out, relative to sqrt(E φ(u)² E φ(v)²), or to that of φ'. */
export interface SeriesValue {
  readonly value: number;
  readonly missing: number;
}

/** The Hermite expansion of an activation at every variance. */
export interface HermiteSeries {
  /** The terms at a variance >= 0. */
  terms(v: number): HermiteTerms;
  /** How many terms a polynomial has; more than any table for others. */
  readonly length: number;
}

const FEWEST = 32;
/** More cost milliseconds a variance, and leave of a jump in φ' about 1e-6. */
const MOST_TERMS = 2048;
/** Coefficients below this share of sqrt(E φ²) are rounding of the quadrature. */
const NOTHING = 3e-14;
/** Below it the terms are those at it: φ is then its tangent, or its two at a kink. */
export const SMALLEST_VARIANCE = 1e-30;

const made = new WeakMap<ScalarActivation, HermiteSeries>();

/**
 * The coefficients of an activation at some l, and E φ² behind them, at variance v.
 * @param degrees the l, ascending.
 * @example hermiteRow(scalarActivation("tanh"), [1, 3], 1)[2] // E tanh(z)²
 */
export function hermiteRow(act: ScalarActivation, degrees: readonly number[], v: number): Float64Array {
  return rowOf(act, degrees, v, enough(act, v, degrees.at(-1)! + 1).length);
}

function rowOf(act: ScalarActivation, degrees: readonly number[], v: number, count: number): Float64Array {
  const coefficients = hermiteCoefficients(act, v, count);
  return Float64Array.of(...degrees.map((l) => coefficients[l] ?? 0), secondMoment(act, v));
}

/** `hermiteRow` as a function of v for tables of float32, to 1e-9 of sqrt(E φ²); below 1e-30 it is that of 1e-30. */
export function hermiteTable(act: ScalarActivation, degrees: readonly number[]): (v: number) => Float64Array {
  const most = degrees.at(-1)! + 1;
  const table = tabulate({
    on: (upper) => {
      const count = enough(act, upper, most).length;
      return (v) => rowOf(act, degrees, v, count);
    },
    accepts: (found, exact) => {
      const size = exact.at(-1)!;
      const close = (a: number, l: number) => Math.abs(a - found[l]!) <= 1e-9 * Math.sqrt(size);
      return exact.subarray(0, -1).every(close) && Math.abs(size - found.at(-1)!) <= 1e-9 * size;
    },
  });
  return (v) => table(Math.max(v, SMALLEST_VARIANCE));
}

/**
 * The series of an activation, one object for each.
 * @example hermiteSeries(scalarActivation("tanh")).terms(1).coefficients[1] // E tanh(z) z
 */
export function hermiteSeries(act: ScalarActivation): HermiteSeries {
  let series = made.get(act);
  if (series === undefined) {
    series = act.moments.hermite === undefined ? interpolated(act) : finite(act.moments.hermite);
    made.set(act, series);
  }
  return series;
}

/** A polynomial: the coefficients are known, and there are no more. */
function finite(coefficientsOf: (K: number) => ArrayLike<number>): HermiteSeries {
  return {
    length: coefficientsOf(1).length,
    terms: (v) => {
      const variance = Math.max(v, SMALLEST_VARIANCE);
      return {
        variance,
        coefficients: Float64Array.from(coefficientsOf(variance)),
        missing: 0,
        missingSlope: 0,
      };
    },
  };
}

function interpolated(act: ScalarActivation): HermiteSeries {
  const coefficientsAt = tabulate({
    on: (upper) => {
      const count = enough(act, upper).length;
      return (v) => hermiteCoefficients(act, v, count);
    },
    accepts: (found, exact, v) => agree(found, exact, Math.sqrt(secondMoment(act, v))),
  });
  return {
    length: Number.POSITIVE_INFINITY,
    terms: (v) => {
      const variance = Math.max(v, SMALLEST_VARIANCE);
      return withRest(act, variance, coefficientsAt(variance));
    },
  };
}

/** Whether coefficients agree to 1e-11 of `size`; φ' weighs a_l with sqrt(l). */
function agree(found: Float64Array, exact: Float64Array, size: number): boolean {
  return exact.every((a, l) => Math.abs(a - found[l]!) * Math.sqrt(1 + l) <= 1e-11 * size);
}

/** As many coefficients as are more than rounding, or `most`. */
function enough(act: ScalarActivation, v: number, most = MOST_TERMS): Float64Array {
  const size = NOTHING * Math.sqrt(secondMoment(act, v));
  for (let count = FEWEST; ; count *= 2) {
    const coefficients = hermiteCoefficients(act, v, Math.min(count, most));
    if (count >= most || vanishes(coefficients, size)) return coefficients;
  }
}

/** Whether the last eighth is below `size`. */
function vanishes(coefficients: Float64Array, size: number): boolean {
  return coefficients.subarray((7 * coefficients.length) / 8).every((a) => Math.abs(a) <= size);
}

function withRest(act: ScalarActivation, variance: number, coefficients: Float64Array): HermiteTerms {
  const B = secondMoment(act, variance);
  if (vanishes(coefficients, 10 * NOTHING * Math.sqrt(B)))
    return { variance, coefficients, missing: 0, missingSlope: 0 };
  let [held, slope] = [0, 0];
  for (const [l, a] of coefficients.entries()) {
    held += a * a;
    slope += l * a * a;
  }
  const A = derivativeMoment(act, variance);
  // What rounding leaves of the differences is no more than 1e-14.
  const missing = Math.max(1e-14, 1 - held / B);
  return { variance, coefficients, missing, missingSlope: Math.max(1e-14, 1 - slope / (variance * A)) };
}

/** Powers below it add nothing. */
const NEGLIGIBLE = 1e-18;

/** E φ(u) φ(v) of the correlation ρ. */
export function seriesDual(p: HermiteTerms, q: HermiteTerms, rho: number): SeriesValue {
  const count = Math.min(p.coefficients.length, q.coefficients.length);
  const most = Math.abs(rho);
  let [value, power, size] = [0, 1, 1];
  for (let l = 0; l < count && size > NEGLIGIBLE; l++) {
    value += p.coefficients[l]! * q.coefficients[l]! * power;
    power *= rho;
    size *= most;
  }
  return { value, missing: Math.sqrt(p.missing * q.missing) * size };
}

/** E φ'(u) φ'(v) of the correlation ρ. */
export function seriesDualDerivative(p: HermiteTerms, q: HermiteTerms, rho: number): SeriesValue {
  const count = Math.min(p.coefficients.length, q.coefficients.length);
  const most = Math.abs(rho);
  let [value, power, size] = [0, 1, 1];
  for (let l = 1; l < count && size > NEGLIGIBLE / MOST_TERMS; l++) {
    value += l * p.coefficients[l]! * q.coefficients[l]! * power;
    power *= rho;
    size *= most;
  }
  const s = Math.sqrt(p.variance) * Math.sqrt(q.variance);
  return { value: value / s, missing: Math.sqrt(p.missingSlope * q.missingSlope) * size };
}
