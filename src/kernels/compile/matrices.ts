/** @file Constant matrices over positions, row by row: pooling with edges, resizing, aggregation (kernels.md §2.1). */
import type { SparseMatrix } from "../../tensor/index.ts";
import type { AxisMatrix, Window } from "./program.ts";

/** The entries of a dense matrix that are not 0. */
export function sparseRows(matrix: readonly (readonly number[])[]): AxisMatrix {
  return matrix.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ column, value }])));
}

/** The rows of a sparse matrix. */
export function columnsOf({ shape, indptr, indices, values }: SparseMatrix): AxisMatrix {
  return Array.from({ length: shape[0] }, (_, i) =>
    Array.from({ length: indptr[i + 1]! - indptr[i]! }, (__, k) => {
      const at = indptr[i]! + k;
      return { column: indices[at]!, value: values[at]! };
    }),
  );
}

/** Positions `from … to − 1`. */
export function rangeAxis(from: number, to: number): AxisMatrix {
  return Array.from({ length: to - from }, (_, i) => [{ column: from + i, value: 1 }]);
}

/** Sums over windows of one axis; `inside` divides by the positions that a window sees. */
export function poolAxis(
  axis: Window & { readonly size: number; readonly out: number },
  divisor: "none" | "inside",
): AxisMatrix {
  return Array.from({ length: axis.out }, (_, i) => {
    const all = Array.from({ length: axis.kernel }, (__, j) => i * axis.stride + j * axis.dilation - axis.lo);
    const seen = axis.wraps
      ? all.map((p) => (p + axis.size) % axis.size)
      : all.filter((p) => p >= 0 && p < axis.size);
    return seen.map((column) => ({ column, value: divisor === "inside" ? 1 / seen.length : 1 }));
  });
}

/** One matrix over rows and columns together; `width` of the positions before. */
export function kronecker(y: AxisMatrix, x: AxisMatrix, width: number): AxisMatrix {
  return y.flatMap((top) =>
    x.map((left) =>
      top.flatMap((a) =>
        left.map((b) => ({ column: a.column * width + b.column, value: a.value * b.value })),
      ),
    ),
  );
}
