/** @file A kernel matrix by its eigenvectors, and targets along them: what evidence and learning curves are made of. */
import { transposedProduct } from "../../kernels/index.ts";
import { eigenSymmetric, type NdArray } from "../../tensor/index.ts";

type Float64 = NdArray<"float64">;

/** Eigenvectors of a kernel of N items, the strongest first. */
export interface Modes {
  /** Eigenvalues of the matrix, 0 where rounding made them negative. */
  readonly values: Float64Array;
  /** (u_iᵀ y_c)², `[N][C]`. */
  readonly squares: readonly Float64Array[];
  /** Mean of the kernel's diagonal. */
  readonly meanDiagonal: number;
}

/**
 * @param kernel `[N, N]`, symmetric.
 * @param targets `[N, C]`.
 */
export function modesOf(kernel: Float64, targets: Float64): Modes {
  const [n, classes] = targets.shape as [number, number];
  const { values, vectors } = eigenSymmetric(kernel);
  const order = Array.from(values.data.keys()).sort((a, b) => values.data[b]! - values.data[a]!);
  const projections = transposedProduct(vectors, targets).data;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += kernel.data[i * n + i]!;
  return {
    values: Float64Array.from(order, (i) => Math.max(0, values.data[i]!)),
    squares: order.map((i) =>
      Float64Array.from({ length: classes }, (_, c) => projections[i * classes + c]! ** 2),
    ),
    meanDiagonal: trace / n,
  };
}
