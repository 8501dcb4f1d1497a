/**
 * @file Small dense linear algebra in float64: a thin face on ml-matrix that takes and gives plain arrays, and
 * refuses at the door what would loop or return rubbish (entries that are not finite, shapes that do not meet).
 * For matrices of up to about a thousand rows; large kernel systems have their own engine.
 */
import {
  CholeskyDecomposition,
  EigenvalueDecomposition,
  LuDecomposition,
  Matrix,
  QrDecomposition,
  SingularValueDecomposition,
} from "ml-matrix";
import { type NdArray, ndarray, showShape } from "./array.ts";
import { FathomError } from "./errors.ts";

type Float64 = NdArray<"float64">;

/** Largest relative asymmetry that counts as rounding: products of a few thousand terms stay well below. */
const SYMMETRY_TOLERANCE = 1e-10;

/**
 * Thin QR factorisation by Householder reflections. The diagonal of R may have either sign.
 * @param a [m, n] with m >= n.
 * @returns q [m, n] with orthonormal columns, r [n, n] upper triangular, a = q r.
 * @throws FathomError bad-shape when a is wider than tall or no matrix; bad-input for non-finite entries.
 * @example const { q, r } = qr(ndarray("float64", [2, 2], [3, 1, 4, 1]));
 */
export function qr(a: Float64): { q: Float64; r: Float64 } {
  const matrix = toMatrix(a, "a");
  if (matrix.rows < matrix.columns) {
    throw badShape(
      "a",
      `QR needs at least as many rows as columns, not ${showShape(a.shape)}.`,
      "Transpose it.",
    );
  }
  const decomposition = new QrDecomposition(matrix);
  return {
    q: fromMatrix(decomposition.orthogonalMatrix),
    r: fromMatrix(decomposition.upperTriangularMatrix),
  };
}

/**
 * Thin singular value decomposition, a = u diag(s) v^T.
 * @param a [m, n]; k = min(m, n).
 * @returns u [m, k], s [k] in descending order, v [n, k].
 * @throws FathomError bad-shape, bad-input as `qr`.
 * @example svd(ndarray("float64", [1, 2], [3, 4])).s.data[0] // 5
 */
export function svd(a: Float64): { u: Float64; s: Float64; v: Float64 } {
  const matrix = toMatrix(a, "a");
  const wide = matrix.rows < matrix.columns;
  const decomposition = new SingularValueDecomposition(wide ? matrix.transpose() : matrix);
  const left = fromMatrix(decomposition.leftSingularVectors);
  const right = fromMatrix(decomposition.rightSingularVectors);
  const s = ndarray("float64", [decomposition.diagonal.length], decomposition.diagonal);
  return wide ? { u: right, s, v: left } : { u: left, s, v: right };
}

/**
 * The singular values alone, several times faster than with vectors: about 0.3 s for 500 rows.
 * @param a [m, n]; k = min(m, n).
 * @returns [k] in descending order; each is exact to rounding of the largest.
 * @throws FathomError bad-shape, bad-input as `qr`.
 * @example singularValues(ndarray("float64", [2, 2], [0, 3, 4, 0])).data // [4, 3]
 */
export function singularValues(a: Float64): Float64 {
  const { diagonal } = new SingularValueDecomposition(toMatrix(a, "a"), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  return ndarray("float64", [diagonal.length], Float64Array.from(diagonal));
}

/**
 * Eigenvalues and orthonormal eigenvectors of a symmetric matrix (asymmetry of the size of rounding is averaged).
 * @param a [n, n].
 * @returns values [n] ascending; vectors [n, n], column j belonging to value j.
 * @throws FathomError bad-shape when a is not square; bad-input when it is not symmetric or not finite.
 * @example eigenSymmetric(ndarray("float64", [2, 2], [2, 1, 1, 2])).values.data // [1, 3]
 */
export function eigenSymmetric(a: Float64): { values: Float64; vectors: Float64 } {
  const matrix = toSymmetric(a);
  const decomposition = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const values = Float64Array.from(decomposition.realEigenvalues);
  const order = Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!);
  const vectors = decomposition.eigenvectorMatrix.subMatrixColumn(order);
  return {
    values: ndarray(
      "float64",
      [order.length],
      Float64Array.from(order, (i) => values[i]!),
    ),
    vectors: fromMatrix(vectors),
  };
}

/**
 * Cholesky factor of a symmetric positive definite matrix.
 * @param a [n, n].
 * @returns l [n, n] lower triangular with positive diagonal, a = l l^T.
 * @throws FathomError bad-shape, bad-input as `eigenSymmetric`; failed when a is not positive definite.
 * @example cholesky(ndarray("float64", [1, 1], [9])).data[0] // 3
 */
export function cholesky(a: Float64): Float64 {
  const decomposition = new CholeskyDecomposition(toSymmetric(a));
  if (!decomposition.isPositiveDefinite()) {
    throw new FathomError({
      code: "failed",
      where: "a",
      message: `The matrix ${showShape(a.shape)} is not positive definite.`,
      hint: "Add a small multiple of the identity (jitter), or use eigenSymmetric.",
    });
  }
  return fromMatrix(decomposition.lowerTriangularMatrix);
}

