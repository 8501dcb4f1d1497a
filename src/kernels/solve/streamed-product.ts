/**
 * @file Products K X of a matrix in blocks that are read one after another and never kept, in float64 whatever their dtype. It
 * runs on this thread, with turns of the event loop.
 */
import { loadAssembly } from "../assembly.ts";
import { turns } from "../turns.ts";
import type { BlockMatrix } from "../types.ts";
import { type Products, productsFor } from "./products.ts";
import { firstFree, slotNumbers, slots, TileKernel } from "./tile-kernel.ts";
import { heightOf, tileRows, tileSize } from "./tiles.ts";

/** X as rows [count, n] ↦ K X as rows [count, rows of K]. */
export interface RowOperator {
  /** Columns of K. */
  readonly n: number;
  apply(rows: Float64Array, signal?: AbortSignal): Promise<Float64Array>;
}

/**
 * The operator K + shift · 1; matrices that are not square have a shift of 0.
 * @example const k = await streamedProduct(matrix, 0); const y = await k.apply(x);
 */
export async function streamedProduct(matrix: BlockMatrix, shift: number): Promise<RowOperator> {
  const { module } = await loadAssembly("factor");
  const kernel = new TileKernel(module, "float64");
  return {
    n: matrix.columns,
    async apply(rows, signal) {
      const count = rows.length / Math.max(1, matrix.columns);
      const result = shift === 0 ? new Float64Array(count * matrix.rows) : rows.map((value) => shift * value);
      const stream = new Stream(matrix, kernel, count);
      stream.put(rows);
      await stream.multiply(signal);
      stream.addTo(result);
      return result;
    },
  };
}

/** One pass over the blocks. X and −K X lie in tiles [count, 512] behind the slots of fixed use: X first. */
class Stream {
  readonly #matrix: BlockMatrix;
  readonly #kernel: TileKernel;
  readonly #products: Products;
  readonly #count: number;

  constructor(matrix: BlockMatrix, kernel: TileKernel, count: number) {
    this.#matrix = matrix;
    this.#kernel = kernel;
    this.#products = productsFor(kernel, count);
    this.#count = count;
    const tiles = tileRows(matrix.columns) + tileRows(matrix.rows);
    kernel.reserve(firstFree + Math.ceil((tiles * count * tileSize) / slotNumbers));
  }

  #x(j: number): number {
    return this.#kernel.address(firstFree) + 8 * j * this.#count * tileSize;
  }

  #y(i: number): number {
    return this.#x(tileRows(this.#matrix.columns) + i);
  }

  put(rows: Float64Array): void {
    const { rows: height, columns } = this.#matrix;
    this.#eachRow(columns, (j, r, width, at) => {
      this.#kernel.view(this.#x(j) + 8 * r * width, width).set(rows.subarray(at, at + width));
    });
    this.#eachRow(height, (i, r, width) => this.#kernel.view(this.#y(i) + 8 * r * width, width).fill(0));
  }

  addTo(result: Float64Array): void {
    this.#eachRow(this.#matrix.rows, (i, r, width, at) => {
      const tile = this.#kernel.view(this.#y(i) + 8 * r * width, width);
      for (let k = 0; k < width; k++) result[at + k]! -= tile[k]!;
    });
  }

  #eachRow(n: number, visit: (i: number, row: number, width: number, at: number) => void): void {
    for (let i = 0; i < tileRows(n); i++)
      for (let r = 0; r < this.#count; r++) visit(i, r, heightOf(n, i), r * n + i * tileSize);
  }

  async multiply(signal: AbortSignal | undefined): Promise<void> {
    const { rows, columns, symmetric } = this.#matrix;
    const turn = turns(signal);
    for (let i = 0; i < tileRows(rows); i++) {
      for (let j = 0; j < (symmetric ? i + 1 : tileRows(columns)); j++) {
        await this.#block(i, j);
        await turn();
      }
    }
  }

  /** −Y_i −= X_j Bᵀ, and −Y_j −= X_i B for the half that is not stored. */
  async #block(i: number, j: number): Promise<void> {
    const { rows, columns, symmetric } = this.#matrix;
    const [height, width, m] = [heightOf(rows, i), heightOf(columns, j), this.#count];
    const block = await this.#matrix.read(i, j);
    const held = this.#kernel.address(slots.packed);
    const b = this.#products.staging(held);
    this.#kernel.view(b, height * width).set(block);
    this.#products.hold({ n: height, k: width }, held);
    const sizes = { m, n: height, k: width };
    await this.#products.subtract(sizes, { a: this.#x(j), b: held, c: this.#y(i) });
    if (symmetric && i !== j)
      await this.#products.subtractPlain({ m, n: width, k: height }, { a: this.#x(i), b, c: this.#y(j) });
  }
}
