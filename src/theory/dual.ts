/**
 * @file The dual kernel of an activation as the kernel recursions use it: one entry k(c, v1, v2) and k̇ = ∂k/∂c, whatever is
 * known of φ (kernels.md §3). A closed form where there is one, else the Hermite series, and where that would leave out more than
 * 1e-10 (a kink and |ρ| near 1, a saturated φ) the two-dimensional quadrature.
 */
import type { ScalarActivation } from "./activation.ts";
import { LARGEST_K } from "./gaussian.ts";
import {
  type HermiteTerms,
  hermiteSeries,
  type SeriesValue,
  seriesDual,
  seriesDualDerivative,
} from "./hermite-series.ts";
import { dual, dualDerivative } from "./moments.ts";
import { type Covariance, checkedPair, geometricMean } from "./pair-geometry.ts";

/** Each function throws FathomError `bad-input` for moments that no pair has. */
export interface DualKernel {
  /** Where the values come from when nothing forces another way. */
  readonly method: "closed" | "series";
  /** E φ(u) φ(w), (u, w) Gaussian with variances v1, v2 and covariance c. */
  k(c: number, v1: number, v2: number): number;
  /** E φ'(u) φ'(w) = ∂k/∂c. */
  kdot(c: number, v1: number, v2: number): number;
}

/** Wanted of a series, relative to sqrt(k(v1, v1, v1) k(v2, v2, v2)). */
const TOLERANCE = 1e-10;

const made = new WeakMap<ScalarActivation, DualKernel>();

/**
 * The dual kernel of an activation, one object for each: what it has computed for a variance is kept.
 * @example dualKernel(scalarActivation("tanh")).k(0.5, 1, 1) // 0.186324413203
 */
export function dualKernel(act: ScalarActivation): DualKernel {
  let kernel = made.get(act);
  if (kernel === undefined) {
    kernel = act.moments.dual === undefined ? seriesKernel(act) : closedKernel(act);
    made.set(act, kernel);
  }
  return kernel;
}

function closedKernel(act: ScalarActivation): DualKernel {
  return {
    method: "closed",
    k: (C, Ka, Kb) => dual(act, { Ka, Kb, C }),
    kdot: (C, Ka, Kb) => dualDerivative(act, { Ka, Kb, C }),
  };
}

type Quadrature = (act: ScalarActivation, pair: Covariance) => number;
type Sum = (p: HermiteTerms, q: HermiteTerms, rho: number) => SeriesValue;

function seriesKernel(act: ScalarActivation): DualKernel {
  const terms = recent((v) => hermiteSeries(act).terms(v));
  const by = (sum: Sum, quadrature: Quadrature) => (C: number, Ka: number, Kb: number) => {
    const given = { Ka, Kb, C };
    // Overflowed signals, and one variable, are the quadrature's.
    if (!(Ka <= LARGEST_K && Kb <= LARGEST_K) || (C === Ka && C === Kb)) return quadrature(act, given);
    const pair = checkedPair(given);
    const s = geometricMean(Ka, Kb);
    const { value, missing } = sum(terms(Ka), terms(Kb), s === 0 ? 0 : pair.C / s);
    return missing <= TOLERANCE ? value : quadrature(act, pair);
  };
  return { method: "series", k: by(seriesDual, dual), kdot: by(seriesDualDerivative, dualDerivative) };
}

/** Variances of two blocks of images of a few thousand positions. */
const MOST_KEPT = 4096;

/** A function of a variance that remembers its latest results. */
function recent<T>(f: (v: number) => T): (v: number) => T {
  const kept = new Map<number, T>();
  return (v) => {
    let value = kept.get(v);
    if (value === undefined) {
      if (kept.size >= MOST_KEPT) kept.clear();
      value = f(v);
      kept.set(v, value);
    }
    return value;
  };
}
