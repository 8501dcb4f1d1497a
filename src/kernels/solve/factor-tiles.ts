/**
 * @file One tile of the factorisation A = L Lᵀ, left-looking: tile (i, j) less the products of the tiles left of it with those
 * left of its column's diagonal, then the Cholesky factor of a diagonal tile or a solve with it. Each element is summed in
 * the same order whoever computes it, so any number of workers gives the same bits.
 */
import { bytesOf } from "../../tensor/index.ts";
import type { TilePlace } from "./order.ts";
import type { Operands, Products } from "./products.ts";
import { firstFree, slots, type TileKernel } from "./tile-kernel.ts";
import {
  badPivot,
  diagonalAt,
  factored,
  filled,
  heightOf,
  mark,
  reached,
  stop,
  type TileStore,
  tileAt,
  tileRows,
  tileSize,
  unitsDone,
} from "./tiles.ts";

/** Slots that a factorisation of n rows needs: those of fixed use and a row of tiles. */
export function factorSlots(n: number): number {
  return firstFree + Math.max(1, tileRows(n) - 1);
}

/** Computes tiles of one store; keeps the row of tiles that the tiles of a column have in common. */
export class TileFactoriser {
  readonly #kernel: TileKernel;
  readonly #products: Products;
  readonly #store: TileStore;
  /** The column whose row of tiles is held, and how much of it. */
  #column = -1;
  #held = 0;
  #hasDiagonal = false;

  constructor(kernel: TileKernel, products: Products, store: TileStore) {
    this.#kernel = kernel;
    this.#products = products;
    this.#store = store;
    kernel.reserve(factorSlots(store.n));
  }

  /** Computes a tile, waiting for those it needs. Returns early when all shall stop. */
  async compute(place: TilePlace): Promise<void> {
    const [i, j] = place;
    const { control } = this.#store;
    if (!reached(this.#store, i, j, filled)) return;
    const target = this.#load(slots.target, tileAt(this.#store, i, j));
    const whole = i === j ? await this.#diagonal(j, target) : await this.#below(i, j, target);
    if (!whole) return;
    Atomics.add(control, unitsDone, j + 1);
    mark(this.#store, i, j, factored);
  }

  #load(slot: number, tile: Float64Array | Float32Array): number {
    const address = this.#kernel.address(slot);
    this.#kernel.view(address, tile.length).set(tile);
    return address;
  }

  async #diagonal(j: number, target: number): Promise<boolean> {
    const store = this.#store;
    const n = heightOf(store.n, j);
    for (let k = 0; k < j; k++) {
      if (!reached(store, j, k, factored)) return false;
      const a = this.#load(slots.operand, tileAt(store, j, k));
      await this.#products.subtractSquare({ n, k: tileSize }, { a, c: target });
    }
    const stride = n * bytesOf[store.dtype];
    const bad = this.#kernel.call.factorTile(n, target, stride, target + n * stride);
    const result = this.#kernel.view(target, diagonalAt(store, j).length);
    if (bad >= 0) {
      store.pivot[0] = result[bad * n + bad]!;
      Atomics.store(store.control, badPivot, 1 + j * tileSize + bad);
      stop(store);
      return false;
    }
    diagonalAt(store, j).set(result);
    return true;
  }

  async #below(i: number, j: number, target: number): Promise<boolean> {
    const store = this.#store;
    const [m, n] = [heightOf(store.n, i), heightOf(store.n, j)];
    if (this.#column !== j) [this.#column, this.#held, this.#hasDiagonal] = [j, 0, false];
    for (let k = 0; k < j; k++) {
      if (!reached(store, i, k, factored) || !this.#hold(k)) return false;
      const a = this.#load(slots.operand, tileAt(store, i, k));
      const operands: Operands = { a, b: this.#kernel.address(firstFree + k), c: target };
      await this.#products.subtract({ m, n, k: tileSize }, operands);
    }
    if (!this.#takeDiagonal(j)) return false;
    const [stride, l] = [n * bytesOf[store.dtype], this.#kernel.address(slots.diagonal)];
    this.#kernel.call.solveTransposed(m, n, l, stride, l + n * stride, target, stride);
    tileAt(store, i, j).set(this.#kernel.view(target, m * n));
    return true;
  }

  /** Holds tile k of the row that the tiles of the column have in common. */
  #hold(k: number): boolean {
    if (k < this.#held) return true;
    const [store, column] = [this.#store, this.#column];
    if (!reached(store, column, k, factored)) return false;
    const target = this.#kernel.address(firstFree + k);
    const tile = tileAt(store, column, k);
    this.#kernel.view(this.#products.staging(target), tile.length).set(tile);
    this.#products.hold({ n: heightOf(store.n, column), k: tileSize }, target);
    this.#held = k + 1;
    return true;
  }

  #takeDiagonal(j: number): boolean {
    if (this.#hasDiagonal) return true;
    if (!reached(this.#store, j, j, factored)) return false;
    this.#load(slots.diagonal, diagonalAt(this.#store, j));
    this.#hasDiagonal = true;
    return true;
  }
}
