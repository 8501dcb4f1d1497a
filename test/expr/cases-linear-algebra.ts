/** @file Examples of linear algebra: sparse products, factorisations. */
import { spmm } from "../../src/expr/index.ts";
import { sparseMatrix } from "../../src/tensor/index.ts";
import { example, n } from "./case.ts";

/** [3, 4] with an empty row, an unsorted one, and a repeated entry. */
const ragged = sparseMatrix({
  shape: [3, 4],
  indptr: Int32Array.of(0, 3, 3, 5),
  indices: Int32Array.of(2, 0, 2, 3, 1),
  values: Float64Array.of(0.5, -1, 2, 0.25, 3),
});

export const linearAlgebra = [
  example("spmm", [n(4, 3)], (x) => spmm(ragged, x)),
  example("spmm", [n(2, 4, 11)], (x) => spmm(ragged, x), "of a stack of matrices"),
];
