/**
 * @file Forms by Hermite series (kernels.md §3): polynomials exactly, everything else to a stated rest. Slots of a position:
 * 1/s, how many coefficients it needs, and the coefficients of those l that φ has (all, the even, or the odd ones).
 */
import {
  derivativeMoment,
  hermiteSeries,
  hermiteTable,
  type ScalarActivation,
  secondMoment,
} from "../../theory/index.ts";
import { type ActivationForm, forms, representable } from "./form.ts";

/** Left out of k, and of k̇, at most: what float32 rounds away. */
const TOLERANCE = 1e-7;
const SLOPE_TOLERANCE = 1e-6;
/** Coefficients that are worth their memory: 4 bytes each a position and item. */
const MOST_COEFFICIENTS = 96;
/** As in theory: the coefficients below it are those at it, which keeps E φ' of silent positions. */
const SMALLEST_VARIANCE = 1e-30;

export interface SeriesOptions {
  /** The variance up to which the series is to be exact to float32. Default 4. */
  readonly largestVariance?: number;
}

/** The l that are kept: first, first + step, … */
interface Pattern {
  readonly first: 0 | 1;
  readonly step: 1 | 2;
  readonly count: number;
}

/** The form of a series long enough for `largestVariance`, or as long as is worth it ({@link ActivationForm.missing}). */
export function seriesForm(
  act: ScalarActivation,
  { largestVariance = 4 }: SeriesOptions = {},
): ActivationForm {
  const pattern = patternOf(act, largestVariance);
  const { first, step, count } = pattern;
  const table = tableOf(act, first + step * count);
  const rest = (v: number) => {
    const { coefficients, square } = table(Math.max(v, SMALLEST_VARIANCE));
    let held = 0;
    for (let i = 0; i < count; i++) held += (coefficients[first + step * i] ?? 0) ** 2;
    return Math.max(0, 1 - held / square);
  };
  return {
    id: forms.series,
    constants: [first, step],
    slots: 2 + count,
    prepare: (v, out, at) => {
      const variance = Math.max(v, SMALLEST_VARIANCE);
      const { coefficients, square } = table(variance);
      out[at] = 1 / Math.sqrt(variance);
      for (let i = 0; i < count; i++) out[at + 2 + i] = coefficients[first + step * i] ?? 0;
      out[at + 1] = needed(out.subarray(at + 2, at + 2 + count), square, pattern);
      return representable(act, square, v);
    },
    // The table's own error is 1e-9.
    missing: (v) => (hermiteSeries(act).length <= first + step * count ? 0 : Math.max(1e-9, rest(v))),
  };
}

/** Coefficients as a function of v, and E φ². */
function tableOf(act: ScalarActivation, count: number) {
  const series = hermiteSeries(act);
  if (Number.isFinite(series.length))
    return (v: number) => ({ coefficients: series.terms(v).coefficients, square: secondMoment(act, v) });
  const table = hermiteTable(act, count);
  return (v: number) => {
    const row = table(v);
    return { coefficients: row.subarray(0, count), square: row[count]! };
  };
}

/** How many coefficients hold all of E φ² and of v E φ'² but what float32 loses. */
function needed(coefficients: Float32Array, square: number, { first, step }: Pattern): number {
  let [value, slope] = [0, 0];
  for (const [i, a] of coefficients.entries()) slope += (first + step * i) * a * a;
  const most = [TOLERANCE * square, SLOPE_TOLERANCE * slope];
  slope = 0;
  for (let i = coefficients.length - 1; i > 0; i--) {
    const share = coefficients[i]! ** 2;
    value += share;
    slope += (first + step * i) * share;
    // Half of what may be left out, the rest of the series being the other.
    if (2 * value > most[0]! || 2 * slope > most[1]!) return i + 1;
  }
  return 1;
}

/** Which l there are, and how many of them hold E φ² and E φ'² at the largest variance. */
function patternOf(act: ScalarActivation, v: number): Pattern {
  const { coefficients, missing, missingSlope } = hermiteSeries(act).terms(v);
  const size = 1e-12 * Math.sqrt(secondMoment(act, v));
  const has = (parity: number) => coefficients.some((a, l) => l % 2 === parity && Math.abs(a) > size);
  const step = has(0) && has(1) ? 1 : 2;
  const first = step === 2 && has(1) ? 1 : 0;
  const square = secondMoment(act, v);
  const slopes = v * derivativeMoment(act, v);
  let [value, slope] = [missing * square, missingSlope * slopes];
  let length = coefficients.length;
  while (length > 1) {
    const share = coefficients[length - 1]! ** 2;
    value += share;
    slope += (length - 1) * share;
    if (2 * value > TOLERANCE * square || 2 * slope > SLOPE_TOLERANCE * slopes) break;
    length--;
  }
  const exact = Number.isFinite(hermiteSeries(act).length) ? coefficients.length : length;
  return { first, step, count: Math.min(MOST_COEFFICIENTS, Math.ceil((exact - first) / step)) };
}
