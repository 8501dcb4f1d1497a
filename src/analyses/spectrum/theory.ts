/** @file The predicted spectrum as plain data: its numbers, and its density on grids made for reading and drawing. */
import { type Isometry, isometryOf, type JacobianSpectrum } from "../../theory/index.ts";

/** What theory says of a Jacobian's spectrum. */
export interface SpectrumPrediction {
  readonly spectrum: JacobianSpectrum;
  readonly isometry: Isometry;
  /** Where the continuous part ends at the left, or all but 0.2 % of it. */
  readonly density: Density;
  /** Of the singular values s = sqrt(λ), 2 s ρ(s²), on an even grid: from 0, or over a narrow spectrum alone. */
  readonly singular: { readonly s: readonly number[]; readonly rho: readonly number[] };
}

export interface Density {
  /** Ascending. */
  readonly lambda: readonly number[];
  readonly rho: readonly number[];
}

const POINTS = 320;
const SINGULAR_POINTS = 240;
/** The density is given from this quantile on. */
const LEFT_OUT = 2e-3;

/**
 * The prediction of a spectrum.
 * @throws FathomError failed where the density does not add up to mean and variance.
 */
export function predictSpectrum(spectrum: JacobianSpectrum): SpectrumPrediction {
  const isometry = isometryOf(spectrum);
  const { bulk } = spectrum;
  const drawn = bulk !== null && Number.isFinite(bulk.upper) && bulk.upper > 0;
  if (!drawn) return { spectrum, isometry, density: { lambda: [], rho: [] }, singular: { s: [], rho: [] } };
  const lambda = eigenvalueGrid(spectrum, bulk.upper);
  const [from, top] = [singularStart(lambda[0]!, bulk.upper), Math.sqrt(bulk.upper)];
  const s = Array.from(
    { length: SINGULAR_POINTS },
    (_, i) => from + ((top - from) * (i + 0.5)) / SINGULAR_POINTS,
  );
  const rho = spectrum.density(s.map((value) => value * value));
  return {
    spectrum,
    isometry,
    density: { lambda, rho: Array.from(spectrum.density(lambda)) },
    singular: { s, rho: s.map((value, i) => 2 * value * rho[i]!) },
  };
}

/** A spectrum in the upper half of [0, edge] is drawn by itself: from 0 on it would be one line. */
function singularStart(least: number, upper: number): number {
  return least > upper / 4 ? Math.sqrt(least) : 0;
}

/** Even in sqrt(ln(edge/λ)): close at the edge, where the density ends as a square root. */
function eigenvalueGrid(spectrum: JacobianSpectrum, upper: number): number[] {
  const zero = spectrum.atoms.find(({ at }) => at === 0)?.mass ?? 0;
  const left = spectrum.quantile(zero + (1 - zero) * LEFT_OUT);
  const range = Math.log(upper / Math.max(left, Number.MIN_VALUE));
  return Array.from({ length: POINTS }, (_, i) => {
    const u = (POINTS - i - 0.5) / POINTS;
    return upper * Math.exp(-range * u * u);
  });
}
