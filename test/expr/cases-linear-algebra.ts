/** @file Examples of linear algebra: sparse products, factorisations. */
import {
  add,
  cholesky,
  constant,
  eigh,
  matmul,
  mul,
  spmm,
  svd,
  type Tensor,
  tanh,
  triangularSolve,
} from "../../src/expr/index.ts";
import { sparseMatrix } from "../../src/tensor/index.ts";
import { example, n } from "./case.ts";

/** [3, 4] with an empty row, an unsorted one, and a repeated entry. */
const ragged = sparseMatrix({
  shape: [3, 4],
  indptr: Int32Array.of(0, 3, 3, 5),
  indices: Int32Array.of(2, 0, 2, 3, 1),
  values: Float64Array.of(0.5, -1, 2, 0.25, 3),
});

/** x with a number added to the diagonal. */
function shifted(x: Tensor, value: number): Tensor {
  const n = x.shape.at(-1)!;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? value : 0)),
  );
  return add(x, constant(rows, x.dtype));
}

/** x xᵀ/n + 1/2: positive definite, off the identity. */
function positive(x: Tensor): Tensor {
  return shifted(mul(matmul(x, x, { transposeB: true }), 1 / x.shape.at(-1)!), 0.5);
}

/** A lower triangle with a diagonal of 1 to 3, and something above that must not be read. */
function triangle(x: Tensor): Tensor {
  return shifted(tanh(x), 2);
}

export const linearAlgebra = [
  example("cholesky", [n(5, 5)], (x) => cholesky(positive(x))),
  example("cholesky", [n(2, 3, 3)], (x) => cholesky(positive(x)), "of a stack of matrices"),
  example("cholesky", [n(3, 3)], (x) => cholesky(shifted(mul(x, 0.1), 2)), "of the symmetric part"),
  example("triangularSolve", [n(6, 6), n(6, 2)], (l, b) => triangularSolve(triangle(l), b)),
  example(
    "triangularSolve",
    [n(6, 6), n(6, 2)],
    (l, b) => triangularSolve(triangle(l), b, { transpose: true }),
    "transposed",
  ),
  example(
    "triangularSolve",
    [n(3, 1, 4, 4), n(2, 4, 1)],
    (l, b) => triangularSolve(triangle(l), b),
    "of stacks that broadcast",
  ),
  example("eigh", [n(4, 4)], (x) => eigh(x).values, "values"),
  example("eigh", [n(2, 4, 4)], (x) => eigh(x).vectors, "vectors"),
  example("svd", [n(4, 3)], (x) => svd(x).values, "values"),
  example("svd", [n(2, 3, 4)], (x) => svd(x).u, "left vectors of wide matrices"),
  example("svd", [n(4, 3)], (x) => svd(x).v, "right vectors of a tall matrix"),
  example("svd", [n(3, 3)], (x) => add(svd(x).u, svd(x).v), "both"),
  example("spmm", [n(4, 3)], (x) => spmm(ragged, x)),
  example("spmm", [n(2, 4, 11)], (x) => spmm(ragged, x), "of a stack of matrices"),
];