/**
 * Solves a x = b for a square matrix by LU with partial pivoting.
 * @param a [n, n]. @param b [n] or [n, k].
 * @returns x of b's shape.
 * @throws FathomError bad-shape when shapes do not meet; failed when a is singular.
 * @example solve(ndarray("float64", [1, 1], [2]), ndarray("float64", [1], [6])).data[0] // 3
 */
export function solve(a: Float64, b: Float64): Float64 {
  const matrix = toMatrix(a, "a");
  requireSquare(a, matrix);
  const right = toRightSide(b, matrix.rows);
  const decomposition = new LuDecomposition(matrix);
  const x = decomposition.isSingular() ? undefined : fromMatrix(decomposition.solve(right)).data;
  if (!x?.every(Number.isFinite)) {
    throw new FathomError({
      code: "failed",
      where: "a",
      message: `The matrix ${showShape(a.shape)} is singular, so a x = b has no single solution.`,
      hint: "Use leastSquares for the solution of least norm.",
    });
  }
  return ndarray("float64", b.shape, x);
}

/**
 * The x of least norm among those that minimise |a x - b|, by SVD: defined for every rank.
 * @param a [m, n]. @param b [m] or [m, k].
 * @returns x [n] or [n, k].
 * @throws FathomError bad-shape, bad-input as `qr`.
 * @example leastSquares(ndarray("float64", [2, 1], [1, 1]), ndarray("float64", [2], [1, 3])).data[0] // 2
 */
export function leastSquares(a: Float64, b: Float64): Float64 {
  const { u, s, v } = svd(a);
  const right = toRightSide(b, a.shape[0]!);
  // Singular values below this are rounding of zeros (Golub and Van Loan §5.5.8).
  const cutoff = Number.EPSILON * Math.max(...a.shape) * s.data[0]!;
  const projected = toMatrix(u, "u").transpose().mmul(right);
  for (let i = 0; i < s.data.length; i++) projected.mulRow(i, s.data[i]! > cutoff ? 1 / s.data[i]! : 0);
  const x = toMatrix(v, "v").mmul(projected);
  return ndarray("float64", [a.shape[1]!, ...b.shape.slice(1)], fromMatrix(x).data);
}

function toMatrix(a: Float64, where: string): Matrix {
  const [rows, columns] = a.shape;
  if (a.shape.length !== 2 || rows! < 1 || columns! < 1) {
    throw badShape(
      where,
      `A matrix is needed, not the shape ${showShape(a.shape)}.`,
      "Give a shape [m, n] >= 1.",
    );
  }
  const matrix = new Matrix(rows!, columns!);
  for (let i = 0; i < a.data.length; i++) {
    const value = a.data[i]!;
    const [row, column] = [Math.floor(i / columns!), i % columns!];
    if (!Number.isFinite(value)) {
      throw new FathomError({
        code: "bad-input",
        where: `${where}[${row}, ${column}]`,
        message: `The matrix holds ${value}.`,
        hint: "Entries must be finite.",
      });
    }
    matrix.set(row, column, value);
  }
  return matrix;
}

function toSymmetric(a: Float64): Matrix {
  const matrix = toMatrix(a, "a");
  requireSquare(a, matrix);
  const largest = Math.max(Math.abs(matrix.max()), Math.abs(matrix.min()));
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < i; j++) {
      const [lower, upper] = [matrix.get(i, j), matrix.get(j, i)];
      if (Math.abs(lower - upper) > SYMMETRY_TOLERANCE * largest) {
        throw new FathomError({
          code: "bad-input",
          where: `a[${i}, ${j}]`,
          message: `The matrix is not symmetric: ${lower} against ${upper}.`,
          hint: "Pass (a + a^T) / 2 if that is what is meant.",
        });
      }
      const mean = lower + (upper - lower) / 2;
      matrix.set(i, j, mean);
      matrix.set(j, i, mean);
    }
  }
  return matrix;
}

function requireSquare(a: Float64, matrix: Matrix): void {
  if (!matrix.isSquare())
    throw badShape("a", `A square matrix is needed, not ${showShape(a.shape)}.`, "Give a shape [n, n].");
}

function toRightSide(b: Float64, rows: number): Matrix {
  if (b.shape[0] !== rows || b.shape.length > 2) {
    throw badShape(
      "b",
      `The right side ${showShape(b.shape)} does not meet the matrix's ${rows} rows.`,
      `Give a shape [${rows}] or [${rows}, k].`,
    );
  }
  return toMatrix(b.shape.length === 1 ? ndarray("float64", [rows, 1], b.data) : b, "b");
}

function fromMatrix(matrix: Matrix): Float64 {
  return ndarray("float64", [matrix.rows, matrix.columns], Float64Array.from(matrix.to1DArray()));
}

function badShape(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-shape", where, message, hint });
}
