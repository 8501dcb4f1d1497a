/** @file Vectors made orthogonal to others, and the loops that take most of the time of Krylov methods beside the products. */

/** Σ a_i b_i. */
export function dot(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/** √Σ a_i². */
export function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** w ← w + factor v. */
export function addScaled(w: Float64Array, factor: number, v: Float64Array): void {
  for (let i = 0; i < w.length; i++) w[i]! += factor * v[i]!;
}

/** A pass that shrinks a vector by more than this leaves rounding of the size of what is left: Daniel et al. (1976). */
const shrunk = Math.SQRT1_2;

/**
 * Takes out of w what lies along orthonormal vectors; twice where the first pass takes out so much that its rounding counts, and
 * twice is enough (Daniel, Gragg, Kaufman and Stewart, Math. Comp. 30, 1976).
 * @returns the norm of what is left.
 */
export function orthogonalise(w: Float64Array, basis: readonly Float64Array[]): number {
  const before = norm(w);
  pass(w, basis);
  const after = norm(w);
  if (after >= shrunk * before) return after;
  pass(w, basis);
  return norm(w);
}

/** Four vectors at a time: w is read once for them, and their sums do not wait for each other. */
function pass(w: Float64Array, basis: readonly Float64Array[]): void {
  const fours = basis.length - (basis.length % 4);
  for (let k = 0; k < fours; k += 4) takeOutFour(w, basis[k]!, basis[k + 1]!, basis[k + 2]!, basis[k + 3]!);
  for (let k = fours; k < basis.length; k++) addScaled(w, -dot(w, basis[k]!), basis[k]!);
}

function takeOutFour(
  w: Float64Array,
  q0: Float64Array,
  q1: Float64Array,
  q2: Float64Array,
  q3: Float64Array,
): void {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const x = w[i]!;
    s0 += x * q0[i]!;
    s1 += x * q1[i]!;
    s2 += x * q2[i]!;
    s3 += x * q3[i]!;
  }
  for (let i = 0; i < w.length; i++) w[i]! -= s0 * q0[i]! + s1 * q1[i]! + s2 * q2[i]! + s3 * q3[i]!;
}
