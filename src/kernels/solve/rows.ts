/** @file Arithmetic on blocks of vectors that lie in rows [count, n]. */

/** Σ_i x_ri y_ri of row r. */
export function rowDot(x: Float64Array, y: Float64Array, r: number, n: number): number {
  let sum = 0;
  for (let i = r * n; i < (r + 1) * n; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** Euclidean norms of the rows. */
export function rowNorms(x: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: x.length / n }, (_, r) => Math.sqrt(rowDot(x, x, r, n)));
}

/** x_r += factor · y_r. */
export function addRow(x: Float64Array, y: Float64Array, r: number, n: number, factor: number): void {
  for (let i = r * n; i < (r + 1) * n; i++) x[i]! += factor * y[i]!;
}

/** The largest of norm_r / reference_r; rows whose reference is 0 do not count. */
export function worstRatio(norms: Float64Array, references: Float64Array): number {
  return norms.reduce(
    (worst, norm, r) => (references[r]! > 0 ? Math.max(worst, norm / references[r]!) : worst),
    0,
  );
}
