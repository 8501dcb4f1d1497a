/**
 * @file Gaussian-process inference with a kernel (kernels.md §9): the posterior of a regression, and the ensemble of networks that
 * were trained to the end. Everything large goes through the factor of the kernel and through blocks of it.
 */
import { zeros } from "../../tensor/index.ts";
import { blockMatrix } from "../gram/matrix.ts";
import { type Factor, type FactoriseOptions, factorise, logMarginalLikelihood } from "../solve/index.ts";
import type { Attention, BlockMatrix } from "../types.ts";
import { badInput, checkCross, checkedKernel, checkPrior, checkTargets } from "./checks.ts";
import { columnDots, combined, type Float64, rowDots, transposed, transposedProduct } from "./dense.ts";
import { missingNtk } from "./ensemble.ts";
import { isBlocks, itemsOfKernel, type KernelMatrix, kernelProduct } from "./kernel-product.ts";
import type { GaussianPrediction } from "./prediction.ts";
import { checkDiagReg } from "./regularisation.ts";

/** Targets, regularisation, and how the kernel is factorised. */
export interface InferenceOptions extends Attention {
  /** Targets [N, C]. */
  readonly y: Float64;
  /**
   * Added to the diagonal: a number in units of its mean, or the least of 0, 1e-10, 1e-8, …, 1e-4 with which the kernel can be
   * factorised (`"ladder"`, the default).
   */
  readonly diagReg?: number | "ladder" | undefined;
  /** What `diagReg` is measured in; `absolute` takes the number as it is. */
  readonly diagRegScale?: "relative" | "absolute" | undefined;
  /** `float32-refined` keeps the factor in half the memory. */
  readonly mode?: FactoriseOptions["mode"] | undefined;
  readonly threads?: number | undefined;
  /** Bytes that the factor may take. */
  readonly memory?: number | undefined;
}

/** What one predicts for: kernels of M test items. */
export interface TestKernels {
  /** With the training items, [M, N]. */
  readonly cross: Float64;
  /** Among themselves: the diagonal [M] gives variances, all of it [M, M] covariances; without it there are means only. */
  readonly prior?: Float64 | undefined;
}

/**
 * The posterior of a regression: mean K* K⁻¹ Y, covariance K** − K* K⁻¹ K*ᵀ, of function values without noise.
 * @param kernel K ("nngp": a Bayesian network) or Θ ("ntkgp": the process whose kernel is Θ) of the training items, [N, N].
 * @throws FathomError bad-shape, bad-input (not symmetric, not finite, negative regularisation); failed where the kernel is
 * not positive definite with the regularisation asked for.
 * @example
 * const posterior = await gpInference(kernel, { y: classTargets(labels, 10) });
 * const { mean, variance } = await posterior.predict({ cross, prior: diagonal });
 */
export async function gpInference(kernel: KernelMatrix, options: InferenceOptions): Promise<GpPosterior> {
  checkTargets(options.y, itemsOfKernel(kernel));
  const blocks = blocksOf(kernel, "kernel");
  const factor = await factorise(blocks, await factorOptions(blocks, options));
  try {
    const alpha = await factor.solve(options.y, options);
    return new GpPosterior({ factor, y: options.y, alpha });
  } catch (error) {
    await factor[Symbol.asyncDispose]();
    throw error;
  }
}

/** A fitted Gaussian process; it holds the factor of the kernel until it is disposed of. */
export class GpPosterior {
  /** K⁻¹ Y, [N, C]: all that means need. */
  readonly alpha: Float64;
  readonly factor: Factor;
  readonly y: Float64;

  constructor({
    factor,
    y,
    alpha,
  }: { readonly factor: Factor; readonly y: Float64; readonly alpha: Float64 }) {
    this.factor = factor;
    this.y = y;
    this.alpha = alpha;
  }

  /** The posterior at training items, whose targets count as seen without noise: N(Y, 0). */
  train(): GaussianPrediction {
    return { mean: this.y, variance: zeros("float64", [this.y.shape[0]!]) };
  }

  /** The posterior at test items. @throws FathomError bad-shape, bad-input; the signal's reason. */
  async predict({ cross, prior }: TestKernels, attention: Attention = {}): Promise<GaussianPrediction> {
    checkCross(cross, this.y.shape[0]!);
    // As means from a kept alpha are computed: the same bits.
    const mean = await kernelProduct(cross, this.alpha, attention);
    if (prior === undefined) return { mean };
    checkPrior(prior, cross.shape[0]!);
    const whitened = await this.factor.whiten(transposed(cross), attention);
    if (prior.shape.length === 1)
      return { mean, variance: combined(prior, columnDots(whitened, whitened), -1) };
    return { mean, covariance: combined(prior, transposedProduct(whitened, whitened), -1) };
  }

  /** log p(Y) of all outputs: −½ tr YᵀK⁻¹Y − (C/2) log|K| − (N C/2) log 2π. */
  logEvidence(): number {
    return logMarginalLikelihood(this.factor, this.y, this.alpha);
  }

