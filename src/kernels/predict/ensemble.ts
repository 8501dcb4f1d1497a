/**
 * @file The distribution over random initial weights of what gradient flow on a squared loss gives after t steps (kernels.md
 * §9; Lee et al. 2019, arXiv 1902.06720, eq. 16): a Gaussian process whose mean and covariance are in closed form. With A = Θ(test,
 * train) U[(1 − e^{−ηtλ/size})/λ]Uᵀ every network of the ensemble is f_t* = f₀* − A f₀ + A Y, and f₀ has covariance K.
 */

import {
  badInput,
  checkCross,
  checkedKernel,
  checkPositive,
  checkPrior,
  checkTargets,
  checkTime,
} from "./checks.ts";
import type { Float64 } from "./dense.ts";
import { combined, product, productTransposed, rowDots, rowsScaled, transposed } from "./dense.ts";
import type { GaussianPrediction } from "./prediction.ts";
import { type RegularisationOptions, regularisation } from "./regularisation.ts";
import { applied, gain, kernelSpectrum, learnt, remaining, type Spectrum } from "./spectrum.ts";

/** `ntk`: all weights are trained. `nngp`: only those of the last layer, whose kernel K is then the tangent kernel. */
export type Trained = "nngp" | "ntk";

/** Kernels and targets of the training items, and the learning rate. */
export interface EnsembleOptions extends RegularisationOptions {
  /** K of the training items, [N, N]: the covariance of initial outputs. */
  readonly nngp: Float64;
  /** Θ of the training items, [N, N]; needed where all weights are trained. */
  readonly ntk?: Float64 | undefined;
  /** Targets [N, C]; the loss is ½‖f − Y‖²/(N C). */
  readonly y: Float64;
  /** η of a step, 1 unless said. */
  readonly learningRate?: number;
}

/** Kernels of M test items with the training items [M, N], and of K among themselves: [M] or [M, M]. */
export interface EnsembleTest {
  readonly nngp: Float64;
  readonly ntk?: Float64 | undefined;
  /** K(test, test): its diagonal gives variances, all of it covariances; without it there are means only. */
  readonly prior?: Float64 | undefined;
}

/** Predictors of one ensemble; t counts steps of training, Infinity is the end. */
export interface Ensemble {
  /** Outputs of the training items after t steps: mean [N, C], covariance [N, N] of each output. */
  train(t: number): GaussianPrediction;
  /** Outputs of test items after t steps: mean [M, C] and variance [M] or covariance [M, M]. */
  test(t: number, test: EnsembleTest): GaussianPrediction;
}

/**
 * Prepares an ensemble; what each kernel needs is computed once.
 * @returns its two predictors, which throw FathomError bad-input for t < 0, bad-shape for kernels that do not meet.
 * @throws FathomError bad-input where Θ is missing for "ntk", bad-shape, too-large above 2000 rows.
 * @example
 * const ensemble = gradientDescentMseEnsemble("ntk", { nngp, ntk, y, learningRate: 0.1 });
 * ensemble.test(1000, { nngp: crossK, ntk: crossTheta, prior: diagonalK }).variance // [M]
 */
export function gradientDescentMseEnsemble(trained: Trained, options: EnsembleOptions): Ensemble {
  const { y, learningRate = 1 } = options;
  checkPositive(learningRate, "learningRate");
  const k = checkedKernel(options.nngp, "nngp");
  const n = k.shape[0]!;
  checkTargets(y, n);
  const tangent = trained === "ntk" ? tangentOf(options, n) : k;
  const spectrum = kernelSpectrum(tangent, { where: trained, ridge: regularisation(tangent, options) });
  const time = (t: number) => {
    checkTime(t);
    return (learningRate / y.data.length) * t;
  };
  const setting: Setting = { spectrum, k, y };
  const [train, test] = trained === "nngp" ? [lastLayerTrain, lastLayerTest] : [allTrain, allTest];
  return { train: (t) => train(setting, time(t)), test: (t, of) => test(setting, time(t), of) };
}

interface Setting {
  /** Of the kernel that trains. */
  readonly spectrum: Spectrum;
  /** K of the training items. */
  readonly k: Float64;
  readonly y: Float64;
}

