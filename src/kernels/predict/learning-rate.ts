/** @file The largest learning rate of gradient descent on a squared loss, from the largest eigenvalue of the tangent kernel. */
import { eigenSymmetric, FathomError, Key, ndarray, normal } from "../../tensor/index.ts";
import { badInput, checkPositive } from "./checks.ts";
import { type KernelMatrix, kernelProduct, rowsOf } from "./kernel-product.ts";

export interface LearningRateOptions {
  /** Outputs of all training items, N C: the loss is ½‖f − Y‖²/size. */
  readonly size: number;
  /** m in [0, 1), 0 unless said. */
  readonly momentum?: number;
  readonly signal?: AbortSignal;
}

/** Relative error of the eigenvalue (kernels.md §9). */
const tolerance = 1e-6;
/** Products that are tried: kernels of data have a large leading eigenvalue, found in ten or so. */
const mostProducts = 300;

/**
 * 2(1 + m) size/(λmax + 1e-12): above it gradient descent (heavy-ball momentum m) diverges.
 * @param ntk Θ of the training items, [N, N], traced over its outputs.
 * @throws FathomError bad-input for a size or momentum that cannot be used, failed where λmax does not converge.
 * @example await maxLearningRate(ntk, { size: 100 * 10 })
 */
export async function maxLearningRate(ntk: KernelMatrix, options: LearningRateOptions): Promise<number> {
  const { size, momentum = 0, signal } = options;
  checkPositive(size, "size");
  if (!(momentum >= 0 && momentum < 1))
    throw badInput("momentum", `The momentum is ${momentum}.`, "Give 0 or more and less than 1.");
  const largest = await largestEigenvalue(ntk, signal === undefined ? {} : { signal });
  return (2 * (1 + momentum) * size) / (largest + 1e-12);
}

/**
 * The largest eigenvalue of a positive semidefinite kernel to 1e-6 of itself, by Lanczos with reorthogonalisation.
 * @throws FathomError failed where it does not converge, cancelled.
 */
export async function largestEigenvalue(
  kernel: KernelMatrix,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const n = rowsOf(kernel);
  if (n === 0) throw badInput("kernel", "The kernel has no rows.", "Give at least one training item.");
  // The kernels are nonnegative as a rule, so that ones lean towards the leading vector; noise keeps it safe for others.
  const noise = normal(Key.fromSeed(0).split("lanczos"), "float64", [n]).data;
  let v = unit(noise.map((x) => 1 + 0.1 * x));
  const basis: Float64Array[] = [];
  const [alphas, betas]: [number[], number[]] = [[], []];
  for (let step = 1; step <= Math.min(n, mostProducts); step++) {
    basis.push(v);
    const { data } = await kernelProduct(kernel, ndarray("float64", [n, 1], v), signal ? { signal } : {});
    const w = Float64Array.from(data);
    alphas.push(dot(w, v));
    orthogonalise(w, basis);
    const beta = Math.sqrt(dot(w, w));
    const { value, residual } = topRitzPair(alphas, betas, beta);
    // The error of a Ritz value is of the order of its residual squared over the gap: the residual bounds it.
    if (step === n || residual <= tolerance * Math.abs(value)) return value;
    betas.push(beta);
    v = w.map((x) => x / beta);
  }
  throw new FathomError({
    code: "failed",
    where: "kernel",
    message: `The largest eigenvalue did not converge in ${mostProducts} products.`,
    hint: "The kernel may hold numbers that are not finite.",
  });
}

function topRitzPair(alphas: readonly number[], betas: readonly number[], beta: number) {
  const m = alphas.length;
  const matrix = new Float64Array(m * m);
  alphas.forEach((alpha, i) => {
    matrix[i * m + i] = alpha;
    if (i + 1 < m) matrix[i * m + i + 1] = matrix[(i + 1) * m + i] = betas[i]!;
  });
  const { values, vectors } = eigenSymmetric(ndarray("float64", [m, m], matrix));
  return { value: values.data[m - 1]!, residual: beta * Math.abs(vectors.data[m * m - 1]!) };
}

function orthogonalise(w: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const q of basis) {
      const along = dot(w, q);
      for (let i = 0; i < w.length; i++) w[i]! -= along * q[i]!;
    }
  }
}

function unit(v: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(v, v));
  return v.map((x) => x / norm);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
