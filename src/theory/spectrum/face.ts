/** @file What is asked of a spectrum: moments, density, distribution, quantiles, and the numbers of isometry. */
import { FathomError } from "../../tensor/index.ts";
import { requireCount } from "../checks.ts";
import type { Bulk } from "./bulk.ts";
import type { Curve } from "./curve.ts";
import { type Distribution, distributionOf, quantileOf, type Totals, totalsOf } from "./distribution.ts";
import { continuousMass } from "./edges.ts";
import { curveMoments } from "./series.ts";

/** A point mass of the spectrum. */
export interface SpectrumAtom {
  readonly at: number;
  readonly mass: number;
}

/**
 * The spectrum of J Jᵀ: its eigenvalues λ are the squares of the singular values of J. `logMean` and `logEdge` stay finite
 * where deep networks off the critical line leave float64 and `mean`, `edge` become 0 or Infinity.
 */
export interface JacobianSpectrum {
  /** m_1 = product of σ_w² E φ'². */
  readonly mean: number;
  readonly logMean: number;
  /** Of the eigenvalues: m_1² times `relativeVariance`. */
  readonly variance: number;
  /** sum over layers of µ2/µ1² - 1, plus 1 for each Gaussian weight matrix. */
  readonly relativeVariance: number;
  /** The upper end of the spectrum, an atom included; null where φ' is unbounded and there is none. */
  readonly edge: number | null;
  readonly logEdge: number | null;
  /** The continuous part: null where there is none; `lower` is 0 where it has no lower edge. */
  readonly bulk: { readonly lower: number; readonly upper: number } | null;
  /** Ascending. An atom at 0 holds what φ' rounds to 0, too: tanh' is 0 in float64 beyond 19. */
  readonly atoms: readonly SpectrumAtom[];
  /** m_1, m_2, …, m_count. @throws FathomError `bad-input` unless count is a whole number >= 1. */
  moments(count: number): number[];
  /**
   * Density of the continuous part at each λ; 0 outside of it.
   * @throws FathomError `bad-input` for no λ, or one that is not finite and > 0.
   */
  density(lambdas: ArrayLike<number>): Float64Array;
  /** The distribution function, computed once. @throws FathomError `failed` when it does not add up to mean and variance. */
  distribution(): Distribution;
  /** The least λ with F(λ) >= p. @throws FathomError `bad-input` unless 0 < p <= 1. */
  quantile(p: number): number;
  /** What density and atoms add up to over the grid of `distribution`, in units of the mean: 1, 1, `relativeVariance`. */
  totals(): Totals;
}

export interface SpectrumParts {
  readonly logMean: number;
  /** Relative. */
  readonly variance: number;
  readonly bounded: boolean;
  readonly curve: Curve;
  readonly bulk: Bulk;
}

const CELLS = 1000;
/** Where these do not add up (densities spread over very many scales), so many more are taken. */
const MORE_CELLS = 5000;
/** Mean and variance of the computed distribution may miss the exact ones by this, relative. */
const TOTAL_TOLERANCE = 1e-3;
/** What the smaller number of cells must reach. */
const FEW_TOLERANCE = 3e-4;

/** The face of a spectrum over its parts. */
export function spectrumOf({ logMean, variance, bounded, curve, bulk }: SpectrumParts): JacobianSpectrum {
  const { support } = bulk;
  const place = (x: number) => Math.exp(x + logMean);
  const atoms = support.atoms.map(({ x, mass }) => ({ at: place(x), mass }));
  const top = support.atoms.reduce((max, { x }) => Math.max(max, x), support.upper);
  const mean = Math.exp(logMean);
  const cells = once(() => {
    const few = bulk.cells(CELLS);
    return addsUp(totalsOf(few, support.atoms), variance, FEW_TOLERANCE) ? few : bulk.cells(MORE_CELLS);
  });
  const totals = once(() => totalsOf(cells(), support.atoms));
  const distribution = once(() => {
    checkTotals(totals(), variance);
    return distributionOf(cells(), support.atoms, logMean);
  });
  return {
    mean,
    logMean,
    variance: variance * mean * mean,
    relativeVariance: variance,
    edge: bounded ? place(top) : null,
    logEdge: bounded ? top + logMean : null,
    bulk:
      continuousMass(support) === 0
        ? null
        : { lower: support.lower === undefined ? 0 : place(support.lower), upper: place(support.upper) },
    atoms,
    moments(count) {
      requireCount(count, "count");
      return Array.from(curveMoments(curve, count), (m, i) => m * Math.exp((i + 1) * logMean));
    },
    density: (lambdas) => densityOf(bulk, lambdas, logMean),
    distribution,
    quantile(p) {
      if (p > 0 && p <= 1) return quantileOf(distribution(), p);
      throw refused("p", `p must lie in (0, 1], got ${p}.`, "Give a share such as 0.01.");
    },
    totals,
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function addsUp({ mean, variance: found }: Totals, expected: number, tolerance: number): boolean {
  return Math.abs(mean - 1) <= tolerance && Math.abs(found - expected) <= tolerance * Math.max(1, expected);
}

function checkTotals(totals: Totals, expected: number): void {
  if (addsUp(totals, expected, TOTAL_TOLERANCE)) return;
  throw new FathomError({
    code: "failed",
    message: `The density does not add up: mean ${totals.mean} instead of 1, variance ${totals.variance} instead of ${expected}, in units of the mean.`,
    where: "theory.spectrum",
    hint: "Moments, edge and atoms are exact all the same.",
  });
}

/** Descending for the continuation, whatever the order of what is asked. */
function densityOf(bulk: Bulk, lambdas: ArrayLike<number>, logMean: number): Float64Array {
  if (lambdas.length === 0) throw refused("lambdas", "No λ is given.", "Give at least one eigenvalue > 0.");
  const order = Array.from(lambdas, (lambda, i) => {
    if (lambda > 0 && Number.isFinite(lambda)) return i;
    throw refused(
      `lambdas[${i}]`,
      `λ must be finite and > 0, got ${lambda}.`,
      "The mass at 0 is among `atoms`.",
    );
  }).sort((a, b) => lambdas[b]! - lambdas[a]!);
  const rates = bulk.rates(Float64Array.from(order, (i) => Math.log(lambdas[i]!) - logMean));
  const density = new Float64Array(lambdas.length);
  order.forEach((i, rank) => {
    density[i] = rates[rank]! / lambdas[i]!;
  });
  return density;
}

function refused(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}