function tangentOf({ ntk }: EnsembleOptions, n: number): Float64 {
  if (ntk === undefined) throw missingNtk("ntk");
  const tangent = checkedKernel(ntk, "ntk");
  if (tangent.shape[0] === n) return tangent;
  throw badInput("ntk", `Θ has ${tangent.shape[0]} rows and K has ${n}.`, "Give both for the same items.");
}

/** Training with the last layer's kernel only. The covariance is U λ e^{−2λτ} Uᵀ. */
function lastLayerTrain({ spectrum, y }: Setting, tau: number): GaussianPrediction {
  const left = remaining(2 * tau);
  return {
    mean: applied(spectrum, learnt(tau), y),
    covariance: matrixOf(spectrum, (value) => value * left(value)),
  };
}

function lastLayerTest(
  { spectrum, y }: Setting,
  tau: number,
  { nngp: cross, prior }: EnsembleTest,
): GaussianPrediction {
  checkCross(cross, y.shape[0]!, "nngp");
  const mean = product(cross, applied(spectrum, gain(tau), y));
  if (prior === undefined) return { mean };
  checkPrior(prior, cross.shape[0]!);
  const explained = transposed(applied(spectrum, gain(2 * tau), transposed(cross)));
  if (prior.shape.length === 2)
    return { mean, covariance: combined(prior, productTransposed(explained, cross), -1) };
  return { mean, variance: combined(prior, rowDots(explained, cross), -1) };
}

/** All weights. The covariance is (U e^{−λτ} Uᵀ) K (U e^{−λτ} Uᵀ). */
function allTrain({ spectrum, k, y }: Setting, tau: number): GaussianPrediction {
  const half = applied(spectrum, remaining(tau), k);
  return {
    mean: applied(spectrum, learnt(tau), y),
    covariance: applied(spectrum, remaining(tau), transposed(half)),
  };
}

function allTest(
  { spectrum, k, y }: Setting,
  tau: number,
  { nngp, ntk, prior }: EnsembleTest,
): GaussianPrediction {
  if (ntk === undefined) throw missingNtk("test.ntk");
  checkCross(ntk, y.shape[0]!, "ntk");
  const mean = product(ntk, applied(spectrum, gain(tau), y));
  if (prior === undefined) return { mean };
  checkCross(nngp, y.shape[0]!, "nngp");
  checkPrior(prior, ntk.shape[0]!);
  const a = transposed(applied(spectrum, gain(tau), transposed(ntk)));
  return { mean, ...carried({ a, k, cross: nngp, prior }) };
}

/** K** + A K Aᵀ − A K*ᵀ − K* Aᵀ: the covariance of f* − A f. Its diagonal alone where K** is one. */
export function carried({
  a,
  k,
  cross,
  prior,
}: {
  /** [M, N] */
  readonly a: Float64;
  /** [N, N] */
  readonly k: Float64;
  /** K(test, train), [M, N] */
  readonly cross: Float64;
  /** [M] or [M, M] */
  readonly prior: Float64;
}): Pick<GaussianPrediction, "variance" | "covariance"> {
  // A K − 2 K* in the diagonal; with both halves apart in the matrix, which stays symmetric.
  const ak = product(a, k);
  if (prior.shape.length === 1) return { variance: combined(prior, rowDots(combined(ak, cross, -2), a), 1) };
  const half = productTransposed(combined(ak, cross, -1), a);
  return { covariance: combined(combined(prior, half, 1), productTransposed(a, cross), -1) };
}

/** U diag(f(λ)) Uᵀ. */
function matrixOf({ values, vectors }: Spectrum, f: (value: number) => number): Float64 {
  return productTransposed(transposed(rowsScaled(transposed(vectors), values.map(f))), vectors);
}

/** The refusal where Θ is needed and was not given. */
export function missingNtk(where: string) {
  return badInput(
    where,
    "Training all weights needs the tangent kernel Θ as well as K.",
    'Compute both, get: ["nngp", "ntk"]; with K alone only the last layer can be trained ("nngp").',
  );
}
