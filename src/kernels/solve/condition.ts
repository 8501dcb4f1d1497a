/**
 * @file ‖A⁻¹‖₁ from solves with A, by Hager's method as Higham refined it (Higham, Accuracy and Stability, §15.3): a
 * lower bound that is seldom below a third of the norm. A is symmetric here, so one kind of solve serves.
 */

/** Replaces rows [count, n] by their solutions. */
type SolveRows = (rows: Float64Array) => Promise<Float64Array>;

const mostSteps = 5;

/**
 * An estimate of ‖A⁻¹‖₁.
 * @param solve - x ↦ A⁻¹ x for every row; the argument may be changed.
 * @example await inverseNorm(async (x) => x.map((v) => v / 2), 3) // 0.5
 */
export async function inverseNorm(solve: SolveRows, n: number): Promise<number> {
  const first = await solve(startRows(n));
  // A vector of alternating signs catches matrices on which the method is deceived.
  const other = (2 * absoluteSum(first.subarray(n))) / (3 * n);
  let y: Float64Array = first.slice(0, n);
  let best = absoluteSum(y);
  let last = -1;
  for (let step = 0; step < mostSteps; step++) {
    const z = await solve(y.map((value) => (value >= 0 ? 1 : -1)));
    const place = largest(z);
    const along = last < 0 ? z.reduce((sum, value) => sum + value, 0) / n : z[last]!;
    if (Math.abs(z[place]!) <= along) break;
    const unit = new Float64Array(n);
    unit[place] = 1;
    y = await solve(unit);
    const norm = absoluteSum(y);
    if (norm <= best) break;
    [best, last] = [norm, place];
  }
  return Math.max(best, other);
}

/** Two rows: the mean, and alternating signs that grow. */
function startRows(n: number): Float64Array {
  const rows = new Float64Array(2 * n).fill(1 / n, 0, n);
  for (let i = 0; i < n; i++) rows[n + i] = (i % 2 === 0 ? 1 : -1) * (1 + i / Math.max(1, n - 1));
  return rows;
}

function absoluteSum(x: Float64Array): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}

function largest(x: Float64Array): number {
  let place = 0;
  for (let i = 1; i < x.length; i++) if (Math.abs(x[i]!) > Math.abs(x[place]!)) place = i;
  return place;
}
