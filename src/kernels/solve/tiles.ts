/**
 * @file The tiles of a Cholesky factor in shared memory: the lower triangle in tiles of 512 × 512, one buffer a row of
 * tiles, so that no buffer outgrows what a host allows (kernel-engine.md §7). Behind the tile on the diagonal lie the
 * inverses of its blocks of 64 columns. A word a tile says how far it is.
 */
import { bytesOf, FathomError, type FloatDType } from "../../tensor/index.ts";

/** Rows and columns of a tile. */
export const tileSize = 512;
/** Columns of the blocks of a diagonal tile that are inverted (assembly/factor/workspace.ts). */
const inverseColumns = 64;

/** How far a tile is. */
export const absent = 0;
export const filled = 1;
export const factored = 2;

/** Places in `control`. */
export const stopped = 0; // other than 0 when workers shall leave what they are at
export const badPivot = 1; // 1 + the row of a pivot that is not positive
export const unitsDone = 2; // products of tiles so far
const controlLength = 4;

/** Plain data on shared memory: it can be posted. */
export interface TileStore {
  readonly n: number;
  readonly dtype: FloatDType;
  readonly rows: readonly SharedArrayBuffer[];
  /** `absent`, `filled` or `factored` of tile (i, j), at i (i + 1) / 2 + j. */
  readonly states: Int32Array;
  readonly control: Int32Array;
  /** The bad pivot. */
  readonly pivot: Float64Array;
}

/** Rows of tiles of a matrix of n rows. */
export function tileRows(n: number): number {
  return Math.ceil(n / tileSize);
}

/** Rows of the tiles in row i. */
export function heightOf(n: number, i: number): number {
  return Math.min(tileSize, n - i * tileSize);
}

function stateIndex(i: number, j: number): number {
  return (i * (i + 1)) / 2 + j;
}

/** Numbers in row i: its tiles, and the inverses. */
function rowLength(n: number, i: number): number {
  const height = heightOf(n, i);
  return height * (i * tileSize + height + inverseColumns);
}

/** Bytes of all tiles. */
export function storeBytes(n: number, dtype: FloatDType): number {
  let numbers = 0;
  for (let i = 0; i < tileRows(n); i++) numbers += rowLength(n, i);
  return numbers * bytesOf[dtype];
}

/**
 * Tiles that hold nothing yet.
 * @throws FathomError too-large when there is no memory.
 */
export function createStore(n: number, dtype: FloatDType): TileStore {
  const count = tileRows(n);
  try {
    return {
      n,
      dtype,
      rows: Array.from({ length: count }, (_, i) => new SharedArrayBuffer(rowLength(n, i) * bytesOf[dtype])),
      states: new Int32Array(new SharedArrayBuffer(4 * stateIndex(count, 0) || 4)),
      control: new Int32Array(new SharedArrayBuffer(4 * controlLength)),
      pivot: new Float64Array(new SharedArrayBuffer(8)),
    };
  } catch (cause) {
    throw new FathomError({
      code: "too-large",
      message: `There is no memory for ${storeBytes(n, dtype)} bytes of tiles.`,
      where: "memory",
      hint: "Take fewer rows, or the mode float32-refined, which needs half of it.",
      cause,
    });
  }
}

/** Makes a store ready to be filled again. */
export function resetStore({ states, control, pivot }: TileStore): void {
  for (const words of [states, control]) for (let k = 0; k < words.length; k++) Atomics.store(words, k, 0);
  pivot[0] = 0;
}

function arrayOn(store: TileStore, i: number, at: number, length: number): Float64Array | Float32Array {
  const [buffer, start] = [store.rows[i]!, at * bytesOf[store.dtype]];
  return store.dtype === "float64"
    ? new Float64Array(buffer, start, length)
    : new Float32Array(buffer, start, length);
}

/** Tile (i, j), row-major [height of i, height of j], in place. */
export function tileAt(store: TileStore, i: number, j: number): Float64Array | Float32Array {
  const height = heightOf(store.n, i);
  return arrayOn(store, i, height * j * tileSize, height * heightOf(store.n, j));
}

/** The diagonal tile j and the inverses behind it, in place. */
export function diagonalAt(store: TileStore, j: number): Float64Array | Float32Array {
  const height = heightOf(store.n, j);
  return arrayOn(store, j, height * j * tileSize, height * (height + inverseColumns));
}

/** Says that a tile is so far, and wakes who waits for it. */
export function mark({ states }: TileStore, i: number, j: number, state: number): void {
  Atomics.store(states, stateIndex(i, j), state);
  Atomics.notify(states, stateIndex(i, j));
}

/** Milliseconds after which a waiting worker looks whether it shall stop. */
const patience = 50;

/** Waits until a tile is so far. @returns false when all shall stop instead. */
export function reached({ states, control }: TileStore, i: number, j: number, state: number): boolean {
  const index = stateIndex(i, j);
  for (;;) {
    if (Atomics.load(control, stopped) !== 0) return false;
    const now = Atomics.load(states, index);
    if (now >= state) return true;
    Atomics.wait(states, index, now, patience);
  }
}

/** Makes everybody stop. */
export function stop({ control }: Pick<TileStore, "control">): void {
  Atomics.store(control, stopped, 1);
}
