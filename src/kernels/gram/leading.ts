/** @file The kernel of the first items, from that of all: a learning curve takes one kernel matrix. */

import { FathomError } from "../../tensor/index.ts";
import type { BlockMatrix } from "../types.ts";
import { spansOf } from "./grid.ts";
import { matrixOf } from "./matrix.ts";

/**
 * The leading n × n part of a symmetric matrix in blocks; blocks are read when they are asked for.
 * @param n - at most the rows of the matrix.
 * @throws FathomError bad-input where the matrix is not symmetric or does not have so many rows.
 * @example await factorise(leadingMatrix(nngp, 1000))
 */
export function leadingMatrix(matrix: BlockMatrix, n: number): BlockMatrix {
  requireLeading(matrix, n);
  if (n === matrix.rows) return matrix;
  const part = { rows: n, columns: n, symmetric: true, dtype: matrix.dtype };
  return matrixOf({
    ...part,
    async block(place) {
      const block = await matrix.read(place.i, place.j);
      const { rows, columns } = spansOf(part, place);
      const before = spansOf(matrix, place).columns.count;
      if (columns.count === before) return block.subarray(0, rows.count * columns.count);
      const out = block.slice(0, rows.count * columns.count);
      for (let r = 0; r < rows.count; r++)
        out.set(block.subarray(r * before, r * before + columns.count), r * columns.count);
      return out;
    },
  });
}

function requireLeading({ rows, columns, symmetric }: BlockMatrix, n: number): void {
  if (symmetric && Number.isInteger(n) && n >= 0 && n <= rows) return;
  throw new FathomError({
    code: "bad-input",
    message: `A ${symmetric ? "symmetric " : ""}matrix of ${rows} × ${columns} has no leading part of ${n} items.`,
    where: "n",
    hint: `Give the kernel of one set of items with itself, and a whole number from 0 to ${rows}.`,
  });
}
