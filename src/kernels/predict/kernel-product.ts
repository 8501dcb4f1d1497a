/** @file Products of a kernel matrix with a few columns, whether it lies in memory as one array or in blocks. */
import { zeros } from "../../tensor/index.ts";
import { blockMatrix } from "../gram/matrix.ts";
import { columnsOf, rowsOf } from "../solve/right-hand-sides.ts";
import { type RowOperator, streamedProduct } from "../solve/streamed-product.ts";
import type { Attention, BlockMatrix } from "../types.ts";
import type { Float64 } from "./dense.ts";

/** A kernel of training items: one array, or blocks (in memory or in a store). */
export type KernelMatrix = Float64 | BlockMatrix;

/** Whether a kernel lies in blocks. */
export function isBlocks(kernel: KernelMatrix): kernel is BlockMatrix {
  return "read" in kernel;
}

/** Rows of the kernel. */
export function itemsOfKernel(kernel: KernelMatrix): number {
  return isBlocks(kernel) ? kernel.rows : (kernel.shape[0] ?? 0);
}

/** The kernel as an operator on vectors. @throws FathomError bad-shape unless an array is a matrix. */
export function kernelOperator(kernel: KernelMatrix): Promise<RowOperator> {
  return streamedProduct(isBlocks(kernel) ? kernel : blockMatrix(kernel, { symmetric: false }), 0);
}

/**
 * K b; every block is read once, so that a matrix in a store needs the memory of a block.
 * @param b [columns of the kernel, c].
 * @throws FathomError bad-shape, bad-input where b does not meet the kernel or is not finite; the signal's reason.
 * @example await kernelProduct(kernel, alpha)
 */
export async function kernelProduct(
  kernel: KernelMatrix,
  b: Float64,
  { signal }: Pick<Attention, "signal"> = {},
): Promise<Float64> {
  const operator = await kernelOperator(kernel);
  const rows = rowsOf(b, operator.n);
  const shape = [itemsOfKernel(kernel), ...b.shape.slice(1)];
  return rows.length === 0
    ? zeros("float64", shape)
    : columnsOf(await operator.apply(rows, signal), { shape });
}
