/**
 * @file A matrix in blocks into the tiles of a store, with what is wrong with it found on the way: entries that are not finite,
 * triangles that differ. The sums of absolute values by columns give ‖A‖₁.
 */
import { FathomError } from "../../tensor/index.ts";
import { turns } from "../turns.ts";
import type { BlockMatrix } from "../types.ts";
import { tileOrder } from "./order.ts";
import { filled, heightOf, mark, stopped, type TileStore, tileAt, tileRows, tileSize } from "./tiles.ts";

type FloatData = Float32Array | Float64Array;

/** The asymmetry, as a part of the mean diagonal, that counts as rounding of float32 kernels (kernels.md §13). */
const asymmetry = 1e-5;

/** The matrix to copy, with its jitter. */
export interface Filling {
  readonly matrix: BlockMatrix;
  /** Added to the diagonal. */
  readonly jitter: number;
  /** The mean of the diagonal. */
  readonly scale: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills all tiles in the order in which they are needed.
 * @returns ‖A‖₁, the largest sum of absolute values of a column.
 * @throws FathomError bad-input naming the block and the entry.
 */
export async function fillStore(store: TileStore, filling: Filling): Promise<number> {
  const { matrix, jitter, signal } = filling;
  const sums = new Float64Array(store.n);
  const turn = turns(signal);
  for (const [i, j] of tileOrder(tileRows(store.n))) {
    const block = await matrix.read(i, j);
    await turn();
    if (Atomics.load(store.control, stopped) !== 0) break;
    const tile = tileAt(store, i, j);
    copyBlock(block, tile, { sums, rows: i * tileSize, columns: j * tileSize, width: heightOf(store.n, j) });
    if (i === j)
      for (let r = 0; r < heightOf(store.n, j); r++) tile[r * (heightOf(store.n, j) + 1)]! += jitter;
    if (i === j || !matrix.symmetric) await checkSymmetry(store.n, filling, [i, j], block);
    mark(store, i, j, filled);
  }
  return sums.reduce((most, sum) => Math.max(most, sum + jitter), 0);
}

interface CopyPlace {
  readonly sums: Float64Array;
  /** First row and column in the matrix. */
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

/** Copies a block, adds its absolute values to the sums of its columns and, off the diagonal, of its rows. */
function copyBlock(block: FloatData, tile: FloatData, { sums, rows, columns, width }: CopyPlace): void {
  const height = tile.length / width;
  const offDiagonal = rows !== columns;
  for (let r = 0; r < height; r++) {
    let sum = 0;
    const at = r * width;
    for (let c = 0; c < width; c++) {
      const value = block[at + c]!;
      tile[at + c] = value;
      const size = Math.abs(value);
      sum += size;
      sums[columns + c]! += size;
    }
    if (!Number.isFinite(sum)) throw notFinite(block, { at, width, rows, columns });
    if (offDiagonal) sums[rows + r]! += sum;
  }
}

function notFinite(
  block: FloatData,
  { at, width, rows, columns }: { at: number; width: number; rows: number; columns: number },
): FathomError {
  const index = block.findIndex((value, k) => k >= at && !Number.isFinite(value));
  // Where finite entries have a sum that overflows, the first of the row is named.
  const [r, c] = [Math.floor(Math.max(index, at) / width), Math.max(index, at) % width];
  const place = `block (${rows / tileSize}, ${columns / tileSize}), entry [${rows + r}, ${columns + c}]`;
  return new FathomError({
    code: "bad-input",
    message: `The matrix holds ${block[Math.max(index, at)]} at ${place}.`,
    where: place,
    hint: "Entries must be finite: check the inputs for NaN and the network for overflow.",
  });
}

async function checkSymmetry(
  n: number,
  { matrix, scale }: Filling,
  [i, j]: readonly [number, number],
  block: FloatData,
): Promise<void> {
  const [height, width] = [heightOf(n, i), heightOf(n, j)];
  const other = i === j ? block : await matrix.read(j, i);
  const most = asymmetry * Math.abs(scale);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const [lower, upper] = [block[r * width + c]!, other[c * height + r]!];
      if (!(Math.abs(lower - upper) > most)) continue;
      const [row, column] = [i * tileSize + r, j * tileSize + c];
      throw new FathomError({
        code: "bad-input",
        message: `The matrix is not symmetric: ${lower} at [${row}, ${column}], ${upper} at [${column}, ${row}].`,
        where: `[${row}, ${column}]`,
        hint: "Give the kernel of one set of items with itself, or (K + Kᵀ) / 2.",
      });
    }
  }
}
