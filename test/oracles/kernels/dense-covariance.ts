/**
 * @file A second implementation of convolutional kernels, as plain as can be (kernels.md §2.1): the whole covariance of all pairs
 * of positions, [P, P] for each of K(x, x'), K(x, x), K(x', x'), a shift matrix for every place of a convolution, and the arc-cosine step
 * by acos. It shares no code with the library.
 */

export type DenseLayer =
  | { readonly conv: number; readonly stride?: number; readonly sw2: number; readonly sb2: number }
  | "relu"
  /** Branches are added; an empty one is the identity. */
  | { readonly sum: readonly (readonly DenseLayer[])[] }
  /** Mean over equal positions, and over all pairs of them. */
  | "flatten"
  | "globalAvgPool";

type Matrix = readonly (readonly number[])[];

interface Pair {
  /** K of (x, x'), (x, x), (x', x'). */
  readonly K: readonly Matrix[];
  readonly theta: readonly Matrix[];
  readonly size: readonly [height: number, width: number];
}

const combined = (f: (...entries: number[]) => number, ...all: readonly Matrix[]): Matrix =>
  all[0]!.map((row, i) => row.map((_, j) => f(...all.map((matrix) => matrix[i]![j]!))));

/** The position p = stride·q + shift under every output q; undefined outside. */
function sources(
  [height, width]: Pair["size"],
  stride: number,
  [dy, dx]: readonly [number, number],
): readonly (number | undefined)[] {
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  return Array.from({ length: rows * columns }, (_, q) => {
    const y = stride * Math.floor(q / columns) + dy;
    const x = stride * (q % columns) + dx;
    return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : undefined;
  });
}

/** S a Sᵀ, S the matrix of zeros and ones with S[q, source of q] = 1. */
function shifted(a: Matrix, source: ReturnType<typeof sources>): Matrix {
  return source.map((p) => source.map((r) => (p === undefined || r === undefined ? 0 : a[p]![r]!)));
}

/** Windows as PyTorch places them: around the position, an even one reaching further ahead. */
function convolution(
  { K, theta, size }: Pair,
  { conv, stride = 1, sw2, sb2 }: Exclude<DenseLayer, string | { sum: unknown }>,
): Pair {
  const first = -Math.floor((conv - 1) / 2);
  const shifts = Array.from({ length: conv * conv }, (_, t) =>
    sources(size, stride, [first + Math.floor(t / conv), first + (t % conv)]),
  );
  const mean = (a: Matrix) =>
    combined(
      (...terms) => terms.reduce((sum, term) => sum + term, 0) / conv ** 2,
      ...shifts.map((source) => shifted(a, source)),
    );
  const next = K.map((a) => combined((x) => sw2 * x + sb2, mean(a)));
  return {
    K: next,
    theta: theta.map((a, i) => combined((k, t) => k + sw2 * t, next[i]!, mean(a))),
    size: [Math.ceil(size[0] / stride), Math.ceil(size[1] / stride)],
  };
}

function arcCosine({ K, theta, size }: Pair): Pair {
  const variances = [K[1]!, K[2]!].map((a) => a.map((row, p) => row[p]!));
  const sides = [
    [0, 1],
    [0, 0],
    [1, 1],
  ] as const;
  const angle = (c: number, s: number) => Math.acos(Math.min(1, Math.max(-1, s === 0 ? 0 : c / s)));
  const step = (a: Matrix, i: number, f: (c: number, s: number) => number) =>
    a.map((row, p) =>
      row.map((c, q) => f(c, Math.sqrt(variances[sides[i]![0]]![p]! * variances[sides[i]![1]]![q]!))),
    );
  const k = (c: number, s: number) =>
    (Math.sqrt(Math.max(0, s * s - c * c)) + (Math.PI - angle(c, s)) * c) / (2 * Math.PI);
  const kdot = (c: number, s: number) => (Math.PI - angle(c, s)) / (2 * Math.PI);
  return {
    K: K.map((a, i) => step(a, i, k)),
    theta: theta.map((t, i) => combined((x, y) => x * y, t, step(K[i]!, i, kdot))),
    size,
  };
}

function averaged({ K, theta }: Pair, mean: (a: Matrix) => number): Pair {
  const single = (a: Matrix) => [[mean(a)]];
  return { K: K.map(single), theta: theta.map(single), size: [1, 1] };
}

function after(pair: Pair, layer: DenseLayer): Pair {
  if (layer === "relu") return arcCosine(pair);
  if (layer === "flatten")
    return averaged(pair, (a) => a.reduce((sum, row, p) => sum + row[p]!, 0) / a.length);
  if (layer === "globalAvgPool")
    return averaged(pair, (a) => a.flat().reduce((sum, x) => sum + x, 0) / a.length ** 2);
  if ("conv" in layer) return convolution(pair, layer);
  const ends = layer.sum.map((branch) => branch.reduce(after, pair));
  const total = (part: (end: Pair) => readonly Matrix[]) =>
    part(ends[0]!).map((_, i) =>
      combined((...terms) => terms.reduce((sum, x) => sum + x, 0), ...ends.map((end) => part(end)[i]!)),
    );
  return { K: total((end) => end.K), theta: total((end) => end.theta), size: ends[0]!.size };
}

/** K and Θ between two images of one channel, [height·width] row-major. */
export function denseKernel(
  layers: readonly DenseLayer[],
  [x, y]: readonly [readonly number[], readonly number[]],
  size: readonly [height: number, width: number],
): { readonly nngp: number; readonly ntk: number } {
  const outer = (a: readonly number[], b: readonly number[]) => a.map((p) => b.map((q) => p * q));
  const K = [outer(x, y), outer(x, x), outer(y, y)];
  const start: Pair = { K, theta: K.map((a) => combined(() => 0, a)), size };
  const end = layers.reduce(after, start);
  return { nngp: end.K[0]![0]![0]!, ntk: end.theta[0]![0]![0]! };
}
