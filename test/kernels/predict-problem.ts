/** @file Small kernels with targets to predict with: random features give K and Θ that are positive definite together. */
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";

export type Float64 = NdArray<"float64">;

interface Problem {
  readonly nngp: Float64;
  readonly ntk: Float64;
  readonly nngpCross: Float64;
  readonly ntkCross: Float64;
  /** K and Θ of the test items, [M, M]. */
  readonly nngpPrior: Float64;
  readonly ntkPrior: Float64;
  readonly y: Float64;
}

/** N training items, M test items and C outputs. */
export function problem({ n, m, c, seed = 1 }: { n: number; m: number; c: number; seed?: number }): Problem {
  const key = Key.fromSeed(seed);
  const nngp = gram(key.split("k"), n + m, 2 * (n + m));
  const ntk = gram(key.split("theta"), n + m, 3 * (n + m));
  const part = (of: Float64, rows: [number, number], columns: [number, number]) => block(of, rows, columns);
  const [train, test]: [number, number][] = [
    [0, n],
    [n, n + m],
  ];
  return {
    nngp: part(nngp, train!, train!),
    ntk: part(ntk, train!, train!),
    nngpCross: part(nngp, test!, train!),
    ntkCross: part(ntk, test!, train!),
    nngpPrior: part(nngp, test!, test!),
    ntkPrior: part(ntk, test!, test!),
    y: normal(key.split("y"), "float64", [n, c]),
  };
}

/** Mean of products of random features. */
export function gram(key: Key, n: number, features: number): Float64 {
  const phi = normal(key, "float64", [n, features]).data;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let p = 0; p < features; p++) sum += phi[i * features + p]! * phi[j * features + p]!;
      out[i * n + j] = out[j * n + i] = sum / features;
    }
  }
  return ndarray("float64", [n, n], out);
}

export function block(
  of: Float64,
  [top, bottom]: [number, number],
  [left, right]: [number, number],
): Float64 {
  const width = of.shape[1]!;
  const rows = Array.from({ length: bottom - top }, (_, i) =>
    Array.from(of.data.subarray((top + i) * width + left, (top + i) * width + right)),
  );
  return ndarray("float64", [bottom - top, right - left], rows.flat());
}

export function diagonalOf({ shape, data }: Float64): Float64 {
  const n = shape[0]!;
  return ndarray(
    "float64",
    [n],
    Float64Array.from({ length: n }, (_, i) => data[i * n + i]!),
  );
}

/** a b. */
export function times(a: Float64, b: Float64): Float64 {
  const [m, k, n] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let p = 0; p < k; p++) out[i * n + j]! += a.data[i * k + p]! * b.data[p * n + j]!;
  return ndarray("float64", [m, n], out);
}

/** a − factor·b. */
export function minus(a: Float64, b: Float64, factor = 1): Float64 {
  return ndarray(
    "float64",
    a.shape,
    a.data.map((value, i) => value - factor * b.data[i]!),
  );
}

export function transpose(a: Float64): Float64 {
  const [m, n] = a.shape as [number, number];
  return ndarray(
    "float64",
    [n, m],
    Float64Array.from({ length: m * n }, (_, at) => a.data[(at % m) * n + Math.floor(at / m)]!),
  );
}

/** Largest |a − b| / max(1, |b|). */
export function distance(a: Float64, b: Float64): number {
  if (a.shape.join() !== b.shape.join()) return Number.NaN;
  return a.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b.data[i]!) / Math.max(1, Math.abs(b.data[i]!))),
    0,
  );
}

/** Classical Runge–Kutta of order 4 over [0, end]: an oracle of its own for flows. */
export function rungeKutta(
  slope: (y: Float64Array) => Float64Array,
  start: Float64Array,
  { end, steps }: { end: number; steps: number },
): Float64Array {
  const h = end / steps;
  const moved = (y: Float64Array, k: Float64Array, by: number) => y.map((value, i) => value + by * k[i]!);
  let y = start;
  for (let step = 0; step < steps; step++) {
    const a = slope(y);
    const b = slope(moved(y, a, h / 2));
    const c = slope(moved(y, b, h / 2));
    const d = slope(moved(y, c, h));
    y = y.map((value, i) => value + (h / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!));
  }
  return y;
}
