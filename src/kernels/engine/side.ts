/** @file Items of one side in memory, and what they have with themselves. */
import type { KernelValue } from "../types.ts";
import type { Store } from "./memory.ts";

/** Both kernels of items with themselves, item by item. */
export type Own = Record<KernelValue, Float64Array>;

/** What is kept of the items of one side. */
export interface Side {
  readonly store: Store;
  readonly count: number;
  readonly own: Own;
}

/** Fills the upper triangle of a tile from the lower one, and the diagonal with what items have with themselves. */
export function mirror(tile: Float32Array, own: Float64Array): void {
  const n = own.length;
  for (let i = 0; i < n; i++) {
    tile[i * n + i] = own[i]!;
    for (let j = 0; j < i; j++) tile[j * n + i] = tile[i * n + j]!;
  }
}
