/**
 * @file Constant matrices along the axes of a grid: y = A x gives K' = A K Aᵀ and Θ' = A Θ Aᵀ (kernels.md §2.1). Pooling,
 * resizing, slicing and aggregation are all of this form; the matrices are sparse.
 */
import { type SparseMatrix, sparseFromEntries } from "../../tensor/index.ts";
import type { WindowAxis } from "../../theory/index.ts";
import { type KernelState, mapped, sizeOfGrid } from "./state.ts";
import { tapsOf } from "./taps.ts";

/** Sums over windows, each divided by its length or by the positions that it sees. */
export function poolMatrix(axis: WindowAxis, divisor: "none" | "window" | "inside"): SparseMatrix {
  const { inputs, outputs, kernel, sources } = tapsOf(axis);
  const [rows, columns, values]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < outputs; i++) {
    const seen = [...sources.subarray(i * kernel, (i + 1) * kernel)].filter((source) => source >= 0);
    const count = { none: 1, window: kernel, inside: seen.length }[divisor];
    for (const source of seen) {
      rows.push(i);
      columns.push(source);
      values.push(1 / count);
    }
  }
  return sparseFromEntries({ shape: [outputs, inputs], rows, columns, values: Float64Array.from(values) });
}

/** A matrix given by its rows, of which the entries that are not 0 are kept. */
export function sparseFromRows(matrix: readonly (readonly number[])[]): SparseMatrix {
  const entries = matrix.flatMap((row, i) =>
    row.flatMap((value, j) => (value === 0 ? [] : [{ i, j, value }])),
  );
  return sparseFromEntries({
    shape: [matrix.length, matrix[0]!.length],
    rows: entries.map(({ i }) => i),
    columns: entries.map(({ j }) => j),
    values: Float64Array.from(entries, ({ value }) => value),
  });
}

/** Positions `from … to − 1` of an axis. */
export function rangeMatrix(size: number, from: number, to: number): SparseMatrix {
  const columns = Array.from({ length: to - from }, (_, i) => from + i);
  return sparseFromEntries({ shape: [to - from, size], rows: [...columns.keys()], columns });
}

/** `[outer × n × inner]` → `[outer × n' × inner]`. */
function alongAxis(array: Float64Array, matrix: SparseMatrix, outer: number, inner: number): Float64Array {
  const { indptr, indices, values } = matrix;
  const [rows, columns] = matrix.shape;
  const result = new Float64Array(outer * rows * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < rows; i++) {
      const to = (o * rows + i) * inner;
      for (let k = indptr[i]!; k < indptr[i + 1]!; k++) {
        const from = (o * columns + indices[k]!) * inner;
        const value = values[k]!;
        for (let t = 0; t < inner; t++) result[to + t]! += value * array[from + t]!;
      }
    }
  }
  return result;
}

/** A along every axis of the grid that starts after `outer` entries, each entry of it `inner` numbers. */
function alongGrid(
  array: Float64Array,
  matrices: readonly SparseMatrix[],
  outer: number,
  inner: number,
): Float64Array {
  let result = array;
  let before = outer;
  for (const [axis, matrix] of matrices.entries()) {
    const after = matrices.slice(axis + 1).reduce((total, { shape }) => total * shape[1], inner);
    result = alongAxis(result, matrix, before, after);
    before *= matrix.shape[0];
  }
  return result;
}

/** The state of y = A x, one matrix an axis. In diagonal layout the rows of A hold one entry at most. */
export function transformed(state: KernelState, matrices: readonly SparseMatrix[]): KernelState {
  const { pairs, layout } = state;
  const inputs = sizeOfGrid(state.grid);
  const grid = matrices.map(({ shape }) => shape[0]);
  const outputs = sizeOfGrid(grid);
  const along = (array: Float64Array) => alongGrid(array, matrices, 1, pairs);
  const change =
    layout === "full"
      ? (array: Float64Array) =>
          alongGrid(alongGrid(array, matrices, 1, inputs * pairs), matrices, outputs, pairs)
      : (array: Float64Array) => alongGrid(array, matrices.map(squared), 1, pairs);
  return { ...mapped(state, change, along), grid };
}

function squared(matrix: SparseMatrix): SparseMatrix {
  return { ...matrix, values: matrix.values.map((value) => value * value) };
}
