/**
 * @file Triangular solves with right-hand sides that lie in rows, X [m, n]: X ← X·L⁻ᵀ (from the first tile to the last), and
 * X ← X·L⁻¹ (from the last to the first). Some hundred rows are kept in a worker's memory while the tiles of L stream by.
 */
import { bytesOf } from "../../tensor/index.ts";
import type { Products } from "./products.ts";
import { firstFree, slotNumbers, slots, type TileKernel } from "./tile-kernel.ts";
import {
  diagonalAt,
  heightOf,
  stopped,
  type TileStore,
  tileAt,
  tileRows,
  tileSize,
  unitsDone,
} from "./tiles.ts";

/** Right-hand sides as rows, and what is to become of them. */
export interface RowsToSolve {
  /** [rows, n] in shared memory, replaced by the solution. */
  readonly rows: Float64Array;
  /** `whiten`: L⁻¹ b; `solve`: L⁻ᵀ L⁻¹ b. */
  readonly goal: "whiten" | "solve";
}

/** Slots that a solve with so many rows needs. */
function solveSlots(n: number, rows: number): number {
  return firstFree + Math.ceil((tileRows(n) * rows * tileSize) / slotNumbers);
}

/** Rows of one task: enough columns for fast products, and two tasks where there are few. It must not depend on the workers. */
export function rowsOfTask(count: number): number {
  return Math.min(tileSize, Math.max(4, 4 * Math.ceil(count / 8)));
}

/** Tiles that a task reads, one after another. */
export function unitsOfTask(n: number, goal: RowsToSolve["goal"]): number {
  const pass = (tileRows(n) * (tileRows(n) + 1)) / 2;
  return goal === "solve" ? 2 * pass : pass;
}

/** Solves for `count` rows from row `first` on. */
export class RowSolver {
  readonly #kernel: TileKernel;
  readonly #products: Products;
  readonly #store: TileStore;
  #count = 0;

  constructor(kernel: TileKernel, products: Products, store: TileStore) {
    this.#kernel = kernel;
    this.#products = products;
    this.#store = store;
  }

  async solve({ rows, goal }: RowsToSolve, first: number, count: number): Promise<void> {
    const { n } = this.#store;
    this.#kernel.reserve(solveSlots(n, count));
    this.#count = count;
    this.#exchange(rows, first, count, (tile, row) => tile.set(row));
    for (let j = 0; j < tileRows(n) && !this.#stopped; j++) await this.#forward(j, count);
    if (goal === "solve")
      for (let j = tileRows(n) - 1; j >= 0 && !this.#stopped; j--) await this.#backward(j, count);
    this.#exchange(rows, first, count, (tile, row) => row.set(tile));
  }

  get #stopped(): boolean {
    return Atomics.load(this.#store.control, stopped) !== 0;
  }

  /** Between the rows and the slots, where tile j of X is [count, height of j]. */
  #exchange(
    rows: Float64Array,
    first: number,
    count: number,
    copy: (tile: Float64Array | Float32Array, row: Float64Array) => void,
  ): void {
    const { n } = this.#store;
    for (let j = 0; j < tileRows(n); j++) {
      const width = heightOf(n, j);
      const tile = this.#kernel.view(this.#at(j), count * width);
      for (let r = 0; r < count; r++) {
        const at = (first + r) * n + j * tileSize;
        copy(tile.subarray(r * width, (r + 1) * width), rows.subarray(at, at + width));
      }
    }
  }

  #at(j: number): number {
    return this.#kernel.address(firstFree) + j * this.#count * tileSize * bytesOf[this.#store.dtype];
  }

  /** X_j ← (X_j − Σ_{k<j} X_k L_jkᵀ) L_jj⁻ᵀ. */
  async #forward(j: number, m: number): Promise<void> {
    const [store, n] = [this.#store, heightOf(this.#store.n, j)];
    const held = this.#kernel.address(slots.packed);
    for (let k = 0; k < j; k++) {
      this.#load(this.#products.staging(held), tileAt(store, j, k));
      this.#products.hold({ n, k: tileSize }, held);
      await this.#products.subtract({ m, n, k: tileSize }, { a: this.#at(k), b: held, c: this.#at(j) });
    }
    this.#finish(j, m, "solveTransposed");
    Atomics.add(store.control, unitsDone, j + 1);
  }

  /** X_j ← (X_j − Σ_{k>j} X_k L_kj) L_jj⁻¹. */
  async #backward(j: number, m: number): Promise<void> {
    const [store, n] = [this.#store, heightOf(this.#store.n, j)];
    const operand = this.#kernel.address(slots.operand);
    for (let k = j + 1; k < tileRows(store.n); k++) {
      this.#load(operand, tileAt(store, k, j));
      const sizes = { m, n, k: heightOf(store.n, k) };
      await this.#products.subtractPlain(sizes, { a: this.#at(k), b: operand, c: this.#at(j) });
    }
    this.#finish(j, m, "solvePlain");
    Atomics.add(store.control, unitsDone, tileRows(store.n) - j);
  }

  #finish(j: number, m: number, solve: "solveTransposed" | "solvePlain"): void {
    const n = heightOf(this.#store.n, j);
    const [l, stride] = [this.#kernel.address(slots.diagonal), n * bytesOf[this.#store.dtype]];
    this.#load(l, diagonalAt(this.#store, j));
    this.#kernel.call[solve](m, n, l, stride, l + n * stride, this.#at(j), stride);
  }

  #load(address: number, tile: Float64Array | Float32Array): void {
    this.#kernel.view(address, tile.length).set(tile);
  }
}
