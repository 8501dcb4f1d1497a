/**
 * @file Forms by Hermite series (kernels.md §3): polynomials exactly, everything else to a stated rest. Slots of a position:
 * 1/s, how many coefficients it needs, and the coefficients of those l that φ has (all, the even, or the odd ones).
 */
import {
  derivativeMoment,
  hermiteRow,
  hermiteSeries,
  hermiteTable,
  type ScalarActivation,
  secondMoment,
} from "../../theory/index.ts";
import { type ActivationForm, forms, representable } from "./form.ts";
import { sparseSeries } from "./sparse.ts";
import { SMALLEST_VARIANCE, termsNeeded } from "./terms.ts";

/** Coefficients that are worth their memory: 4 bytes each a position and item. */
const MOST_COEFFICIENTS = 96;
/** Where a series is tried. */
const SMALL = 1;
const LARGE = 8;
/** The l that are kept: first, first + step, … */
interface Pattern {
  readonly first: 0 | 1;
  readonly step: 1 | 2;
  readonly count: number;
}

/** The form of a series: by quadrature over its terms where that holds, else its first terms. */
export function seriesForm(act: ScalarActivation): ActivationForm {
  const { first, step } = parity(act);
  const full = hermiteSeries(act).length;
  if (Number.isFinite(full)) return termByTerm(act, { first, step, count: Math.ceil((full - first) / step) });
  const { form, holds } = sparseSeries(act, step === 1 ? [0, 1] : [first]);
  if (holds(SMALL) && holds(LARGE)) return form;
  return termByTerm(act, { first, step, count: countAt(act, LARGE, { first, step }) });
}

/** A form that keeps the first terms. */
function termByTerm(act: ScalarActivation, { first, step, count }: Pattern): ActivationForm {
  const degrees = Array.from({ length: count }, (_, i) => first + step * i);
  const at = coefficientsAt(act, degrees);
  return {
    id: forms.series,
    constants: [first, step],
    slots: 2 + count,
    prepare: (v, out, place) => {
      const variance = Math.max(v, SMALLEST_VARIANCE);
      const { coefficients, square } = at(variance);
      out[place] = 1 / Math.sqrt(variance);
      out.set(coefficients, place + 2);
      const sizes = { square, slope: variance * derivativeMoment(act, variance) };
      out[place + 1] = termsNeeded(coefficients, (i) => degrees[i]!, sizes);
      return representable(act, square, v);
    },
    missing: (v) => {
      if (Number.isFinite(hermiteSeries(act).length)) return 0;
      const row = hermiteRow(act, degrees, Math.max(v, SMALLEST_VARIANCE));
      const held = row.subarray(0, -1).reduce((sum, a) => sum + a * a, 0);
      // The table's own error is 1e-9.
      return Math.max(1e-9, 1 - held / row.at(-1)!);
    },
  };
}

/** Coefficients at some l as a function of v, and E φ². */
function coefficientsAt(act: ScalarActivation, degrees: readonly number[]) {
  const series = hermiteSeries(act);
  if (Number.isFinite(series.length))
    return (v: number) => {
      const { coefficients } = series.terms(v);
      return { coefficients: degrees.map((l) => coefficients[l]!), square: secondMoment(act, v) };
    };
  const table = hermiteTable(act, degrees);
  return (v: number) => {
    const row = table(v);
    return { coefficients: [...row.subarray(0, -1)], square: row.at(-1)! };
  };
}

/** Which l there are: all, the even, or the odd ones. */
function parity(act: ScalarActivation): Pick<Pattern, "first" | "step"> {
  const row = firstCoefficients(act, SMALL);
  const size = 1e-12 * Math.sqrt(row.at(-1)!);
  const has = (odd: number) => row.subarray(0, -1).some((a, l) => l % 2 === odd && Math.abs(a) > size);
  if (has(0) && has(1)) return { first: 0, step: 1 };
  return { first: has(1) ? 1 : 0, step: 2 };
}

/** a_0 to a_191, and E φ². */
function firstCoefficients(act: ScalarActivation, v: number): Float64Array {
  const degrees = Array.from({ length: 2 * MOST_COEFFICIENTS }, (_, l) => l);
  return hermiteRow(act, degrees, v);
}

/** How many terms float32 sees at a variance, or as many as are worth it. */
function countAt(act: ScalarActivation, v: number, { first, step }: Pick<Pattern, "first" | "step">): number {
  const row = firstCoefficients(act, v);
  const coefficients = row.subarray(0, -1);
  const sizes = { square: row.at(-1)!, slope: v * derivativeMoment(act, v) };
  const beyond = {
    square: Math.max(
      0,
      coefficients.reduce((rest, a) => rest - a * a, sizes.square),
    ),
    slope: Math.max(
      0,
      coefficients.reduce((rest, a, l) => rest - l * a * a, sizes.slope),
    ),
  };
  const length = termsNeeded(coefficients, (l) => l, sizes, beyond);
  return Math.min(MOST_COEFFICIENTS, Math.max(1, Math.ceil((length - first) / step)));
}
