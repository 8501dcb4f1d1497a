/** @file What the entries of a kernel matrix are like, from one pass over its blocks. */
import type { BlockMatrix } from "../../kernels/index.ts";
import { eigenSymmetric, type NdArray, ndarray } from "../../tensor/index.ts";
import { meanOf } from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";

/** Of the entries; those above the diagonal of a symmetric matrix are not counted twice. */
export interface Entries {
  readonly least: number | null;
  readonly largest: number | null;
  /** Of the diagonal: of symmetric matrices. */
  readonly meanDiagonal?: number;
  /** Of the rest of a symmetric matrix, of all entries of another. */
  readonly mean: number | null;
  /** Of K(x, x')/√(K(x, x) K(x', x')) over pairs of different items: near 1 the network hardly tells them apart. */
  readonly meanCorrelation?: number | null;
  /** Entries that are no finite numbers. */
  readonly notFinite: number;
}

interface Sums {
  least: number;
  largest: number;
  sum: number;
  count: number;
  correlation: number;
  correlated: number;
  notFinite: number;
}

export interface PassOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBlock?: (done: number, total: number) => void;
}

/** One pass. @throws the signal's reason. */
export async function entriesOf(
  matrix: BlockMatrix,
  { signal, onBlock }: PassOptions = {},
): Promise<Entries> {
  const diagonal = matrix.symmetric ? await matrix.diagonal() : undefined;
  const [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const sums = { least, largest, sum: 0, count: 0, correlation: 0, correlated: 0, notFinite: 0 };
  const places = placesOf(matrix);
  for (const [done, [i, j]] of places.entries()) {
    signal?.throwIfAborted();
    addBlock(sums, await matrix.read(i, j), { matrix, i, j, diagonal });
    onBlock?.(done + 1, places.length);
  }
  return {
    least: finiteOrNull(sums.least),
    largest: finiteOrNull(sums.largest),
    ...(diagonal && diagonal.length > 0 && { meanDiagonal: meanOf(diagonal) }),
    mean: ratio(sums.sum, sums.count),
    ...(diagonal && { meanCorrelation: ratio(sums.correlation, sums.correlated) }),
    notFinite: sums.notFinite,
  };
}

function placesOf({ rows, columns, symmetric, blockSize }: BlockMatrix): [number, number][] {
  const [down, across] = [Math.ceil(rows / blockSize), Math.ceil(columns / blockSize)];
  return Array.from({ length: down }, (_, i) =>
    Array.from({ length: symmetric ? i + 1 : across }, (_, j): [number, number] => [i, j]),
  ).flat();
}

interface Block {
  readonly matrix: BlockMatrix;
  readonly i: number;
  readonly j: number;
  readonly diagonal: Float64Array | undefined;
}

function addBlock(sums: Sums, block: Float32Array | Float64Array, { matrix, i, j, diagonal }: Block): void {
  const { blockSize, columns } = matrix;
  const width = Math.min(blockSize, columns - j * blockSize);
  const height = block.length / width;
  for (let r = 0; r < height; r++) {
    const row = i * blockSize + r;
    const end = diagonal === undefined ? width : Math.min(width, row - j * blockSize + 1);
    for (let c = 0; c < end; c++) {
      const value = block[r * width + c]!;
      if (!Number.isFinite(value)) sums.notFinite++;
      else addEntry(sums, value, diagonal && { row, column: j * blockSize + c, diagonal });
    }
  }
}

function addEntry(
  sums: Sums,
  value: number,
  at: { readonly row: number; readonly column: number; readonly diagonal: Float64Array } | undefined,
): void {
  if (value < sums.least) sums.least = value;
  if (value > sums.largest) sums.largest = value;
  if (at !== undefined && at.row === at.column) return;
  sums.sum += value;
  sums.count++;
  if (at === undefined) return;
  const scale = Math.sqrt(at.diagonal[at.row]! * at.diagonal[at.column]!);
  if (!(scale > 0)) return;
  sums.correlation += value / scale;
  sums.correlated++;
}

function ratio(sum: number, count: number): number | null {
  return count === 0 ? null : finiteOrNull(sum / count);
}

/** Largest and smallest eigenvalue; `condition` is null where rounding makes the smallest 0 or less. */
export interface Spectrum {
  readonly largestEigenvalue: number;
  readonly smallestEigenvalue: number;
  readonly condition: number | null;
}

/** The ends of the spectrum of a symmetric matrix of finite numbers that is small. */
export function spectrumOf({ shape, data }: NdArray<"float64">, precision: "float32" | "float64"): Spectrum {
  const values = eigenSymmetric(ndarray("float64", shape, data)).values.data;
  const [smallest, largest] = [Math.min(...values), Math.max(...values)];
  const rounding = largest * values.length * (precision === "float32" ? 2 ** -24 : 2 ** -53);
  return {
    largestEigenvalue: largest,
    smallestEigenvalue: smallest,
    condition: smallest > rounding ? largest / smallest : null,
  };
}
