/** @file The largest learning rate of gradient descent on a squared loss, from the largest eigenvalue of the tangent kernel. */
import { FathomError, Key, lanczos, normal, type RitzValues } from "../../tensor/index.ts";
import { badInput, checkMomentum, checkPositive } from "./checks.ts";
import { type KernelMatrix, kernelOperator } from "./kernel-product.ts";

/** The loss and the momentum that the rate is for. */
export interface LearningRateOptions {
  /** Outputs of all training items, N C: the loss is ½‖f − Y‖²/size. */
  readonly size: number;
  /** m in [0, 1), 0 unless said. */
  readonly momentum?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Relative error of the eigenvalue (kernels.md §9). */
const tolerance = 1e-6;
/** Products that are tried: kernels of data have a large leading eigenvalue, found in ten or so. */
const mostProducts = 300;

/**
 * 2(1 + m) size/(λmax + 1e-12): above it gradient descent (heavy-ball momentum m) diverges.
 * @param ntk Θ of the training items, [N, N], traced over its outputs.
 * @throws FathomError bad-input for a size or momentum that cannot be used, failed where λmax does not converge; the signal's reason.
 * @example await maxLearningRate(ntk, { size: 100 * 10 })
 */
export async function maxLearningRate(ntk: KernelMatrix, options: LearningRateOptions): Promise<number> {
  const { size, momentum = 0, signal } = options;
  checkPositive(size, "size");
  checkMomentum(momentum);
  const largest = await largestEigenvalue(ntk, { signal });
  return (2 * (1 + momentum) * size) / (largest + 1e-12);
}

/**
 * The largest eigenvalue of a positive semidefinite kernel to 1e-6 of itself, by Lanczos iteration.
 * @param kernel [N, N].
 * @throws FathomError bad-input where it has no rows, failed where it does not converge; the signal's reason.
 * @example await largestEigenvalue(nngp)
 */
export async function largestEigenvalue(
  kernel: KernelMatrix,
  { signal }: Pick<LearningRateOptions, "signal"> = {},
): Promise<number> {
  const { n, apply } = await kernelOperator(kernel);
  if (n === 0) throw badInput("kernel", "The kernel has no rows.", "Give at least one training item.");
  // The kernels are nonnegative as a rule, so that ones lean towards the leading vector; noise keeps it safe for others.
  const noise = normal(Key.fromSeed(0).split("lanczos"), "float64", [n]).data;
  // The error of a Ritz value is of the order of its residual squared over the gap: the residual bounds it.
  const enough = ({ largest }: RitzValues) => largest.residual <= tolerance * Math.abs(largest.value);
  const found = await lanczos((v) => apply(v, signal), {
    start: noise.map((x) => 1 + 0.1 * x),
    most: mostProducts,
    enough,
  });
  if (found !== undefined && (found.exhausted || found.products === n || enough(found)))
    return found.largest.value;
  throw new FathomError({
    code: "failed",
    where: "kernel",
    message: `The largest eigenvalue did not converge in ${mostProducts} products.`,
    hint: "The kernel may hold numbers that are not finite.",
  });
}
