/** @file Items of one side in memory, and what they have with themselves. */
import type { ItemBlock, KernelValue } from "../types.ts";
import type { Store } from "./memory.ts";
import type { Sketches } from "./near.ts";

/** Both kernels of items with themselves, item by item. */
export type Own = Record<KernelValue, Float64Array>;

/** What is kept of the items of one side. */
export interface Side {
  readonly store: Store;
  readonly count: number;
  readonly own: Own;
  readonly sketches: Sketches | undefined;
}

/** Sides that are kept: more than the tiles of a block's row, which strip after strip meets again. */
const MOST = 16;

/** Sides of items that nobody writes to, prepared once; the oldest makes room for the next. */
export class KeptSides {
  readonly #sides: { readonly data: ItemBlock["data"]; readonly side: Side }[] = [];
  #next = 0;

  find({ data }: ItemBlock): Side | undefined {
    const same = (kept: ItemBlock["data"]) =>
      kept.buffer === data.buffer && kept.byteOffset === data.byteOffset && kept.length === data.length;
    return this.#sides.find((kept) => same(kept.data))?.side;
  }

  /** The store of the side that goes for the next one. */
  get spare(): Store | undefined {
    return this.#sides[this.#next]?.side.store;
  }

  keep({ data }: ItemBlock, side: Side): void {
    this.#sides[this.#next] = { data, side };
    this.#next = (this.#next + 1) % MOST;
  }
}

/** Fills the upper triangle of a tile from the lower one, and the diagonal with what items have with themselves. */
export function mirror(tile: Float32Array, own: Float64Array): void {
  const n = own.length;
  for (let i = 0; i < n; i++) {
    tile[i * n + i] = own[i]!;
    for (let j = 0; j < i; j++) tile[j * n + i] = tile[i * n + j]!;
  }
}
