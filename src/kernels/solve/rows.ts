/** @file Arithmetic on vectors, and on blocks of them that lie in rows [count, n]. */

/** Row r of x, in place. */
export function rowAt(x: Float64Array, r: number, n: number): Float64Array {
  return x.subarray(r * n, (r + 1) * n);
}

/** Σ_i x_i y_i. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** x += factor · y. */
export function addTo(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += factor * y[i]!;
}

/** Euclidean norms of the rows. */
export function rowNorms(x: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: x.length / n }, (_, r) => {
    const row = rowAt(x, r, n);
    return Math.sqrt(dot(row, row));
  });
}

/** The largest of norm_r / reference_r; rows whose reference is 0 do not count. */
export function worstRatio(norms: Float64Array, references: Float64Array): number {
  return norms.reduce(
    (worst, norm, r) => (references[r]! > 0 ? Math.max(worst, norm / references[r]!) : worst),
    0,
  );
}
