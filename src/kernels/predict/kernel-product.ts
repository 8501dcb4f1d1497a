/** @file Products of a kernel matrix with a few columns, whether it lies in memory as one array or in blocks. */
import { FathomError, zeros } from "../../tensor/index.ts";
import type { BlockMatrix } from "../types.ts";
import { type Float64, product } from "./dense.ts";

/** A kernel of training items: one array, or blocks (in memory or in a store). */
export type KernelMatrix = Float64 | BlockMatrix;

export function isBlocks(kernel: KernelMatrix): kernel is BlockMatrix {
  return "read" in kernel;
}

/** Rows of the kernel. */
export function rowsOf(kernel: KernelMatrix): number {
  return isBlocks(kernel) ? kernel.rows : (kernel.shape[0] ?? 0);
}

/**
 * K b; every block is read once, so that a matrix in a store needs the memory of a block.
 * @param b [columns of the kernel, c].
 * @throws FathomError cancelled.
 * @example await kernelProduct(kernel, alpha)
 */
export async function kernelProduct(
  kernel: KernelMatrix,
  b: Float64,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Float64> {
  if (!isBlocks(kernel)) return product(kernel, b);
  const { rows, columns, blockSize, symmetric } = kernel;
  const out = zeros("float64", [rows, b.shape[1]!]);
  for (let i = 0; i * blockSize < rows; i++) {
    const last = symmetric ? i : Math.ceil(columns / blockSize) - 1;
    for (let j = 0; j <= last; j++) {
      if (signal?.aborted) throw new FathomError({ code: "cancelled", message: "The product was stopped." });
      const block: Block = {
        data: await kernel.read(i, j),
        row: i * blockSize,
        column: j * blockSize,
        width: Math.min(blockSize, columns - j * blockSize),
      };
      addBlock(block, b, out);
      if (symmetric && i !== j) addTransposedBlock(block, b, out);
    }
  }
  return out;
}

interface Block {
  readonly data: Float32Array | Float64Array;
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

function addBlock({ data, row, column, width }: Block, b: Float64, out: Float64): void {
  const c = b.shape[1]!;
  for (let at = 0; at < data.length; at++) {
    const [to, from] = [(row + Math.floor(at / width)) * c, (column + (at % width)) * c];
    const factor = data[at]!;
    for (let k = 0; k < c; k++) out.data[to + k]! += factor * b.data[from + k]!;
  }
}

/** The same block where the upper triangle would have it. */
function addTransposedBlock({ data, row, column, width }: Block, b: Float64, out: Float64): void {
  const c = b.shape[1]!;
  for (let at = 0; at < data.length; at++) {
    const [from, to] = [(row + Math.floor(at / width)) * c, (column + (at % width)) * c];
    const factor = data[at]!;
    for (let k = 0; k < c; k++) out.data[to + k]! += factor * b.data[from + k]!;
  }
}
