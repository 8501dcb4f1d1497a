/** @file The fixed evaluation set of a surface: rows of arrays in batches of one size. */
import { allocate, type DType, FathomError, type NdArray, sizeOf } from "../../tensor/index.ts";
import type { SurfaceBatch } from "./compiled.ts";

/**
 * Rows of a split, all unless said.
 * @throws FathomError bad-input for none, or one that the data do not have.
 */
export function checkedRows(rows: ArrayLike<number> | undefined, available: number): Int32Array {
  const chosen =
    rows === undefined
      ? Int32Array.from({ length: available }, (_, i) => i)
      : Float64Array.from({ length: rows.length }, (_, i) => rows[i]!);
  if (chosen.length === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "rows",
      message: "There are no examples to take the loss over.",
      hint: "Give at least one row.",
    });
  }
  const bad = chosen.findIndex((row) => !(Number.isInteger(row) && row >= 0 && row < available));
  if (bad < 0) return Int32Array.from(chosen);
  throw new FathomError({
    code: "bad-input",
    where: `rows[${bad}]`,
    message: `rows[${bad}] is ${chosen[bad]}; the data have rows 0 to ${available - 1}.`,
    hint: "Give rows that the split has.",
  });
}

/**
 * Rows in batches; the last is filled up with its first row, whose loss does not count but is finite if the others are.
 * @param arrays By the name under which each is fed; the first axis runs over rows.
 */
export function batchesOfRows(
  arrays: Readonly<Record<string, NdArray>>,
  rows: Int32Array,
  batch: number,
): SurfaceBatch[] {
  return Array.from({ length: Math.ceil(rows.length / batch) }, (_, b) => {
    const part = rows.subarray(b * batch, (b + 1) * batch);
    const feeds = Object.entries(arrays).map(([name, array]) => [name, rowsFrom(array, part, batch)]);
    return { feeds: Object.fromEntries(feeds), rows: part.length };
  });
}

/** A view where the rows follow one another, else a copy. */
function rowsFrom<D extends DType>(array: NdArray<D>, rows: Int32Array, count: number): NdArray<D> {
  const [, ...rest] = array.shape;
  const width = sizeOf(rest);
  const shape = [count, ...rest];
  const row = (i: number) => rows[i] ?? rows[0]!;
  const first = row(0);
  if (rows.length === count && rows.every((value, i) => value === first + i)) {
    return {
      dtype: array.dtype,
      shape,
      data: array.data.subarray(first * width, (first + count) * width) as never,
    };
  }
  const data = allocate(array.dtype, count * width);
  for (let i = 0; i < count; i++) {
    data.set(array.data.subarray(row(i) * width, (row(i) + 1) * width) as never, i * width);
  }
  return { dtype: array.dtype, shape, data };
}