  /**
   * The factor s that makes the targets most likely under s·K: tr YᵀK⁻¹Y/(N C). Means do not depend on it; variances under
   * s·K are s times as large. Without items it is 1: nothing speaks against K as it is.
   */
  evidenceScale(): number {
    if (this.y.data.length === 0) return 1;
    return rowDots(this.y, this.alpha).data.reduce((sum, value) => sum + value, 0) / this.y.data.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.factor[Symbol.asyncDispose]();
  }
}

/** Kernels of M test items: `cross` is Θ(test, train), `prior` K(test, test). */
export interface NtkTestKernels extends TestKernels {
  /** K(test, train), [M, N]: needed for variances. */
  readonly nngpCross?: Float64 | undefined;
}

/**
 * The ensemble of networks of random initial weights, each trained by gradient flow to the end: mean Θ* Θ⁻¹ Y and, with B = Θ* Θ⁻¹,
 * covariance K** + B K Bᵀ − B K*ᵀ − K* Bᵀ. (It is no posterior; Lee et al. 2019, eq. 16.)
 * @param kernels Θ, and K of the same items, which variances need.
 * @throws FathomError as `gpInference`; bad-input naming K where variances are asked for without it.
 * @example const ensemble = await ntkInference({ ntk, nngp }, { y });
 */
export async function ntkInference(
  kernels: { readonly ntk?: KernelMatrix | undefined; readonly nngp?: KernelMatrix | undefined },
  options: InferenceOptions,
): Promise<NtkEnsemble> {
  const { ntk, nngp } = kernels;
  if (ntk === undefined) throw missingNtk("ntk");
  if (nngp !== undefined && itemsOfKernel(nngp) !== itemsOfKernel(ntk)) {
    throw badInput(
      "nngp",
      `K has ${itemsOfKernel(nngp)} rows and Θ has ${itemsOfKernel(ntk)}.`,
      "Give both for the same items.",
    );
  }
  // Before the factor is made, which nobody would dispose of.
  const covariance = nngp === undefined || isBlocks(nngp) ? nngp : checkedKernel(nngp, "nngp");
  return new NtkEnsemble(await gpInference(ntk, options), covariance);
}

/** A fitted ensemble; it holds the factor of Θ until it is disposed of. */
export class NtkEnsemble {
  /** The regression with Θ, whose mean is the ensemble's. */
  readonly regression: GpPosterior;
  readonly #nngp: KernelMatrix | undefined;

  constructor(regression: GpPosterior, nngp: KernelMatrix | undefined) {
    this.regression = regression;
    this.#nngp = nngp;
  }

  /** Every network fits its training items: N(Y, 0). */
  train(): GaussianPrediction {
    return this.regression.train();
  }

  /** The ensemble at test items. @throws FathomError bad-input for a prior without K; bad-shape; the signal's reason. */
  async predict(
    { cross, nngpCross, prior }: NtkTestKernels,
    attention: Attention = {},
  ): Promise<GaussianPrediction> {
    if (prior === undefined) return this.regression.predict({ cross }, attention);
    const nngp = this.#nngp;
    if (nngp === undefined || nngpCross === undefined)
      throw missingNngp(nngp === undefined ? "nngp" : "nngpCross");
    const { mean } = await this.regression.predict({ cross }, attention);
    checkCross(nngpCross, cross.shape[1]!, "nngpCross");
    checkPrior(prior, cross.shape[0]!);
    const b = await this.regression.factor.solve(transposed(cross), attention);
    const kb = await kernelProduct(nngp, b, attention);
    // Columns of b are rows of B; the diagonal of B K Bᵀ − 2 K* Bᵀ, or all of B K Bᵀ − K* Bᵀ − B K*ᵀ.
    const kstar = transposed(nngpCross);
    if (prior.shape.length === 1)
      return { mean, variance: combined(prior, columnDots(combined(kb, kstar, -2), b), 1) };
    const half = transposedProduct(combined(kb, kstar, -1), b);
    return { mean, covariance: combined(combined(prior, half, 1), transposedProduct(b, kstar), -1) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.regression[Symbol.asyncDispose]();
  }
}

function missingNngp(where: string) {
  return badInput(
    where,
    "The variance of trained networks needs K, the covariance of their initial outputs, as well as Θ.",
    'Compute both, get: ["nngp", "ntk"], or leave out the prior for means alone.',
  );
}

function blocksOf(kernel: KernelMatrix, where: string): BlockMatrix {
  return isBlocks(kernel) ? kernel : blockMatrix(checkedKernel(kernel, where), { symmetric: true });
}

async function factorOptions(
  kernel: BlockMatrix,
  {
    diagReg = "ladder",
    diagRegScale = "relative",
    mode,
    threads,
    memory,
    signal,
    onProgress,
  }: InferenceOptions,
): Promise<FactoriseOptions> {
  return {
    jitter: diagReg === "ladder" ? diagReg : await relativeJitter(kernel, diagReg, diagRegScale),
    mode,
    threads,
    memory,
    signal,
    onProgress,
  };
}

async function relativeJitter(kernel: BlockMatrix, diagReg: number, scale: "relative" | "absolute") {
  checkDiagReg(diagReg);
  if (scale === "relative" || diagReg === 0 || kernel.rows === 0) return diagReg;
  const diagonal = await kernel.diagonal();
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length;
  // Where it is no scale the factor says what is wrong with the diagonal.
  return mean > 0 ? diagReg / mean : diagReg;
}
