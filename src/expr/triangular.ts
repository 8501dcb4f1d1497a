/**
 * @file The loops of Cholesky factors and triangular solves, on one row-major float64 matrix at a time. Rows are taken four at a
 * time, so that each number read serves several products: 512 rows take some tens of milliseconds.
 */

/**
 * Replaces the lower triangle of a symmetric matrix by its Cholesky factor, row by row:
 * L_ij = (a_ij − Σ_{k<j} L_ik L_jk) / L_jj.
 * @returns undefined, or the first pivot that is not positive: the matrix is then not positive definite.
 */
export function choleskyInPlace(a: Float64Array, n: number): { index: number; pivot: number } | undefined {
  for (let j = 0; j < n; j++) {
    const row = j * n;
    const pivot = a[row + j]! - dot(a, row, row, j);
    if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return { index: j, pivot };
    const diagonal = Math.sqrt(pivot);
    a[row + j] = diagonal;
    let i = j + 1;
    for (; i + 3 < n; i += 4) eliminateFour(a, i * n, row, n, j, diagonal);
    for (; i < n; i++) a[i * n + j] = (a[i * n + j]! - dot(a, i * n, row, j)) / diagonal;
  }
  return undefined;
}

function dot(a: Float64Array, x: number, y: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += a[x + k]! * a[y + k]!;
  return sum;
}

/** Column j of four rows that begin at `first`. */
function eliminateFour(
  a: Float64Array,
  first: number,
  row: number,
  n: number,
  j: number,
  diagonal: number,
): void {
  const [i1, i2, i3] = [first + n, first + 2 * n, first + 3 * n];
  let s0 = a[first + j]!;
  let s1 = a[i1 + j]!;
  let s2 = a[i2 + j]!;
  let s3 = a[i3 + j]!;
  for (let k = 0; k < j; k++) {
    const factor = a[row + k]!;
    s0 -= factor * a[first + k]!;
    s1 -= factor * a[i1 + k]!;
    s2 -= factor * a[i2 + k]!;
    s3 -= factor * a[i3 + k]!;
  }
  a[first + j] = s0 / diagonal;
  a[i1 + j] = s1 / diagonal;
  a[i2 + j] = s2 / diagonal;
  a[i3 + j] = s3 / diagonal;
}

/** A lower triangle [n, n] that starts at `at`: a matrix of a stack. */
export interface Triangle {
  readonly data: ArrayLike<number>;
  readonly at: number;
  readonly n: number;
}

/** Replaces x [n, columns] by L⁻¹ x, from the first row to the last. */
export function solveLower({ data: l, at, n }: Triangle, x: Float64Array, columns: number): void {
  for (let i = 0; i < n; i++) {
    subtractRows(x, i, columns, 0, i, l, at + i * n, 1);
    divideRow(x, i, columns, l[at + i * n + i]!);
  }
}

/** Replaces x [n, columns] by L⁻ᵀ x, from the last row to the first. */
export function solveLowerTransposed({ data: l, at, n }: Triangle, x: Float64Array, columns: number): void {
  for (let i = n - 1; i >= 0; i--) {
    subtractRows(x, i, columns, i + 1, n, l, at + i, n);
    divideRow(x, i, columns, l[at + i * n + i]!);
  }
}

/** Row i of x less Σ_k factor_k · row k for k from `first` to before `last`; factor_k stands at `at` + k · `step`. */
function subtractRows(
  x: Float64Array,
  i: number,
  columns: number,
  first: number,
  last: number,
  factors: ArrayLike<number>,
  at: number,
  step: number,
): void {
  const row = i * columns;
  let k = first;
  for (; k + 3 < last; k += 4) {
    const f0 = factors[at + k * step]!;
    const f1 = factors[at + (k + 1) * step]!;
    const f2 = factors[at + (k + 2) * step]!;
    const f3 = factors[at + (k + 3) * step]!;
    const from = k * columns;
    for (let c = 0; c < columns; c++) {
      const near = f0 * x[from + c]! + f1 * x[from + columns + c]!;
      const far = f2 * x[from + 2 * columns + c]! + f3 * x[from + 3 * columns + c]!;
      x[row + c]! -= near + far;
    }
  }
  for (; k < last; k++) {
    const factor = factors[at + k * step]!;
    for (let c = 0; c < columns; c++) x[row + c]! -= factor * x[k * columns + c]!;
  }
}

function divideRow(x: Float64Array, i: number, columns: number, divisor: number): void {
  for (let c = 0; c < columns; c++) x[i * columns + c]! /= divisor;
}
