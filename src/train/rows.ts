/** @file Rows of an array as an array of their own. */
import { allocate, type DType, type NdArray, sizeOf } from "../tensor/index.ts";

/**
 * Rows of an array [N, ...], filled up with zero rows to `count`.
 * @returns [count, ...]
 * @example pickRows(dataset.train.inputs, Int32Array.of(3, 5), 2)
 */
export function pickRows<D extends DType>(array: NdArray<D>, rows: Int32Array, count: number): NdArray<D> {
  const [, ...rest] = array.shape;
  const width = sizeOf(rest);
  const data = allocate(array.dtype, count * width);
  for (const [i, row] of rows.entries()) {
    data.set(array.data.subarray(row * width, (row + 1) * width) as never, i * width);
  }
  return { dtype: array.dtype, shape: [count, ...rest], data };
}
