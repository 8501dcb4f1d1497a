/**
 * @file Functions of a kernel matrix by its eigenvectors (kernels.md §9): what gradient flow on a squared loss does along
 * each of them, with λ the eigenvalue and τ = ηt/size.
 */
import { eigenSymmetric, FathomError, ndarray } from "../../tensor/index.ts";
import { type Float64, product, rowsScaled, transposedProduct } from "./dense.ts";

/** Rows up to which a kernel is taken apart: more take minutes, and the time grows faster than the cube. */
export const mostSpectrumRows = 2000;

/** K = U diag(values) Uᵀ; values that are rounding of zeros (or below) are 0. */
export interface Spectrum {
  /** [n], ascending. */
  readonly values: Float64Array;
  /** [n, n], column j belonging to value j. */
  readonly vectors: Float64;
}

/** A factor of one eigenvalue. */
type SpectralFunction = (value: number) => number;

/**
 * Eigenvalues and eigenvectors of a kernel with `ridge` added to its diagonal.
 * @param kernel - [n, n], as `checkedKernel` gives it.
 * @throws FathomError too-large above 2000 rows.
 * @example const spectrum = kernelSpectrum(checkedKernel(ntk, "ntk"), { where: "ntk" });
 */
export function kernelSpectrum(
  kernel: Float64,
  { where, ridge = 0 }: { readonly where: string; readonly ridge?: number },
): Spectrum {
  const n = kernel.shape[0] ?? 0;
  if (n > mostSpectrumRows) {
    throw new FathomError({
      code: "too-large",
      where,
      message: `Training for a finite time needs all eigenvectors of a kernel of ${n} rows.`,
      hint: `Use at most ${mostSpectrumRows} training outputs, or the end of training (t = Infinity), which needs none.`,
    });
  }
  const regular = ridge === 0 ? kernel : ndarray("float64", kernel.shape, kernel.data.slice());
  for (let i = 0; i < n; i++) regular.data[i * n + i]! += ridge;
  const { values, vectors } = eigenSymmetric(regular);
  // Smaller ones are rounding of zeros: the error of the solver is of this size (Golub and Van Loan §8.3).
  const zero = n * Number.EPSILON * Math.max(values.data[n - 1]!, 0);
  return { values: values.data.map((value) => (value > zero ? value : 0)), vectors };
}

/** U diag(f(λ)) Uᵀ b, of b [n, c]. */
export function applied(spectrum: Spectrum, f: SpectralFunction, b: Float64): Float64 {
  const { values, vectors } = spectrum;
  return product(vectors, rowsScaled(transposedProduct(vectors, b), values.map(f)));
}

/** e^{−λτ}: what is left of the distance to the targets. Along λ = 0 nothing is learnt, however long. */
export function remaining(tau: number): SpectralFunction {
  return (value) => (value === 0 ? 1 : Math.exp(-value * tau));
}

/** 1 − e^{−λτ}: what is learnt. */
export function learnt(tau: number): SpectralFunction {
  return (value) => (value === 0 ? 0 : -Math.expm1(-value * tau));
}

/**
 * (1 − e^{−λτ})/λ, whose limit along λ = 0 is τ. There test items have no component in exact arithmetic, so that what
 * would be infinite at τ = ∞ counts as nothing: the pseudo-inverse.
 */
export function gain(tau: number): SpectralFunction {
  return (value) => {
    if (value === 0) return Number.isFinite(tau) ? tau : 0;
    return -Math.expm1(-value * tau) / value;
  };
}
