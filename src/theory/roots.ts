/** @file Roots of functions of one number: Brent's method, and the searches that hand it its brackets. */

/** Brent's steps end well before this; it only bounds functions that are not numbers. */
const MAX_STEPS = 200;

/**
 * A root of f between a and b, where f changes sign, to rounding (Brent 1973, Algorithms for Minimization, ch. 4).
 * @param f Continuous; a jump across zero is found as if it were a root.
 * @returns The root; NaN when f(a) and f(b) have the same sign.
 * @example brent((x) => x * x - 2, 0, 2) // 1.4142135623730951
 */
export function brent(f: (x: number) => number, a: number, b: number): number {
  let fa = f(a);
  let fb = f(b);
  if (fa === 0) return a;
  if (fb === 0) return b;
  if (!(fa * fb < 0)) return Number.NaN;
  let c = a;
  let fc = fa;
  let step = b - a;
  let previous = step;
  for (let i = 0; i < MAX_STEPS; i++) {
    if (fb * fc > 0) {
      c = a;
      fc = fa;
      step = b - a;
      previous = step;
    }
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(b) + Number.MIN_VALUE;
    const half = (c - b) / 2;
    if (Math.abs(half) <= tolerance || fb === 0) return b;
    const trial = interpolation({ a, b, c, fa, fb, fc });
    const accepted =
      Math.abs(previous) >= tolerance &&
      Math.abs(fa) > Math.abs(fb) &&
      Math.abs(trial) < Math.min(1.5 * Math.abs(half) - tolerance / 2, Math.abs(previous) / 2) &&
      trial * half > 0;
    previous = accepted ? step : half;
    step = accepted ? trial : half;
    a = b;
    fa = fb;
    b += Math.abs(step) > tolerance ? step : Math.sign(half) * tolerance;
    fb = f(b);
  }
  return b;
}

interface Triple {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly fa: number;
  readonly fb: number;
  readonly fc: number;
}

/** The step from b that inverse quadratic interpolation (the secant, while a = c) proposes. */
function interpolation({ a, b, c, fa, fb, fc }: Triple): number {
  const s = fb / fa;
  if (a === c) return ((b - c) * s) / (1 - s);
  const q = fa / fc;
  const r = fb / fc;
  const numerator = s * ((c - b) * q * (q - r) - (b - a) * (r - 1));
  return -numerator / ((q - 1) * (r - 1) * (s - 1));
}

/**
 * All sign changes of f on a grid, each refined to a root.
 * @param f Called at every grid point and inside the brackets.
 * @param grid Ascending.
 */
export function rootsOnGrid(f: (x: number) => number, grid: ArrayLike<number>): number[] {
  const roots: number[] = [];
  let before = f(grid[0]!);
  if (before === 0) roots.push(grid[0]!);
  for (let i = 1; i < grid.length; i++) {
    const here = f(grid[i]!);
    if (here === 0) roots.push(grid[i]!);
    else if (before * here < 0) roots.push(brent(f, grid[i - 1]!, grid[i]!));
    before = here;
  }
  return roots;
}

/** `count` numbers from `from` to `to`, equally spaced. @example spaced(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1] */
export function spaced(from: number, to: number, count: number): number[] {
  if (count === 1) return [from];
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** `count` numbers from `from` to `to`, equally spaced in the logarithm; the ends are exact. */
export function logSpaced(from: number, to: number, count: number): Float64Array {
  const ratio = Math.log(to / from) / (count - 1);
  const grid = Float64Array.from({ length: count }, (_, i) => from * Math.exp(ratio * i));
  grid[count - 1] = to;
  return grid;
}
